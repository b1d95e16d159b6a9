"""``antagonist calibrate``: the reproducible fit of every structure, and its tables."""

from __future__ import annotations

from pathlib import Path
from typing import TYPE_CHECKING, Annotated

import typer

if TYPE_CHECKING:
    from rich.table import Table

    from antagonist.pharmacology.calibration.campaign import Campaign

SCHEMA = "antagonist.calibrate/1"


def _table(campaign: Campaign) -> Table:
    from rich.table import Table

    table = Table(title="Structures")
    for name in ("structure", "share", "cost", "left-out log score", "targets met", "at bounds"):
        table.add_column(name, justify="left" if name == "structure" else "right")
    for fit in campaign.fits:
        targets = campaign.targets[fit.name]
        met = sum(t.met for t in targets)
        table.add_row(
            fit.name, f"{campaign.weights[fit.name]:.2f}", f"{fit.state.cost:.2f}",
            f"{fit.log_score:.1f}" if fit.left_out else "not done",
            f"{met} of {len(targets)}", ", ".join(fit.bounds) or "none",
        )  # fmt: skip
    return table


def _write_pages(campaign: Campaign, docs: Path, parameters_name: str) -> list[Path]:
    from antagonist.pharmacology.calibration.predictive import predict_rows
    from antagonist.pharmacology.calibration.run import evidence_questions
    from antagonist.pharmacology.parameter_sets import parameter_set
    from antagonist.report.calibration_charts import calibration_figures, description
    from antagonist.report.calibration_tables import tables_markdown
    from antagonist.report.charts import svg_text

    parameter_set.cache_clear()
    predictions = predict_rows(parameter_set(parameters_name), evidence_questions())
    page = docs / "calibration-tables.md"
    page.parent.mkdir(parents=True, exist_ok=True)
    page.write_text(tables_markdown(campaign.content, predictions), encoding="utf-8")
    written = [page]
    (docs / "img").mkdir(exist_ok=True)
    for name, figure in calibration_figures(campaign.content).items():
        path = docs / "img" / f"calibration-{name}.svg"
        path.write_text(svg_text(figure, name, description(name)), encoding="utf-8")
        written.append(path)
    return written


def calibrate(
    structure: Annotated[
        list[str] | None, typer.Option(help="Structure to fit; repeat for several. Default all.")
    ] = None,
    seed: Annotated[int, typer.Option(help="Seed of the jittered starts.")] = 2026,
    left_out: Annotated[
        bool, typer.Option(help="Also predict every study from the others.")
    ] = True,
    workers: Annotated[
        int | None, typer.Option(min=1, help="Processes; default one a core.")
    ] = None,
    out: Annotated[
        Path | None, typer.Option(help="Write parameter files and report into this folder.")
    ] = None,
    write: Annotated[
        bool,
        typer.Option("--write", help="Replace the project's own parameter set, report and tables."),
    ] = False,
    json: Annotated[bool, typer.Option("--json", help=f"Print JSON ({SCHEMA}).")] = False,
) -> None:
    """Fit every structure to the evidence (about five minutes on two cores)."""
    from antagonist.cli.common import answers, print_json, progress, tell_written
    from antagonist.foundation.errors import InputError
    from antagonist.pharmacology.calibration.campaign import run_campaign, save_campaign
    from antagonist.pharmacology.calibration.run import STRUCTURES, evidence_folder
    from antagonist.pharmacology.catalogue import DATA
    from antagonist.pharmacology.parameter_sets import DEFAULT_SET

    names = tuple(structure) if structure else STRUCTURES
    if write and (structure or not left_out):
        raise InputError("", "--write", "a part", "every structure with left-out studies")
    done: list[str] = []
    with progress("Calibrating", len(names)) as advance:

        def watch(name: str) -> None:
            done.append(name)
            advance(len(done))

        campaign = run_campaign(names, seed=seed, left_out=left_out, workers=workers, watch=watch)
    written: list[Path] = []
    if out is not None:
        written += save_campaign(campaign, out / DEFAULT_SET, out / "calibration.json")
    if write:
        root = evidence_folder().parent
        written += save_campaign(
            campaign, DATA / "parameters" / DEFAULT_SET, root / "evidence" / "calibration.json"
        )
        written += _write_pages(campaign, root / "docs" / "explanation", DEFAULT_SET)
    if json:
        print_json(SCHEMA, campaign.content)
        return
    answers().print(_table(campaign))
    tell_written((f"written: {path}" for path in written), json=False)
