"""Hours blocked: a sum over doses, the mean over who took which."""

from __future__ import annotations

from collections.abc import Sequence

import numpy as np
import pytest
from hypothesis import given
from hypothesis import settings as example_settings
from hypothesis import strategies as st
from tests.support.courses import at, course, dose, doses, injection

from antagonist.feedback.outcomes.blocked import hours_blocked, longest_runs, units_for
from antagonist.feedback.outcomes.course import Course, Intake
from antagonist.feedback.outcomes.intake import Taken, by_evidence, fixed, intake_probabilities
from antagonist.feedback.outcomes.rules import intake_rules
from antagonist.foundation.clock import hours_between
from antagonist.foundation.errors import InputError
from antagonist.pharmacology.dosing.records import EventRecord
from antagonist.pharmacology.settings import settings
from antagonist.planning.response import drawn_for, response

FEW = settings(draws=40)


def all_taken(doses: Sequence[Intake], draws: int, rng: np.random.Generator) -> Taken:  # noqa: ARG001
    return np.ones((draws, len(doses)), dtype=bool)


def test_a_sampler_of_certain_doses_gives_what_all_taken_gives() -> None:
    seen = course(doses(range(0, 20, 2), mg=100), 20)
    units = units_for([seen], FEW)
    one = hours_blocked(seen, at(20), units, FEW, all_taken)
    two = hours_blocked(seen, at(20), units, FEW, fixed([1.0] * 10))
    assert one is not None
    assert two is not None
    assert np.array_equal(one.share, two.share)
    assert one.summary.questionable == 0


def test_the_sum_over_doses_is_the_course_solved_as_a_whole() -> None:
    seen = course(doses([0, 2, 3, 7, 8], mg=100), 14)
    found = hours_blocked(seen, at(14), units_for([seen], FEW), FEW, all_taken)
    assert found is not None
    records = tuple(
        EventRecord(float(round(hours_between(at(0), d.at))), amt_mg=d.dose_mg, product=d.release)
        for d in seen.intakes
    )
    # the same draws: the seed gives the same patients of one product
    whole = drawn_for("whole", records, {}, FEW)
    unit = response("oral_tablet", {}, FEW, 24)
    time_h = np.arange(float(found.summary.hours))
    share = (whole.signal("mu_odds", time_h) >= unit.line).mean(axis=1)
    assert found.share == pytest.approx(share, abs=1e-12)


def test_nobody_took_any_is_no_hour_blocked() -> None:
    seen = course(doses(range(0, 20, 2)), 20)
    found = hours_blocked(seen, at(20), units_for([seen], FEW), FEW, fixed([0.0] * 10))
    assert found is not None
    assert (found.summary.whole.mean, found.summary.whole.high) == (0.0, 0.0)
    assert found.summary.unprotected_days.mean == found.summary.days
    assert found.summary.longest_unprotected_h.mean == found.summary.hours


def test_what_is_only_told_of_counts_less_than_what_was_seen() -> None:
    days, today = range(0, 60, 2), 60
    courses = [course(doses(days, 100, status), today) for status in ("observed", "reported")]
    seen, told = (hours_blocked(c, at(today), units_for([c], FEW), FEW) for c in courses)
    assert seen is not None
    assert told is not None
    assert told.summary.whole.mean < seen.summary.whole.mean
    assert told.summary.questionable == 30


def test_the_expectation_is_the_mean_over_all_patterns() -> None:
    # three doses, each taken or not: eight patterns, weighted by what they are worth
    seen = course(doses([0, 2, 4], 100, "reported"), 8)
    units, chance = units_for([seen], FEW), (0.3, 0.6, 0.8)
    exact = 0.0
    for bits in np.ndindex(2, 2, 2):
        weight = float(np.prod([p if b else 1 - p for p, b in zip(chance, bits, strict=True)]))
        found = hours_blocked(seen, at(8), units, FEW, fixed([float(b) for b in bits]))
        assert found is not None
        exact += weight * found.summary.whole.mean
    drawn = [mean_of(seen, settings(draws=40, seed=seed), chance) for seed in range(60)]
    assert float(np.mean(drawn)) == pytest.approx(exact, abs=4 * float(np.std(drawn)) / 60**0.5)


def mean_of(seen: Course, chosen: object, chance: Sequence[float]) -> float:
    assert hasattr(chosen, "seed")
    # the parameters' draws stay those of the first seed: only who took what is drawn anew
    units = units_for([seen], FEW)

    def sampler(doses: Sequence[Intake], draws: int, rng: np.random.Generator) -> Taken:  # noqa: ARG001
        own = np.random.default_rng([77, chosen.seed])
        return fixed(chance)(doses, draws, own)

    found = hours_blocked(seen, at(8), units, FEW, sampler)
    assert found is not None
    return found.summary.whole.mean


def test_products_are_added_in_the_same_patients() -> None:
    both = course([*doses(range(5)), injection(5)], 30)
    found = hours_blocked(both, at(30), units_for([both], FEW), FEW, all_taken)
    alone = course([injection(5)], 30)
    less = hours_blocked(alone, at(30), units_for([both], FEW), FEW, all_taken)
    assert found is not None
    assert less is not None
    assert (found.share * found.summary.hours >= less.share * less.summary.hours - 1).all()


def test_a_product_without_levels_has_no_hours() -> None:
    put_in = {"product": "prodetoxone-implant-1000", "dose_mg": 1000, "site": "a", "given_by": "x"}
    seen = course([("implant_in", 0, put_in)], 30)
    assert hours_blocked(seen, at(30), units_for([seen], FEW), FEW) is None


def test_time_in_treatment_is_the_hours_up_to_its_end() -> None:
    seen = course(doses(range(10), 100), 40)
    found = hours_blocked(seen, at(10), units_for([seen], FEW), FEW, all_taken)
    assert found is not None
    assert found.summary.in_treatment.mean > found.summary.whole.mean


def test_probabilities_lie_in_their_range_and_are_one_for_all_doses_of_a_draw() -> None:
    kinds = ["reported", "missed", "reported"]
    seen = course([dose(i, status=kind) for i, kind in enumerate(kinds)], 9)
    found = intake_probabilities(seen.intakes, 500, np.random.default_rng(3))
    known = intake_rules().evidence
    assert np.array_equal(found[:, 0], found[:, 2])
    for i, kind in enumerate(kinds):
        assert known[kind].low <= found[:, i].min() <= found[:, i].max() <= known[kind].high
    taken = by_evidence(seen.intakes, 500, np.random.default_rng(3))
    assert taken[:, 0].mean() > taken[:, 1].mean()


@pytest.mark.parametrize("wrong", [[0.5], [0.5, 1.1]])
def test_probabilities_that_do_not_fit_are_refused(wrong: list[float]) -> None:
    seen = course(doses([0, 1]), 9)
    with pytest.raises(InputError, match="probabilities"):
        fixed(wrong)(seen.intakes, 4, np.random.default_rng(1))


@given(st.lists(st.lists(st.booleans(), min_size=9, max_size=9), min_size=1, max_size=5))
@example_settings(max_examples=40, deadline=None)
def test_longest_runs(rows: list[list[bool]]) -> None:
    found = longest_runs(np.array(rows))
    by_text = [
        max(map(len, "".join("x" if b else " " for b in row).split()), default=0) for row in rows
    ]
    assert found.tolist() == by_text
