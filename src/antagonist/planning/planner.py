"""A plan: screened for the moment of the first dose, checked against the limits, on a calendar."""

from __future__ import annotations

from collections.abc import Sequence
from dataclasses import replace
from datetime import date, timedelta
from typing import Literal
from zoneinfo import ZoneInfo

from antagonist.foundation.clock import zone
from antagonist.foundation.data import near_match
from antagonist.foundation.errors import InputError
from antagonist.label.answers import Answer
from antagonist.label.assess import assessed_product
from antagonist.label.formulary import Product, product
from antagonist.label.gathered import Gathered, gathered, moment
from antagonist.label.induction import induction
from antagonist.label.jurisdictions import chosen
from antagonist.label.monitoring import months_later
from antagonist.label.patient import Patient, treated_indication
from antagonist.label.regimens import Regimen, regimens
from antagonist.label.rulebook import Rulebook, rulebook
from antagonist.label.rules import Indication
from antagonist.pharmacology.catalogue import formulations
from antagonist.pharmacology.settings import Settings, settings
from antagonist.planning.checks import planned_checks
from antagonist.planning.clinic import Clinic, at_clock, clinic
from antagonist.planning.covariates import covariates_of
from antagonist.planning.outlook import outlook
from antagonist.planning.plan_facts import plan_facts
from antagonist.planning.plan_model import WEEKDAYS, Plan, PlannedDose, PlanRequest, Refusal
from antagonist.planning.regimens import has_data
from antagonist.planning.schedule import DayDose, implant_days, injection_days, oral_days
from antagonist.planning.supply import makes, planned_supply, units_of

DRAWS = 400  # a plan is one of several looked at: figures within about 2 % of those of many draws
OTHER_SIDE = {"left": "right", "right": "left"}


def planned_with_outlook(
    patient: Patient,
    request: PlanRequest,
    *,
    as_of: str | None = None,
    book: Rulebook | None = None,
    chosen: Settings | None = None,
) -> Plan | Refusal:
    """The plan with what the model says of it; a product without levels gets no figures.

    chosen: draws, seed and line; default 400 draws. Else as ``planned``.
    """
    found = planned(patient, request, as_of=as_of, book=book)
    if isinstance(found, Refusal):
        return found
    item, regimen = product(found.product), regimens()[found.regimen]
    model = item.release_model
    if model is None or formulations()[model].status != "data" or not has_data(regimen):
        return replace(found, no_outlook="no_data")
    facts = gathered(patient, found.doses[0].at).facts
    end = at_clock(found.end, request.clock, zone(patient.timezone))
    figures = outlook(
        found.doses, model, covariates_of(facts), chosen or settings(draws=DRAWS), end=end
    )
    return replace(found, outlook=figures)


def planned(
    patient: Patient,
    request: PlanRequest,
    *,
    as_of: str | None = None,
    book: Rulebook | None = None,
) -> Plan | Refusal:
    """The plan, or the refusal with the rule.

    The gates are judged for the moment of the first dose: what is fresh today and stale then
    does not count. as_of: day the plan is made; default the file's own.
    Raises InputError for an unknown product, regimen, label or country, a regimen that is not for
    the indication, or a start before ``as_of``.
    """
    made = moment(patient, as_of)
    tz = zone(patient.timezone, patient.source, "timezone")
    item, regimen = product(request.product), _regimen(request, patient)
    if request.start < made.date():
        allowed = f"a day not before {made:%Y-%m-%d}, on which the plan is made"
        raise InputError("plan", "start", request.start.isoformat(), allowed)
    first = max(at_clock(request.start, request.clock, tz), made)
    rules = book or rulebook(request.start)
    known = gathered(patient, first)
    indication = treated_indication(patient)
    label = chosen(request.jurisdiction)
    end = months_later(request.start, request.months)
    open_days = clinic(
        request.clinic_days, request.holidays, range(request.start.year, end.year + 2)
    )
    screening = assessed_product(known, item, label, indication, "start", rules)
    if not screening.permits:
        return _refusal(patient, request, "screening", screening)
    return _with_calendar(known, request, item, regimen, rules, screening, tz, open_days)


def _with_calendar(
    known: Gathered,
    request: PlanRequest,
    item: Product,
    regimen: Regimen,
    rules: Rulebook,
    screening: Answer,
    tz: ZoneInfo,
    open_days: Clinic,
) -> Plan | Refusal:
    end = months_later(request.start, request.months)
    days = _days(request, item, regimen, screening.indication, end, open_days)
    if not days:
        raise InputError("plan", "months", request.months, "a course with one dose at least")
    extra = plan_facts(request, regimen, item, days)
    limits = assessed_product(
        known, item, screening.jurisdiction, screening.indication, "plan", rules, extra
    )
    if not limits.permits:
        return _refusal(known.patient, request, "limits", limits)
    later = [_dose(day, i, request, item, open_days, tz) for i, day in enumerate(days)]
    # made in the afternoon, a plan for today begins in the afternoon
    doses = (replace(later[0], at=max(later[0].at, known.as_of)), *later[1:])
    return Plan(
        patient=known.patient.patient,
        timezone=tz.key,
        indication=screening.indication,
        product=item.id,
        regimen=regimen.id,
        route=regimen.route,
        request=request,
        start=doses[0].at.date(),
        end=end,
        doses=doses,
        checks=planned_checks(
            screening.indication,
            regimen.route,
            screening.jurisdiction,
            doses,
            end,
            open_days,
            known.facts,
        ),
        supply=planned_supply(doses, item, request.pack_units),
        renewal=_renewal(regimen, doses, open_days),
        screening=screening,
        limits=limits,
        outlook=None,
        no_outlook=None,
    )


def _regimen(request: PlanRequest, patient: Patient) -> Regimen:
    known = regimens()
    if request.regimen not in known:
        raise InputError("plan", "regimen", request.regimen, near_match(request.regimen, known))
    found = known[request.regimen]
    indication = treated_indication(patient)
    if indication not in found.indications:
        allowed = f"a regimen for {indication}: " + ", ".join(
            name for name, r in known.items() if indication in r.indications
        )
        raise InputError("plan", "regimen", request.regimen, allowed)
    if not found.doses:
        allowed = "a regimen whose dose is known"
        raise InputError("plan", "regimen", request.regimen, allowed)
    return found


def _refusal(
    patient: Patient, request: PlanRequest, stage: Literal["screening", "limits"], answer: Answer
) -> Refusal:
    return Refusal(patient.patient, request, stage, answer, answer.reasons or answer.missing)


def _days(
    request: PlanRequest,
    item: Product,
    regimen: Regimen,
    indication: Indication,
    end: date,
    open_days: Clinic,
) -> tuple[DayDose, ...]:
    if regimen.route == "im_xr":
        return injection_days(regimen, request.start, end, open_days)
    if regimen.route == "implant":
        return implant_days(regimen.doses[0].dose_mg, request.start, open_days)
    first = induction(indication, regimen.route)
    splits = first is not None and makes(item, [step.dose_mg for step in first.days])
    return oral_days(regimen, first, request.start, end, splits=splits)


def _dose(
    day: DayDose, place: int, request: PlanRequest, item: Product, open_days: Clinic, tz: ZoneInfo
) -> PlannedDose:
    at_clinic = day.kind in ("injection", "implant") or (
        WEEKDAYS[day.day.weekday()] in request.supervised_days and open_days.is_open(day.day)
    )
    side = None
    if day.kind == "injection" and request.gluteal_side is not None:
        side = request.gluteal_side if place % 2 == 0 else OTHER_SIDE[request.gluteal_side]
    return PlannedDose(
        at=at_clock(day.day, request.clock, tz),
        dose_mg=day.dose_mg,
        units=units_of(day.dose_mg, item),
        kind=day.kind,
        supervised=at_clinic,
        moved_from=day.moved_from,
        not_before=day.not_before,
        side=side,
    )


def _renewal(regimen: Regimen, doses: Sequence[PlannedDose], open_days: Clinic) -> date | None:
    if regimen.route != "implant" or regimen.cover_weeks is None:
        return None
    return open_days.last_open(doses[-1].at.date() + timedelta(weeks=regimen.cover_weeks))
