"""Plans: the gates at the moment of the first dose, the limits, the calendar, the supply."""

from __future__ import annotations

from datetime import date
from typing import Any

import pytest
from tests.support.patients import (
    CAPSULE,
    INJECTION,
    RU_TABLET,
    UK_TABLET,
    US_TABLET,
    patient,
)

from antagonist.foundation.errors import InputError
from antagonist.label.patient import Patient
from antagonist.planning.plan_model import Plan, PlanRequest, Refusal
from antagonist.planning.planner import planned, planned_with_outlook


def request(**changes: Any) -> PlanRequest:
    base = {
        "product": US_TABLET, "regimen": "r6_50_daily", "start": date(2026, 11, 25),
        "prescriber": "Dr Example", "jurisdiction": "us",
    }  # fmt: skip
    return PlanRequest(**{**base, **changes})


def made(found: Patient | None = None, **changes: Any) -> Plan:
    answer = planned(found or patient(), request(**changes))
    assert isinstance(answer, Plan), answer
    return answer


def refused(found: Patient | None = None, **changes: Any) -> Refusal:
    answer = planned(found or patient(), request(**changes))
    assert isinstance(answer, Refusal), answer
    return answer


def test_a_daily_course_of_six_months() -> None:
    plan = made()
    assert (plan.start, plan.end) == (date(2026, 11, 25), date(2027, 5, 25))
    assert len(plan.doses) == 181
    assert plan.supply.units == 181


def test_the_first_dose_is_not_before_the_plan_is_made() -> None:
    plan = made()
    assert f"{plan.doses[0].at:%H:%M}" == "10:00"
    assert {f"{dose.at:%H:%M}" for dose in plan.doses[1:]} == {"09:00"}


@pytest.mark.parametrize(
    ("product", "jurisdiction", "first_mg", "units"),
    [(UK_TABLET, "uk", 25, 0.5), (US_TABLET, "us", 50, 1), (CAPSULE, "ru", 50, 1)],
)
def test_only_a_scored_tablet_gives_25_mg(
    product: str, jurisdiction: str, first_mg: float, units: float
) -> None:
    plan = made(product=product, jurisdiction=jurisdiction)
    assert (plan.doses[0].dose_mg, plan.doses[0].units) == (first_mg, units)


@pytest.mark.parametrize(
    ("changes", "rule"),
    [
        ({"opioid_history": "too_early"}, "opioid-free-base"),
        ({"provocation_tests": []}, "provocation-negative"),
    ],
)
def test_a_closed_gate_refuses_the_plan_with_the_rule(changes: dict[str, Any], rule: str) -> None:
    found = patient("too_early") if changes.get("opioid_history") else patient(**changes)
    answer = refused(found)
    assert answer.stage == "screening"
    assert rule in {reason.rule for reason in answer.reasons}


def test_what_is_fresh_today_and_stale_at_the_first_dose_does_not_count() -> None:
    """Urine counts 72 h, the naloxone test and COWS 24 h: a start in four days needs them anew."""
    answer = refused(start=date(2026, 11, 29))
    missing = {use.fact for reason in answer.reasons for use in reason.facts}
    assert {"urine_opiates", "naloxone_test", "cows_total"} <= missing


def test_an_unnamed_prescriber_is_refused() -> None:
    found = patient(facts={"prescriber_named": None})
    assert isinstance(planned(found, request(prescriber=None)), Refusal)


def test_a_course_under_three_months_is_a_caution_and_of_three_is_not() -> None:
    short = {reason.rule for reason in made(months=2).limits.cautions}
    assert "course-opioid-min" in short
    assert "course-opioid-min" not in {r.rule for r in made(months=3).limits.cautions}


def test_wrong_route_for_the_form_is_refused() -> None:
    answer = refused(product=INJECTION, regimen="r6_50_daily")
    assert answer.stage == "limits"
    assert "route-form" in {reason.rule for reason in answer.reasons}


def test_injections_alternate_sides_and_stay_at_the_clinic() -> None:
    plan = made(product=INJECTION, regimen="injection_380_every_4_weeks", gluteal_side="left")
    assert [dose.side for dose in plan.doses[:3]] == ["left", "right", "left"]
    assert all(dose.supervised and dose.kind == "injection" for dose in plan.doses)
    assert plan.supply.packs == len(plan.doses) == 7


def test_an_implant_is_renewed_before_its_shorter_figure_is_over() -> None:
    """Prodetoxone acts 8-10 weeks by its instruction; the seed's 6 months are not that product."""
    plan = made(
        product="prodetoxone-implant-1000", regimen="implant_prodetoxone", jurisdiction="ru"
    )
    assert plan.renewal == date(2027, 1, 20)
    assert len(plan.doses) == 1


def test_supervised_days_are_at_the_clinic_unless_it_is_closed() -> None:
    plan = made(
        product=RU_TABLET, jurisdiction="ru", regimen="r3_monday_wednesday_friday",
        supervised_days=("mon", "wed", "fri"), holidays="RU",
    )  # fmt: skip
    supervised = {dose.at.date() for dose in plan.doses if dose.supervised}
    assert date(2026, 12, 7) in supervised
    assert date(2027, 1, 4) not in supervised
    assert date(2027, 1, 4) in {dose.at.date() for dose in plan.doses}


def test_checks_fall_on_open_days_and_carry_their_source() -> None:
    plan = made(holidays="RU")
    assert all(check.on.weekday() < 5 for check in plan.checks)
    assert all(check.source and check.provenance for check in plan.checks)
    assert {"liver_tests_follow_up", "visit", "wallet_card"} <= {c.check for c in plan.checks}


def test_hepatitis_c_is_planned_only_with_a_reason_and_a_second_person() -> None:
    assert refused(patient("chronic_hepatitis_c")).stage == "screening"
    record = {
        "rule": "hepatitis-base", "reason": "stable, normal tests", "first_person": "Dr A",
        "second_person": "Dr B", "date": "2026-11-25",
    }  # fmt: skip
    plan = made(patient("chronic_hepatitis_c", departures=[record]))
    assert plan.screening.verdict == "allowed_with_caution"
    assert plan.screening.departure is not None
    assert plan.screening.departure.accepted


def test_no_departure_without_a_chosen_label() -> None:
    record = {
        "rule": "hepatitis-base", "reason": "stable, normal tests", "first_person": "Dr A",
        "second_person": "Dr B", "date": "2026-11-25",
    }  # fmt: skip
    refused(patient("chronic_hepatitis_c", departures=[record]), jurisdiction=None)


@pytest.mark.parametrize(
    ("changes", "match"),
    [
        ({"regimen": "r7"}, "did you mean|known:"),
        ({"product": "vivitrol"}, "did you mean vivitrol"),
        ({"start": date(2026, 11, 24)}, "not before 2026-11-25"),
        ({"regimen": "implant_gel", "product": INJECTION}, "whose dose is known"),
        ({"holidays": "XX"}, "ISO country code"),
    ],
)
def test_a_bad_request_is_one_error(changes: dict[str, Any], match: str) -> None:
    with pytest.raises(InputError, match=match):
        planned(patient(), request(**changes))


def test_a_regimen_for_another_indication_is_an_error() -> None:
    with pytest.raises(InputError, match="a regimen for alcohol"):
        planned(patient("alcohol_raised_alt"), request(regimen="r2_100_every_2_days"))


def test_a_plan_is_simulated_and_an_implant_without_levels_gets_no_figures() -> None:
    plan = planned_with_outlook(patient(), request())
    assert isinstance(plan, Plan)
    assert plan.outlook is not None
    low, median, high = plan.outlook.protected_share
    assert 0 <= low <= median <= high <= 1
    implant = planned_with_outlook(
        patient(),
        request(product="prodetoxone-implant-1000", regimen="implant_prodetoxone",
                jurisdiction="ru"),
    )  # fmt: skip
    assert isinstance(implant, Plan)
    assert (implant.outlook, implant.no_outlook) == (None, "no_data")


def test_over_200_mg_a_day_is_refused() -> None:
    """No regimen of the label does it; the limit is asked of the plan's facts all the same."""
    from antagonist.label.assess import assessed_product
    from antagonist.label.facts import Fact
    from antagonist.label.formulary import product
    from antagonist.label.gathered import gathered, moment
    from antagonist.label.rulebook import rulebook

    found = patient()
    known = gathered(found, moment(found))
    plan = made()
    assert plan.limits.permits
    for mg, closed in ((200.0, False), (200.1, True)):
        extra = {
            use: Fact(value, 0.0)
            for use, value in {
                "planned_route": "oral", "product_route": "oral", "first_day_total_mg": 50.0,
                "first_single_dose_mg": 50.0, "max_single_dose_mg": mg, "max_day_total_mg": mg,
                "planned_course_months": 6.0, "regimen_pattern": "other",
                "prescriber_named": True, "second_product_planned": False,
            }.items()
        }  # fmt: skip
        answer = assessed_product(
            known, product(US_TABLET), "us", "opioid", "plan", rulebook(known.today), extra
        )
        assert ("dose-limit" in {r.rule for r in answer.reasons}) is closed


def test_the_cost_follows_the_pack_at_hand_and_is_unknown_without_one() -> None:
    """Seed row P7: capsules cost 800-900 rubles per pack; it gives no pack size and no date."""
    plan = made(product=CAPSULE, jurisdiction="ru", pack_units=10)
    assert (plan.supply.packs, plan.supply.units_per_pack) == (19, 10)
    assert (plan.supply.cost_low, plan.supply.cost_high) == (19 * 800, 19 * 900)
    assert (plan.supply.currency, plan.supply.price_date) == ("RUB", None)
    assert made(product=CAPSULE, jurisdiction="ru").supply.cost_low is None
