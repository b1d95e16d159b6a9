"""Opioid outcomes: weeks, bounds of the urine share, and four rules of relapse."""

from __future__ import annotations

from typing import Any

import pytest
from hypothesis import given, settings
from hypothesis import strategies as st
from tests.support.courses import Told, calendar, course, doses, fact, on, urine

from antagonist.feedback.outcomes.opioid import OpioidOutcomes, Relapse, opioid_outcomes
from antagonist.feedback.outcomes.urine import Sample, scheduled, urine_negative


def outcomes(told: list[Told], today: int) -> OpioidOutcomes:
    found = opioid_outcomes(course([*doses(range(0, today + 1, 2)), *told], today))
    assert found is not None
    return found


def relapse(told: list[Told], today: int, rule: str) -> Relapse:
    return next(r for r in outcomes(told, today).relapse if r.rule == rule)


def test_worst_observed_and_best_case_with_what_is_missing() -> None:
    told = [urine(2), urine(9, "positive"), urine(16)]
    found = outcomes(told, 34).urine
    assert (found.scheduled, found.negative, found.positive, found.missing) == (5, 2, 1, 2)
    assert (found.worst.k, found.worst.n) == (2, 5)
    assert (found.observed.k, found.observed.n) == (2, 3)
    assert (found.best.k, found.best.n) == (4, 5)


@pytest.mark.parametrize(
    ("results", "more", "read"),
    [
        ({"opiates": "negative"}, {}, "negative"),
        ({"opiates": "negative"}, {"creatinine": 10, "creatinine_unit": "mg/dL"}, "unclear"),
        ({"opiates": "positive"}, {"creatinine": 10, "creatinine_unit": "mg/dL"}, "positive"),
        ({"opiates": "invalid"}, {}, "unclear"),
        # a metabolite of naltrexone turns the oxycodone immunoassay positive
        ({"opiates": "negative", "oxycodone": "positive"}, {}, "unclear"),
        ({"oxycodone": "positive"}, {"method": "mass_spectrometry"}, "positive"),
        # evidence of intake says nothing of opioids
        ({"6_beta_naltrexol": "positive"}, {}, None),
    ],
)
def test_what_a_sample_says(
    results: dict[str, str], more: dict[str, Any], read: str | None
) -> None:
    kind, day, said = urine(2, **more)
    samples = course([*doses([0]), (kind, day, {**said, "results": results})], 10).samples
    assert [sample.result for sample in samples] == ([] if read is None else [read])


def test_mass_spectrometry_settles_the_same_days_immunoassay() -> None:
    screen, settled = (
        urine(2, results={"oxycodone": "positive"}),
        urine(2, method="mass_spectrometry", results={"oxycodone": "negative"}),
    )
    assert course([screen, settled], 9).samples == (Sample(on(2), "negative"),)


def test_a_confirmed_week_has_a_negative_test_and_no_reported_use() -> None:
    told = [urine(2), urine(9), calendar("opioid", 7, 13, [12]), urine(23)]
    found = outcomes(told, 27)
    assert (found.weeks, found.abstinent_weeks.k, found.abstinent_weeks.n) == (4, 2, 4)
    assert (found.response.k, found.response.n) == (0, 0)  # begins with week 5
    assert (found.lapse_days, found.free_days.k, found.free_days.n) == (1, 6, 7)
    assert found.unknown_days == 21


def test_xbot_needs_four_weeks_or_seven_days_after_day_twenty() -> None:
    clean = [urine(d) for d in range(1, 84, 7)]
    assert relapse(clean, 83, "xbot").found is False
    # weeks from day 20 on: four without a test
    found = relapse([u for u in clean if not 41 <= u[1] < 69], 83, "xbot")
    assert (found.found, found.on_evidence, found.on) == (True, False, on(20 + 7 * 7 - 1))
    assert relapse([u for u in clean if not 48 <= u[1] < 69], 83, "xbot").found is False
    week = [*clean, calendar("opioid", 0, 40, range(22, 29))]
    assert (relapse(week, 83, "xbot").found, relapse(week, 83, "xbot").on) == (True, on(28))
    early = [*clean, calendar("opioid", 0, 40, range(10, 19))]
    assert relapse(early, 83, "xbot").found is False


def test_justice_counts_a_missing_biweekly_test_as_five_days() -> None:
    clean = [urine(d) for d in range(3, 84, 14)]
    assert relapse(clean, 83, "justice").found is False
    two = relapse([u for u in clean if u[1] not in (31, 45)], 83, "justice")
    assert (two.found, two.on, two.on_evidence) == (True, on(55), False)
    one = [u for u in clean if u[1] != 31]
    assert relapse(one, 83, "justice").found is False
    with_use = [*one, calendar("opioid", 30, 60, range(43, 48))]
    assert relapse(with_use, 83, "justice").on == on(47)


def test_regular_use_is_told_from_reports_alone() -> None:
    assert relapse([], 30, "regular_use").found is None
    assert relapse([calendar("opioid", 0, 30, [3, 5, 7])], 30, "regular_use").found is False
    found = relapse([calendar("opioid", 0, 30, [3, 5, 7, 9])], 30, "regular_use")
    assert (found.found, found.on, found.on_evidence) == (True, on(9), True)
    # unknown days are not days without
    assert relapse([calendar("opioid", 0, 20)], 30, "regular_use").found is None


def test_a_positive_challenge_before_treatment_is_no_relapse() -> None:
    def challenge(day: int, result: str) -> Told:
        said = {"drug": "naloxone", "route": "iv", "total_mg": 0.8, "source": "x"}
        return "provocation_test", day, {**said, "done_at": on(day).isoformat(), "result": result}

    assert relapse([challenge(0, "positive")], 30, "physiological").found is None
    assert relapse([challenge(20, "negative")], 30, "physiological").found is False
    assert relapse([challenge(20, "positive")], 30, "physiological").found is True


def test_the_same_patient_differs_between_rules() -> None:
    told = [urine(d) for d in range(1, 60, 7)] + [calendar("opioid", 0, 59, [30, 32, 34, 36])]
    found = {r.rule: r.found for r in outcomes(told, 59).relapse}
    assert found == {"xbot": False, "justice": False, "regular_use": True, "physiological": None}


def test_alcohol_alone_has_no_opioid_outcomes_unless_told_of() -> None:
    told = [fact("indication_stated", "alcohol"), *doses([0])]
    assert opioid_outcomes(course(told, 20)) is None
    assert opioid_outcomes(course([*told, urine(3)], 20)) is not None


results = st.lists(st.sampled_from(["negative", "positive", "unclear", None]), max_size=30)


@given(results)
@settings(max_examples=40, deadline=None)
def test_the_bounds_hold_whatever_the_missing_were(found: list[str | None]) -> None:
    days = enumerate(found)
    samples = [Sample(on(7 * i), r) for i, r in days if r is not None]  # type: ignore[arg-type]
    told = urine_negative(scheduled(samples, on(0), on(7 * len(found) - 1), 7))
    assert told.scheduled == len(found)
    shares = (told.worst.value, told.observed.value, told.best.value)
    if found and told.observed.n:
        assert shares[0] is not None
        assert shares[1] is not None
        assert shares[2] is not None
        assert shares[0] <= shares[1] <= shares[2]
