"""``antagonist situation``: missed dose, late injection, switch, surgery, pain, stop."""

from __future__ import annotations

from enum import StrEnum
from pathlib import Path
from typing import TYPE_CHECKING, Annotated

import typer

from antagonist.cli.common import (
    JsonOption,
    Language,
    LanguageOption,
    answers,
    guarded,
    print_json,
    progress,
)
from antagonist.cli.screen import AsOfOption, JurisdictionOption

if TYPE_CHECKING:
    from collections.abc import Callable
    from datetime import datetime

    from antagonist.planning.situation_model import Situation, Treatment

SCHEMA = "antagonist.situation/1"
situation_app = typer.Typer(
    no_args_is_help=True,
    help="What to do on treatment: missed dose, late injection, switch, surgery, pain, stop.",
)
PatientArgument = Annotated[
    Path, typer.Argument(help="Patient file with the naltrexone taken so far.")
]


class Form(StrEnum):
    """Forms of naltrexone."""

    oral = "oral"
    im_xr = "im_xr"
    implant = "implant"


@situation_app.command()
@guarded
def missed(
    patient: PatientArgument,
    planned: Annotated[str, typer.Option(help="When the missed dose was due.")],
    dose: Annotated[str, typer.Option(help="The missed dose, such as '100 mg'.")],
    next_dose: Annotated[str, typer.Option("--next", help="When the next dose is due.")],
    spaced: Annotated[
        bool, typer.Option("--spaced", help="The schedule has days without a dose.")
    ] = False,
    jurisdiction: JurisdictionOption = None,
    as_of: AsOfOption = None,
    language: LanguageOption = Language.en,
    json: JsonOption = False,
) -> None:
    """A planned oral dose was not taken: take it, skip it, or start anew."""
    from antagonist.foundation.units import mass_mg
    from antagonist.planning.situations import missed_oral

    amount = mass_mg(dose, "", "dose")

    def ask(treatment: Treatment) -> Situation:
        due, after = _time(planned, treatment, "planned"), _time(next_dose, treatment, "next")
        return missed_oral(treatment, due, amount, after, spaced=spaced)

    _answer(patient, ask, jurisdiction, as_of, language, json=json)


@situation_app.command()
@guarded
def late(
    patient: PatientArgument,
    jurisdiction: JurisdictionOption = None,
    as_of: AsOfOption = None,
    language: LanguageOption = Language.en,
    json: JsonOption = False,
) -> None:
    """The next injection: how late it is, what is still blocked, which gates are open."""
    from antagonist.planning.situations import late_injection

    _answer(patient, late_injection, jurisdiction, as_of, language, json=json)


@situation_app.command()
@guarded
def switch(
    patient: PatientArgument,
    old: Annotated[Form, typer.Option("--from", help="The form taken so far.")],
    new: Annotated[Form, typer.Option("--to", help="The form to begin.")],
    jurisdiction: JurisdictionOption = None,
    as_of: AsOfOption = None,
    language: LanguageOption = Language.en,
    json: JsonOption = False,
) -> None:
    """From one form to another: from which day, and under which conditions."""
    from antagonist.planning.situation_switch import switch as switched

    _answer(
        patient,
        lambda treatment: switched(treatment, old.value, new.value),
        jurisdiction,
        as_of,
        language,
        json=json,
    )


@situation_app.command()
@guarded
def surgery(
    patient: PatientArgument,
    at: Annotated[str, typer.Option(help="Time of the operation.")],
    jurisdiction: JurisdictionOption = None,
    as_of: AsOfOption = None,
    language: LanguageOption = Language.en,
    json: JsonOption = False,
) -> None:
    """Elective surgery with opioids: when to hold, when opioids may work, how to restart."""
    from antagonist.planning.situation_surgery import surgery as operated

    _answer(
        patient,
        lambda treatment: operated(treatment, _time(at, treatment, "at")),
        jurisdiction,
        as_of,
        language,
        json=json,
    )


@situation_app.command()
@guarded
def pain(
    patient: PatientArgument,
    jurisdiction: JurisdictionOption = None,
    as_of: AsOfOption = None,
    language: LanguageOption = Language.en,
    json: JsonOption = False,
) -> None:
    """Acute pain under blockade: what comes first, until when opioids may be blunted."""
    from antagonist.planning.situation_surgery import acute_pain

    _answer(patient, acute_pain, jurisdiction, as_of, language, json=json)


@situation_app.command()
@guarded
def stop(
    patient: PatientArgument,
    jurisdiction: JurisdictionOption = None,
    as_of: AsOfOption = None,
    language: LanguageOption = Language.en,
    json: JsonOption = False,
) -> None:
    """Treatment ends: when protection ends, lost tolerance, naloxone."""
    from antagonist.planning.situations import stop as stopped

    _answer(patient, stopped, jurisdiction, as_of, language, json=json)


def _time(text: str, treatment: Treatment, field: str) -> datetime:
    from typing import cast
    from zoneinfo import ZoneInfo

    from antagonist.foundation.clock import parse_time

    return parse_time(text, cast("ZoneInfo", treatment.as_of.tzinfo), "", field)


def _answer(
    patient: Path,
    ask: Callable[[Treatment], Situation],
    jurisdiction: str | None,
    as_of: str | None,
    language: Language,
    *,
    json: bool,
) -> None:
    from dataclasses import asdict

    from antagonist.label.gathered import moment
    from antagonist.label.patient import load_patient
    from antagonist.planning.treatment import treatment_of

    found = load_patient(patient)
    with progress("Looking ahead"):
        answer = ask(treatment_of(found, moment(found, as_of), jurisdiction))
    if json:
        print_json(SCHEMA, asdict(answer))
        return
    from antagonist.report.situation_text import print_situation

    print_situation(answer, answers(), language.value)
