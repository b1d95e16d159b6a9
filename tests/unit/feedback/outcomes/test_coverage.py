"""Proportion of days covered from a record's packs and doses."""

from __future__ import annotations

from hypothesis import given, settings
from hypothesis import strategies as st
from tests.support.courses import Told, course, doses, injection, on

from antagonist.feedback.outcomes.coverage import (
    DaysCovered,
    Supply,
    coverage,
    covered_days,
    days_covered,
)


def by_basis(told: list[Told], today: int) -> dict[str, DaysCovered]:
    return {found.basis: found for found in coverage(course(told, today))}


def test_a_hundred_every_other_day_is_all_or_half_by_convention() -> None:
    found = by_basis(doses(range(0, 20, 2), mg=100), 19)
    assert found["doses_by_mg"].ignored == 1.0
    assert found["doses_by_day"].ignored == 0.5
    assert "packs" not in found


def test_packs_are_their_own_basis() -> None:
    told: list[Told] = [*doses([0]), ("dispensed", 0, {"days": 10}), ("dispensed", 5, {"days": 10})]
    found = by_basis(told, 39)["packs"]
    assert (found.covered_days, found.days, found.ignored) == (20, 40, 0.5)


def test_an_early_injection_is_not_lost_and_a_late_one_leaves_a_gap() -> None:
    early = by_basis([injection(0), injection(20)], 55)["doses_by_mg"]
    assert (early.ignored, early.longest_gap_days) == (1.0, 0)
    late = by_basis([injection(0), injection(40)], 67)["doses_by_mg"]
    assert (late.covered_days, late.longest_gap_days) == (56, 12)


def test_supply_of_one_route_does_not_move_that_of_another() -> None:
    found = by_basis([injection(0), *doses([10, 11])], 27)["doses_by_mg"]
    assert found.covered_days == 28


def test_hospital_days_are_counted_in_three_ways() -> None:
    stay: Told = ("hospital_stay", 9, {"first": on(5).isoformat(), "last": on(9).isoformat()})
    found = by_basis([*doses(range(5)), stay], 9)["doses_by_mg"]
    assert (found.ignored, found.taken_out, found.covered) == (0.5, 1.0, 1.0)


def test_nothing_taken_is_no_coverage() -> None:
    assert coverage(course(doses([0], status="missed"), 5)) == ()


supplies = st.lists(st.tuples(st.integers(0, 60), st.integers(1, 40)), min_size=1, max_size=8)


@given(supplies, st.sets(st.integers(0, 90), max_size=30), st.integers(1, 60))
@settings(max_examples=40, deadline=None)
def test_shares_keep_their_order(
    fills: list[tuple[int, int]], away: set[int], ceiling: int
) -> None:
    held = covered_days([Supply(on(day), n) for day, n in fills], on(90))
    found = days_covered(held, {on(d) for d in away}, on(0), on(90), "packs", ceiling)
    assert len(held) <= sum(n for _, n in fills)
    assert found.ignored is not None
    assert found.with_ceiling is not None
    assert found.covered is not None
    assert 0 <= found.ignored <= found.with_ceiling <= 1
    assert found.ignored <= found.covered <= 1
