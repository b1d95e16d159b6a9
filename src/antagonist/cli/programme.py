"""``antagonist programme``: outcomes of everybody on record, and a made-up program to try on."""

from __future__ import annotations

from pathlib import Path
from typing import Annotated

import typer

from antagonist.cli.common import (
    JsonOption,
    Language,
    LanguageOption,
    guarded,
    print_json,
    progress,
    say,
    tell_written,
)
from antagonist.cli.record_common import (
    DATABASE,
    KEYS,
    AtOption,
    DatabaseOption,
    KeysOption,
    ZoneOption,
    clinic_time,
    opened,
)
from antagonist.cli.report import (
    DrawsOption,
    FormatOption,
    OutputOption,
    SeedOption,
    formats_of,
)

SCHEMA = "antagonist.programme/1"
programme_app = typer.Typer(
    no_args_is_help=True, help="Outcomes of a whole program: report, and a made-up one to try."
)


@programme_app.command("report")
@guarded
def report(
    at: AtOption = None,
    timezone: ZoneOption = "UTC",
    output: OutputOption = Path("outcomes"),
    formats: FormatOption = "html,pdf",
    draws: DrawsOption = None,
    seed: SeedOption = None,
    language: LanguageOption = Language.en,
    database: DatabaseOption = DATABASE,
    keys: KeysOption = KEYS,
    json: JsonOption = False,
) -> None:
    """What treatment achieved for everybody on record; groups under 5 people are hidden.

    With --json the figures are printed and no file is written.
    """
    from antagonist.feedback.database import reading
    from antagonist.feedback.history import patients_of
    from antagonist.feedback.outcomes.programme import DRAWS, programme_outcomes
    from antagonist.pharmacology.settings import settings
    from antagonist.report.outcome_pages import outcome_words, write_outcomes
    from antagonist.report.outcome_program import program_report

    words, moment = outcome_words(language.value), clinic_time(at, timezone)
    chosen = settings(draws=DRAWS if draws is None else draws, seed=seed)
    with opened(database, keys) as record:
        with reading(record.engine) as connection:
            people = sum(1 for _ in patients_of(connection))
        with progress("Measuring outcomes", people) as advance:
            found = programme_outcomes(record, moment, chosen=chosen, told=advance)
    if json:
        print_json(SCHEMA, {"outcomes": found})
        return
    made = program_report(found, words)
    paths = write_outcomes(made, output, "programme", words, formats_of(formats))
    tell_written(map(str, paths), json=False)


@programme_app.command()
@guarded
def simulate(
    patients: Annotated[int, typer.Option(help="How many to make up.")] = 200,
    seed: Annotated[int, typer.Option(help="The same seed makes the same patients.")] = 1,
    until: Annotated[
        str | None, typer.Option(help="Last day that is told of; default yesterday.")
    ] = None,
    timezone: ZoneOption = "UTC",
    database: DatabaseOption = DATABASE,
    keys: KeysOption = KEYS,
    json: JsonOption = False,
) -> None:
    """Write a made-up program into a record of its own, made where there is none."""
    from datetime import date, timedelta

    from antagonist.feedback.simulated.programme import refuse_real, simulate_programme
    from antagonist.foundation.clock import zone
    from antagonist.foundation.errors import InputError

    tz = zone(timezone, "", "timezone")
    try:
        last = clinic_time(None, timezone).date() - timedelta(days=1)
        last = last if until is None else date.fromisoformat(until)
    except ValueError:
        raise InputError("", "until", until, "a day such as 2026-06-30") from None
    _made(database, keys)
    with opened(database, keys) as record:
        refuse_real(record)
        with progress("Making up patients", patients) as advance:
            found = simulate_programme(record, patients, seed, last, tz, advance)
    if json:
        print_json(SCHEMA, {"simulated": found})
        return
    say(f"{found.patients} patients, {found.events} events up to {found.until.isoformat()}")


def _made(database: str, keys: Path) -> None:
    """A record on an empty database, with keys where there are none."""
    from antagonist.feedback.database import current_revision, engine_on, migrate
    from antagonist.feedback.keys import create_keyring

    with engine_on(database) as engine:
        if current_revision(engine) is None:
            if not keys.exists():
                create_keyring(keys)
            migrate(engine)
