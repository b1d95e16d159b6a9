"""``antagonist plan``: a course on the calendar, or a search for regimens."""

from __future__ import annotations

from collections.abc import Mapping
from datetime import UTC, datetime
from enum import StrEnum
from pathlib import Path
from typing import TYPE_CHECKING, Annotated

import typer

from antagonist.cli.common import (
    JsonOption,
    Language,
    LanguageOption,
    answers,
    print_json,
    progress,
    tell_written,
)
from antagonist.cli.screen import AsOfOption, JurisdictionOption, RulesOption

if TYPE_CHECKING:
    from antagonist.label.patient import Patient
    from antagonist.label.rules import Rule
    from antagonist.planning.plan_model import Plan

SCHEMA = "antagonist.plan/1"
SEARCH_SCHEMA = "antagonist.plan-search/1"
REFUSED = 1  # exit code: nothing is wrong with the input, the label does not allow the plan


class By(StrEnum):
    """What a search makes least."""

    doses = "doses"
    visits = "visits"
    cost = "cost"


def plan(
    patient: Annotated[Path, typer.Argument(help="Patient file: YAML or JSON.")],
    product: Annotated[str | None, typer.Option(help="Product of the formulary, by id.")] = None,
    regimen: Annotated[str | None, typer.Option(help="Regimen, by id.")] = None,
    start: Annotated[
        str | None, typer.Option(help="Day of the first dose; default: the day asked for.")
    ] = None,
    months: Annotated[int, typer.Option(help="Length of the course, months.")] = 6,
    clock: Annotated[str, typer.Option(help="Time of day of the doses.")] = "09:00",
    prescriber: Annotated[str | None, typer.Option(help="Who prescribes.")] = None,
    clinic_days: Annotated[
        str, typer.Option(help="Days on which the clinic is open.")
    ] = "mon,tue,wed,thu,fri",
    supervised: Annotated[
        str, typer.Option(help="Days on which doses are taken at the clinic, such as mon,wed.")
    ] = "",
    holidays: Annotated[
        str | None, typer.Option(help="Country whose public holidays close the clinic.")
    ] = None,
    side: Annotated[
        str | None, typer.Option(help="Side of the first injection: left or right.")
    ] = None,
    pack_units: Annotated[
        int | None, typer.Option(help="Units in the pack at hand, for packs and cost.")
    ] = None,
    jurisdiction: JurisdictionOption = None,
    as_of: AsOfOption = None,
    rules: RulesOption = None,
    out: Annotated[
        Path | None, typer.Option(help="Write plan.pdf, card.pdf and plan.ics into this folder.")
    ] = None,
    search: Annotated[
        bool, typer.Option("--search", help="Find regimens that keep a blockade instead.")
    ] = False,
    by: Annotated[By, typer.Option(help="With --search: what is to be least.")] = By.doses,
    keep: Annotated[
        float, typer.Option(help="With --search: share of the opioid's effect to block.")
    ] = 0.9,
    share: Annotated[
        float, typer.Option(help="With --search: share of time in which it is kept.")
    ] = 0.9,
    adherence: Annotated[
        float, typer.Option(help="With --search: chance that a dose is taken.")
    ] = 1.0,
    percentile: Annotated[
        float, typer.Option(help="With --search: patient it is kept in; 50 is the median.")
    ] = 50,
    language: LanguageOption = Language.en,
    json: JsonOption = False,
) -> None:
    """Plan a course within the label: doses, visits, tests, packs; or search for regimens.

    A plan that the label does not allow is refused with the rule (exit code 1).
    Decision support for professionals, not a certified medical device.
    """
    from antagonist.label.gathered import moment
    from antagonist.label.patient import load_patient

    found = load_patient(patient)
    at = moment(found, as_of)
    if search:
        asked = {
            "adherence": adherence,
            "keep_blocked": keep,
            "share": share,
            "percentile": percentile,
            "by": by.value,
            "jurisdiction": jurisdiction,
            "supervised_days": _days(supervised),
        }
        _search(found, at, asked, language, json=json)
        return
    asked = {
        "product": product,
        "regimen": regimen,
        "start": start or at.date().isoformat(),
        "months": months,
        "clock": clock,
        "prescriber": prescriber,
        "clinic_days": _days(clinic_days),
        "supervised_days": _days(supervised),
        "holidays": holidays,
        "jurisdiction": jurisdiction,
        "gluteal_side": side,
        "pack_units": pack_units,
    }
    _plan(found, asked, as_of, rules, out, language, json=json)


def _days(text: str) -> list[str]:
    return [day.strip().lower() for day in text.split(",") if day.strip()]


def _plan(
    patient: Patient,
    asked: Mapping[str, object],
    as_of: str | None,
    rules: Path | None,
    out: Path | None,
    language: Language,
    *,
    json: bool,
) -> None:
    from dataclasses import asdict

    from antagonist.foundation.data import validated
    from antagonist.label.clinic_rules import book_for
    from antagonist.planning.plan_model import PlanRequest, Refusal
    from antagonist.planning.planner import planned_with_outlook

    given = {name: value for name, value in asked.items() if value is not None}
    request = validated(PlanRequest, given, "plan")
    book = book_for(request.start, rules)
    with progress("Planning"):
        made = planned_with_outlook(patient, request, as_of=as_of, book=book)
    document = _plain(asdict(made))
    if isinstance(made, Refusal):
        if json:
            print_json(SCHEMA, {"refused": True, **document})
        else:
            from antagonist.report.plan_text import print_refusal

            print_refusal(made, answers(), language.value, book.rules)
        raise typer.Exit(REFUSED)
    if json:
        print_json(SCHEMA, {"refused": False, **document})
    else:
        from antagonist.report.plan_text import print_plan

        print_plan(made, answers(), language.value, book.rules)
    if out is not None:
        tell_written(_write(made, out, language.value, book.rules), json=json)


def _plain(document: dict[str, object]) -> dict[str, object]:
    """The request is a pydantic model, which ``asdict`` leaves as it is."""
    request = document["request"]
    return {**document, "request": request.model_dump(mode="json")}  # type: ignore[attr-defined]


def _write(made: Plan, out: Path, language: str, rules: Mapping[str, Rule]) -> list[str]:
    from antagonist.report.files import write_together
    from antagonist.report.label_text import label_words
    from antagonist.report.plan_calendar import calendar
    from antagonist.report.plan_pdf import plan_pdf, wallet_card_pdf

    files = {
        "plan.pdf": plan_pdf(made, language, rules),
        "card.pdf": wallet_card_pdf(made, language, rules),
        "plan.ics": calendar(made, language, datetime.now(UTC)),
    }
    words = label_words(language)
    return [words.text("plan.written", path=path) for path in write_together(out, files)]


def _search(
    patient: Patient,
    at: datetime,
    asked: Mapping[str, object],
    language: Language,
    *,
    json: bool,
) -> None:
    from dataclasses import asdict

    from antagonist.foundation.data import validated
    from antagonist.label.gathered import gathered
    from antagonist.planning.covariates import covariates_of
    from antagonist.planning.search import search
    from antagonist.planning.search_model import SearchRequest

    request = validated(
        SearchRequest, {**asked, "indication": patient.indication, "on": at.date()}, "plan"
    )
    with progress("Searching regimens"):
        found = search(request, covariates_of(gathered(patient, at).facts))
    if json:
        payload = {
            "request": request.model_dump(mode="json"),
            "candidates": [asdict(candidate) for candidate in found],
        }
        print_json(SEARCH_SCHEMA, payload)
        return
    from antagonist.report.search_text import print_search

    print_search(request, found, answers(), language.value)
