"""Regimens side by side are the plans and figures that each gives alone."""

from __future__ import annotations

from dataclasses import replace
from typing import Any

import pytest
from tests.support.patients import INJECTION, US_TABLET, patient

from antagonist.foundation.errors import InputError
from antagonist.pharmacology.settings import settings
from antagonist.planning.compare import compare
from antagonist.planning.plan_model import Plan, PlanRequest, Refusal
from antagonist.planning.planner import planned_with_outlook
from antagonist.planning.side_by_side import Option, clinic_days, side_by_side

FEW = settings(draws=20)
WANTED = {"start": "2026-11-25", "months": 3, "prescriber": "Dr", "jurisdiction": "us"}


def options(**asked: Any) -> tuple[Option, ...]:
    return side_by_side(asked.pop("of", patient()), WANTED, chosen=FEW, **asked)


def test_each_option_is_the_plan_alone() -> None:
    (found,) = options(only=INJECTION)
    request = PlanRequest.model_validate(
        {**WANTED, "product": INJECTION, "regimen": "injection_380_every_4_weeks"}
    )
    assert found.outcome == planned_with_outlook(patient(), request, chosen=FEW)
    alone = compare(["injection_380_every_4_weeks"], chosen=FEW).regimens[0].protection
    assert found.after_last == alone[0].after_last_dose
    assert found.doses_per_month == pytest.approx(4 / 3)  # day 0, 28, 56, 84 of 92


def test_a_product_that_cannot_halve_makes_no_plan_of_its_own() -> None:
    every_second = next(o for o in options(route="oral") if o.regimen == "r2_100_every_2_days")
    assert "depade-100" not in every_second.products[:1]
    assert isinstance(every_second.outcome, Plan)


def test_refused_regimens_stand_last_with_their_answer() -> None:
    found = options(of=patient(facts={"alt": None}), route="oral")
    assert all(isinstance(option.outcome, Refusal) for option in found)
    assert all(option.doses_per_month is None for option in found)


def test_days_at_the_clinic_are_counted_once() -> None:
    (found,) = options(only=INJECTION)
    plan = found.outcome
    assert isinstance(plan, Plan)
    doubled = replace(plan, doses=(*plan.doses, *plan.doses))
    assert clinic_days(doubled) == clinic_days(plan)
    assert {dose.at.date() for dose in plan.doses} <= clinic_days(plan)


def test_a_product_without_a_regimen_is_named() -> None:
    with pytest.raises(InputError, match="a regimen of this indication"):
        side_by_side(patient(), WANTED, route="implant", chosen=FEW)
    with pytest.raises(InputError, match="start"):
        side_by_side(patient(), {**WANTED, "start": "2026-11-01"}, only=US_TABLET, chosen=FEW)


def test_a_product_licensed_for_the_indication_comes_first() -> None:
    wanted = {**WANTED, "jurisdiction": "uk"}
    (daily,) = (
        o for o in side_by_side(patient(), wanted, chosen=FEW) if o.regimen == "r6_50_daily"
    )
    assert daily.products[-1] == "adepend-uk-50"  # not for opioid dependence: its SmPC, 4.1
    assert len(daily.products) > 1
