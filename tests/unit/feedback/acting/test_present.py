"""The present regimen by plan or by what was given, and how surely doses are taken."""

from __future__ import annotations

from datetime import timedelta

import pytest
from tests.support.example_record import AT, event, events, example

from antagonist.feedback.acting.present import present_regimen, release_of, taking_of
from antagonist.feedback.own_model.known import Dose
from antagonist.feedback.own_model.model import DoseTaken
from antagonist.feedback.state import folded_held


def plan(regimen: str) -> dict[str, object]:
    doses = [{"at": (AT + timedelta(days=1)).isoformat(), "dose_mg": 50, "kind": "dose"}]
    document = {"product": "seed-tablet-50", "route": "oral", "regimen": regimen, "doses": doses}
    return {"plan": document, "reason": "x"}


def test_without_a_plan_the_week_of_the_doses_tells_it() -> None:
    found = present_regimen(folded_held(events(), AT))
    assert found is not None
    assert found.id == "r3_monday_wednesday_friday"


def test_the_plan_comes_first_and_an_unknown_one_is_not_guessed() -> None:
    for name, expected in (("r6_50_daily", "r6_50_daily"), ("of_our_own", None)):
        told = [*events(), event(99, "plan_change", AT, plan(name), "prescriber")]
        found = present_regimen(folded_held(told, AT))
        assert (None if found is None else found.id) == expected


def test_a_week_of_no_regimen_is_not_guessed() -> None:
    """The doses of Mondays only."""
    told = [e for e in events() if e.kind == "dose" and e.occurred_at.weekday() == 0]
    assert present_regimen(folded_held(told, AT)) is None
    assert present_regimen(folded_held(told[:2], AT)) is None


def taken(evidence: str, after: float, product: str = "oral_tablet", n: int = 0) -> DoseTaken:
    return DoseTaken(Dose(0.0, 50.0, product, evidence, id=f"d{n}"), 0.5, 0.5, after, told=True)


def test_taking_is_the_rule_of_succession_over_doses_that_hang_on_the_patient() -> None:
    doses = [taken("reported", 1.0), taken("observed", 1.0), taken("missed", 0.0, n=7)]
    others = [taken("held", 0.0), taken("given", 1.0, "xr_im_380")]
    found = taking_of([*doses, *others])
    assert found.share == pytest.approx((2 + 1) / (3 + 2))
    assert (found.doses, found.events) == (3, ("d7",))
    assert taking_of([]).share == 0.5


def test_the_example_s_taking_counts_the_dose_that_the_level_denies() -> None:
    found = taking_of(example().own.intake)
    assert found.doses == 36
    assert len(found.events) == 3
    assert 0.85 < found.share < 0.93


def test_releases_of_products() -> None:
    assert release_of("oral", None) == "oral_tablet"
    assert release_of("implant", None) is None
    assert release_of("im_xr", "vivitrol-us-380") == "xr_im_380"
