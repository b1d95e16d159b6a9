"""``antagonist screen``: may treatment start, or go on, and why."""

from __future__ import annotations

from enum import StrEnum
from pathlib import Path
from typing import Annotated

import typer

from antagonist.cli.common import (
    JsonOption,
    Language,
    LanguageOption,
    answers,
    print_json,
)

SCHEMA = "antagonist.screen/1"


class Asked(StrEnum):
    """What can be asked of a patient."""

    start = "start"
    treatment = "treatment"
    challenge = "challenge"
    administration = "administration"


AsOfOption = Annotated[
    str | None,
    typer.Option("--as-of", help="Day or moment asked for; default: 'as_of' of the file."),
]
JurisdictionOption = Annotated[
    str | None,
    typer.Option(help="The clinic's label or country, such as us, uk, ru or ru_oral."),
]

RulesOption = Annotated[
    Path | None, typer.Option(help="Folder of the clinic's own rules, which only tighten.")
]


def screen(
    patient: Annotated[Path, typer.Argument(help="Patient file: YAML or JSON.")],
    product: Annotated[
        list[str] | None,
        typer.Option(help="Product of the formulary, by id; repeat for several. Default all."),
    ] = None,
    question: Annotated[Asked, typer.Option(help="What is asked.")] = Asked.start,
    jurisdiction: JurisdictionOption = None,
    as_of: AsOfOption = None,
    rules: RulesOption = None,
    trees: Annotated[
        bool, typer.Option("--trees", help="With --json: how each condition came out.")
    ] = False,
    language: LanguageOption = Language.en,
    json: JsonOption = False,
) -> None:
    """Say whether treatment may start or go on: verdict, reasons, missing facts, next test.

    Decision support for professionals, not a certified medical device.
    """
    from dataclasses import asdict

    from antagonist.label.assess import assessed
    from antagonist.label.clinic_rules import book_for
    from antagonist.label.gathered import moment
    from antagonist.label.patient import load_patient
    from antagonist.label.trees import trees_of

    found = load_patient(patient)
    at = moment(found, as_of)
    book = book_for(at.date(), rules)
    given = assessed(
        found, at, product or (), label=jurisdiction, question=question.value, book=book
    )
    if json:
        documents = [asdict(answer) for answer in given]
        if trees:
            for answer, document in zip(given, documents, strict=True):
                document["trees"] = trees_of(found, at, answer, book)
        print_json(SCHEMA, {"answers": documents})
        return
    from antagonist.report.screening_table import print_answers

    print_answers(given, answers(), language.value, book.rules)
