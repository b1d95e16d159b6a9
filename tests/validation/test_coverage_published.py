"""Proportion of days covered against the published patient that has three of them."""

from __future__ import annotations

from datetime import date, timedelta

import pytest

from antagonist.feedback.outcomes.coverage import Supply, covered_days, days_covered

# Curr Opin Rheumatol 2010;22:397, table 1 (PMC3160417), claims data 'raw', seen: 90 of 180 days
# supplied, 12 in hospital in the largest gap, which is 53 + 30 = 83 days.
FIRST = date(2010, 1, 1)


def day(n: int) -> date:
    return FIRST + timedelta(days=n - 1)


def test_the_same_patient_has_three() -> None:
    held = [*(day(n) for n in range(1, 68)), *(day(n) for n in range(151, 174))]
    assert len(held) == 90
    hospital = [day(n) for n in range(100, 112)]
    found = days_covered(held, hospital, day(1), day(180), "packs", ceiling_days=365)
    assert (found.days, found.covered_days, found.hospital_days) == (180, 90, 12)
    assert found.longest_gap_days == 83
    assert found.ignored == pytest.approx(0.500, abs=5e-4)
    # printed as 53.5 %; 90/168 is 53.57
    assert found.taken_out == pytest.approx(0.535, abs=1e-3)
    assert found.covered == pytest.approx(0.567, abs=5e-4)
    rounded = (found.ignored, found.taken_out, found.covered)
    assert [round(x, 2) for x in rounded if x is not None] == [0.5, 0.54, 0.57]


def test_a_gap_over_the_ceiling_counts_only_up_to_it() -> None:
    # Zheng 2026 as summarised on a public page (seen): of a gap of 120 days with a ceiling of 90
    # only 90 count, 30 are left out of the window.
    held = [day(n) for n in (*range(1, 31), *range(151, 181))]
    found = days_covered(held, [], day(1), day(180), "packs", ceiling_days=90)
    assert found.longest_gap_days == 120
    assert found.ignored == 60 / 180
    assert found.with_ceiling == 60 / 150


def test_supply_left_over_moves_the_next_fill_on() -> None:
    # Pharmacy Quality Alliance's rule (measures.md section 1): no day counts twice, none is lost
    fills = [Supply(day(1), 30), Supply(day(28), 30), Supply(day(60), 30)]
    assert covered_days(fills, day(89)) == {day(n) for n in range(1, 90)}
