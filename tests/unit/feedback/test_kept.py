"""Kept plans, refusals and situations come back as the planner gave them."""

from __future__ import annotations

import json
from datetime import timedelta
from pathlib import Path
from typing import Any
from zoneinfo import ZoneInfo

import pytest
from tests.support.patients import INJECTION, US_TABLET, patient

from antagonist.feedback.answering import plain
from antagonist.feedback.kept import kept_plan, kept_refusal, kept_situation
from antagonist.foundation.errors import InputError
from antagonist.label.gathered import moment
from antagonist.label.patient import load_patient
from antagonist.pharmacology.settings import settings
from antagonist.planning.plan_model import Plan, PlanRequest, Refusal
from antagonist.planning.planner import planned_with_outlook
from antagonist.planning.situation_surgery import surgery
from antagonist.planning.situations import late_injection
from antagonist.planning.treatment import treatment_of

LATE = Path(__file__).parents[3] / "examples" / "treatment" / "injection_late.yaml"


def stored(value: object) -> Any:
    """What the record gives back of a value: JSON."""
    return json.loads(json.dumps(plain(value)))


@pytest.mark.parametrize(
    ("product", "regimen"),
    [(US_TABLET, "r3_monday_wednesday_friday"), (INJECTION, "injection_380_every_4_weeks")],
)
def test_a_plan_comes_back(product: str, regimen: str) -> None:
    asked = {"product": product, "regimen": regimen, "start": "2026-11-25", "prescriber": "Dr"}
    request = PlanRequest.model_validate({**asked, "jurisdiction": "us", "months": 2})
    made = planned_with_outlook(patient(), request, chosen=settings(draws=20))
    assert isinstance(made, Plan)
    found = kept_plan(stored(made))
    assert found == made
    assert found is not None
    assert found.doses[0].at.tzinfo == ZoneInfo("Europe/Moscow")
    assert kept_plan(without_none(stored(made))) == made


def without_none(value: Any) -> Any:
    """As the payload of a change of plan keeps it."""
    if isinstance(value, dict):
        return {key: without_none(inner) for key, inner in value.items() if inner is not None}
    return [without_none(inner) for inner in value] if isinstance(value, list) else value


def test_what_another_program_wrote_is_no_plan_of_the_planner() -> None:
    assert kept_plan({"doses": [{"dose_mg": 50}], "product": "x"}) is None


def test_a_refusal_comes_back() -> None:
    asked = {"product": US_TABLET, "regimen": "r6_50_daily", "start": "2026-11-25"}
    made = planned_with_outlook(patient(facts={"alt": None}), PlanRequest.model_validate(asked))
    assert isinstance(made, Refusal)
    assert kept_refusal(stored(made)) == made


def test_situations_come_back_with_days_as_days_and_times_as_times() -> None:
    file = load_patient(LATE)
    treatment = treatment_of(file, moment(file), draws=settings(draws=20))
    for answer in (late_injection(treatment), surgery(treatment, treatment.as_of + timedelta(40))):
        assert kept_situation(stored(answer), ZoneInfo("Europe/Moscow")) == answer


def test_what_others_wrote_is_no_plan_and_no_refusal() -> None:
    assert kept_plan({"product": "x", "route": "oral", "doses": []}) is None
    with pytest.raises(InputError, match="refusal"):
        kept_refusal({"patient": "p"})
