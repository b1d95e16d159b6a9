"""Plans of one patient side by side: every regimen that could be planned, with what it comes to."""

from __future__ import annotations

from collections.abc import Mapping, Sequence
from dataclasses import dataclass
from datetime import date
from functools import lru_cache
from typing import Any

from antagonist.foundation.data import validated
from antagonist.foundation.errors import InputError
from antagonist.label.answers import VERDICTS
from antagonist.label.assess import assessed, candidates
from antagonist.label.formulary import Product, product
from antagonist.label.gathered import moment
from antagonist.label.jurisdictions import chosen as chosen_label
from antagonist.label.patient import Patient, treated_indication
from antagonist.label.regimens import Regimen
from antagonist.label.rulebook import Rulebook, counting_jurisdictions
from antagonist.pharmacology.settings import Settings, settings
from antagonist.planning.compare import Lasting, compared
from antagonist.planning.plan_model import Plan, PlanRequest, Refusal
from antagonist.planning.planner import planned_with_outlook
from antagonist.planning.regimens import has_data, known_regimens
from antagonist.planning.supply import makes

# Eight regimens at this many draws take about half a second; the plan made takes planner.DRAWS.
DRAWS = 100
_CANNOT_MAKE = "dose_mg"  # field of the error for a product that cannot make a dose of the plan
_COMPARED_WEEKS = 4  # of doses that `compared` counts; nothing here reads them


@dataclass(frozen=True, slots=True)
class Option:
    """One regimen for one patient, planned or refused.

    products: that make every dose of it, those first that the screening allows most plainly; the
    first is the one planned here. after_last: how long protection lasts after the last dose, in one
    new patient with nothing known; None without published levels. doses_per_month,
    clinic_days_per_month: doses, and days on which the patient comes for a dose or a check, divided
    by the months asked for; None for a refusal.
    """

    regimen: str
    product: str
    products: tuple[str, ...]
    outcome: Plan | Refusal
    after_last: Lasting | None
    doses_per_month: float | None
    clinic_days_per_month: float | None


def side_by_side(
    patient: Patient,
    wanted: Mapping[str, Any],
    *,
    route: str | None = None,
    only: str | None = None,
    as_of: str | None = None,
    book: Rulebook | None = None,
    chosen: Settings | None = None,
) -> tuple[Option, ...]:
    """Every regimen for the patient's indication that a product of the chosen label makes.

    wanted: fields of ``PlanRequest`` without product and regimen. route, only: a form, or one
    product; None = all. as_of, book: as ``planner.planned`` takes them. chosen: draws and seed;
    default 100 draws. Those that can be planned come first, in the label's order.
    Raises InputError as ``planned`` does, and for a product that no regimen fits.
    """
    label = chosen_label(wanted.get("jurisdiction"))
    model = chosen or settings(draws=DRAWS)
    offered = [product(only)] if only is not None else _best_first(patient, label, as_of, book)
    found = []
    for regimen in _regimens(patient, label):
        if route not in (None, regimen.route):
            continue
        items = [item for item in offered if _fits(item, regimen)]
        option = _option(patient, regimen, items, wanted, as_of, book, model)
        if option is not None:
            found.append(option)
    if not found:
        allowed = "a product or a form that a regimen of this indication and label is made with"
        raise InputError("plan", "product", only or route, allowed)
    return tuple(sorted(found, key=lambda option: isinstance(option.outcome, Refusal)))


def _best_first(
    patient: Patient, label: str | None, as_of: str | None, book: Rulebook | None
) -> list[Product]:
    """Products of the label, those first that the screening allows most plainly."""
    offered = {item.id: item for item in candidates(label)}
    answers = assessed(patient, moment(patient, as_of), list(offered), label=label, book=book)
    ranked = sorted(answers, key=lambda answer: -VERDICTS.index(answer.verdict))
    return [offered[answer.product] for answer in ranked if answer.product is not None]


def _regimens(patient: Patient, label: str | None) -> Sequence[Regimen]:
    indication = treated_indication(patient)
    return [
        regimen
        for regimen in known_regimens().values()
        if indication in regimen.indications
        and regimen.doses
        and not counting_jurisdictions(regimen.route, label).isdisjoint(regimen.jurisdictions)
    ]


def _fits(item: Product, regimen: Regimen) -> bool:
    same = (item.route, item.release_model) == (regimen.route, regimen.release_model)
    return item.plannable and same and makes(item, [dose.dose_mg for dose in regimen.doses])


def _option(
    patient: Patient,
    regimen: Regimen,
    items: Sequence[Product],
    wanted: Mapping[str, Any],
    as_of: str | None,
    book: Rulebook | None,
    model: Settings,
) -> Option | None:
    """The regimen with the first product that makes all of its doses, first days included."""
    for place, item in enumerate(items):
        asked = {**wanted, "product": item.id, "regimen": regimen.id}
        request = validated(PlanRequest, asked, "plan")
        try:
            made = planned_with_outlook(patient, request, as_of=as_of, book=book, chosen=model)
        except InputError as error:
            if error.field != _CANNOT_MAKE:
                raise
            continue
        names = tuple(each.id for each in items[place:])
        return _told(regimen, names, made, request, model)
    return None


def _told(
    regimen: Regimen,
    products: tuple[str, ...],
    made: Plan | Refusal,
    request: PlanRequest,
    model: Settings,
) -> Option:
    plan = made if isinstance(made, Plan) else None
    return Option(
        regimen=regimen.id,
        product=products[0],
        products=products,
        outcome=made,
        after_last=_after_last(regimen.id, model) if has_data(regimen) else None,
        doses_per_month=None if plan is None else len(plan.doses) / request.months,
        clinic_days_per_month=None if plan is None else len(clinic_days(plan)) / request.months,
    )


def clinic_days(plan: Plan) -> frozenset[date]:
    """Days on which the patient comes to the clinic: doses taken there, visits and tests."""
    doses = {dose.at.date() for dose in plan.doses if dose.supervised}
    return frozenset(doses | {check.on for check in plan.checks})


@lru_cache(maxsize=64)
def _after_last(regimen: str, model: Settings) -> Lasting:
    """The same for every patient: nothing of this one goes into it."""
    found = compared(regimen, known_regimens()[regimen], _COMPARED_WEEKS, model).protection
    endpoint = model.threshold.endpoint
    return next(part.after_last_dose for part in found if part.endpoint == endpoint)
