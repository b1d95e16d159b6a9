"""The command ``antagonist``: its subcommands, each in a file of its own."""

from __future__ import annotations

import gc
import os
from typing import Annotated

import typer

from antagonist import __version__
from antagonist.cli.alarms import alarms_app
from antagonist.cli.bench import bench
from antagonist.cli.calibrate import calibrate
from antagonist.cli.clinic import clinic_app
from antagonist.cli.common import guarded
from antagonist.cli.compare import compare
from antagonist.cli.fit import fit
from antagonist.cli.label import label_app
from antagonist.cli.learn import learn
from antagonist.cli.plan import plan
from antagonist.cli.programme import programme_app
from antagonist.cli.provocation import provocation
from antagonist.cli.record_keys import record_app
from antagonist.cli.replay import replay
from antagonist.cli.report import report
from antagonist.cli.screen import screen
from antagonist.cli.serve import serve
from antagonist.cli.simulate import simulate
from antagonist.cli.situation import situation_app
from antagonist.cli.study import study
from antagonist.cli.today import today
from antagonist.cli.validate import validate

GARBAGE_AFTER = 100_000  # objects

app = typer.Typer(
    name="antagonist",
    no_args_is_help=True,
    add_completion=False,
    pretty_exceptions_enable=False,
)


def _print_version(wanted: bool) -> None:
    if wanted:
        typer.echo(f"antagonist {__version__}")
        raise typer.Exit


@app.callback()
def antagonist(
    version: Annotated[
        bool,
        typer.Option(
            "--version", callback=_print_version, is_eager=True, help="Print the version."
        ),
    ] = False,
) -> None:
    """Naltrexone therapy: what the label allows, and hours of protection from a dosing history.

    Decision support for professionals, not a certified medical device.
    """


# Their files import nothing heavy before a command runs: the help shows in an instant.
app.command()(guarded(simulate))
app.command()(guarded(compare))
app.command()(guarded(screen))
app.command()(guarded(plan))
app.command()(guarded(provocation))
app.add_typer(situation_app, name="situation")
app.add_typer(label_app, name="label")
app.add_typer(record_app, name="record")
app.add_typer(alarms_app, name="alarms")
app.command()(guarded(today))
app.command()(guarded(replay))
app.command()(guarded(report))
app.add_typer(programme_app, name="programme")
app.command()(guarded(serve))
app.add_typer(clinic_app, name="clinic")
app.command()(guarded(study))
app.command()(guarded(learn))
app.command()(guarded(fit))
app.command()(guarded(calibrate))
app.command()(guarded(validate))
app.command()(guarded(bench))


def run() -> None:
    """Run the command line."""
    # imports make many objects and little garbage, which the collector would look for too often
    gc.set_threshold(GARBAGE_AFTER)
    # matrices here are small: threads of the linear algebra cost more than they give
    os.environ.setdefault("OPENBLAS_NUM_THREADS", "1")
    app()
