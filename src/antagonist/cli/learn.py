"""``antagonist learn``: what levels and evidence of intake say of one patient."""

from __future__ import annotations

from pathlib import Path
from typing import TYPE_CHECKING, Annotated

import typer

from antagonist.cli.common import (
    JsonOption,
    Language,
    LanguageOption,
    answers,
    errors_of,
    print_json,
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

if TYPE_CHECKING:
    from antagonist.feedback.own_model.case import Case

SCHEMA = "antagonist.learn/1"


def learn(
    patient: Annotated[
        str,
        typer.Argument(
            metavar="PATIENT|COURSE.yaml",
            help="A patient of the record, or a YAML course with evidence, levels, urine and "
            "pill counts.",
            show_default=False,
        ),
    ],
    out: Annotated[
        Path | None,
        typer.Option(help="Write learn.svg and learn.png into this folder: curves and levels."),
    ] = None,
    draws: Annotated[
        int | None, typer.Option(min=1, max=20_000, help="Draws of each forecast.")
    ] = None,
    seed: Annotated[int, typer.Option(min=0, help="Seed of the draws.")] = 1,
    keep_misfits: Annotated[
        bool,
        typer.Option("--keep-misfits", help="Learn also from a level that fits no pattern."),
    ] = False,
    timezone: ZoneOption = "UTC",
    at: AtOption = None,
    language: LanguageOption = Language.en,
    database: DatabaseOption = DATABASE,
    keys: KeysOption = KEYS,
    json: JsonOption = False,
) -> None:
    """Learn a patient: forecast before and after, which doses were taken, levels that fit none."""
    from antagonist.feedback.own_model.case import stated
    from antagonist.feedback.own_model.model import own_model
    from antagonist.pharmacology.settings import settings

    file = patient if patient.endswith((".yaml", ".yml")) or Path(patient).exists() else None
    with errors_of(patient):
        if file is not None:
            from antagonist.feedback.own_model.file import load_case

            case = load_case(Path(file))
        else:
            case = _on_record(patient, timezone, at, database, keys)
        found = own_model(
            case.known, draws=draws, seed=seed, misfit="keep" if keep_misfits else "leave_out"
        )
    times, paths = stated(case, found, settings()), []
    if out is not None:
        from antagonist.feedback.own_model.case import forecasts
        from antagonist.report.images import save
        from antagonist.report.learning_chart import learning_figure
        from antagonist.report.learning_text import chances_of, learning_words, readings_of

        chart = learning_figure(
            *forecasts(case, found, settings()), readings_of(found), chances_of(found),
            learning_words(language.value),
        )  # fmt: skip
        paths = [save(chart, out / f"learn.{kind}") for kind in ("svg", "png")]
    if json:
        from antagonist.cli.schema_learn import document

        print_json(SCHEMA, document(case, found, times, seed))
    else:
        from antagonist.report.learn_text import print_learnt

        print_learnt(case, found, times, answers(), language.value)
    tell_written((f"written: {path}" for path in paths), json=json)


def _on_record(patient: str, timezone: str, at: str | None, database: str, keys: Path) -> Case:
    from antagonist.feedback.merging import history_of_all
    from antagonist.feedback.own_model.from_record import case_of
    from antagonist.feedback.state import folded

    moment = clinic_time(at, timezone)
    with opened(database, keys) as record:
        events = history_of_all(record, patient, valid_at=moment)
    return case_of(folded(events, moment), timezone)
