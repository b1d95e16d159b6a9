"""``antagonist report``: outcomes of one patient, from the record."""

from __future__ import annotations

from pathlib import Path
from typing import Annotated

import typer

from antagonist.cli.common import JsonOption, Language, LanguageOption, print_json, tell_written
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

SCHEMA = "antagonist.report/1"
OutputOption = Annotated[Path, typer.Option("--output", help="Directory for the files.")]
FormatOption = Annotated[
    str, typer.Option("--format", help="Any of html, pdf, png (each chart), with commas between.")
]
DrawsOption = Annotated[int | None, typer.Option("--draws", help="Draws of the model.")]
SeedOption = Annotated[int | None, typer.Option("--seed", help="Seed of the draws.")]


def formats_of(text: str) -> list[str]:
    """Formats as they were asked for."""
    return [part.strip() for part in text.split(",") if part.strip()]


def report(
    patient: Annotated[str, typer.Argument(help="The record's id of the patient.")],
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
    """What treatment achieved for one patient, each figure with its definition.

    With --json the figures are printed and no file is written.
    """
    from antagonist.feedback.outcomes.patient import DRAWS, measured_patient
    from antagonist.pharmacology.settings import settings
    from antagonist.report.outcome_pages import outcome_words, write_outcomes
    from antagonist.report.outcome_patient import patient_report

    words, moment = outcome_words(language.value), clinic_time(at, timezone)
    chosen = settings(draws=DRAWS if draws is None else draws, seed=seed)
    with opened(database, keys) as record:
        found = measured_patient(record, patient, moment, chosen=chosen)
    if json:
        from antagonist.cli.schema_advice import own_model_part

        own = None if found.learned is None else own_model_part(found.learned)
        print_json(SCHEMA, {"outcomes": found.outcomes, "own_model": own})
        return
    made = patient_report(found, words)
    paths = write_outcomes(made, output, "patient", words, formats_of(formats))
    tell_written(map(str, paths), json=False)
