"""Packs, halves and weekly stock over all amounts: enough is ordered, and never a pack too many."""

from __future__ import annotations

import math
from datetime import date, timedelta
from fractions import Fraction

import pytest
from hypothesis import given
from hypothesis import strategies as st

from antagonist.foundation.errors import InputError
from antagonist.label.formulary.catalogue import product, products
from antagonist.label.formulary.supply import packs_needed, stock_per_week, tablets_for

halves = st.integers(0, 4000).map(lambda n: n / 2)
sizes = st.integers(1, 200)
names = st.sampled_from(sorted(products()))
dosable = st.sampled_from(sorted(n for n, f in products().items() if f.strength_mg is not None))
doses = st.lists(
    st.tuples(
        st.integers(0, 800).map(lambda n: date(2026, 1, 1) + timedelta(days=n)),
        st.integers(0, 12).map(lambda n: n / 2),
    ),
    max_size=30,
)


@given(halves, sizes, names)
def test_packs_hold_the_units_and_one_fewer_does_not(units: float, size: int, name: str) -> None:
    best = packs_needed(units, name, pack_size=size).best
    assert best is not None
    assert best.packs * size >= units
    assert (best.packs - 1) * size < max(units, 1)
    assert best.left_over == best.packs * size - math.ceil(units)
    assert 0 <= best.left_over < size


@given(halves, halves, sizes)
def test_more_units_never_need_fewer_packs(one: float, other: float, size: int) -> None:
    few, many = sorted((one, other))
    name = "seed-tablet-50"
    less, more = (packs_needed(units, name, size).best for units in (few, many))
    assert less is not None
    assert more is not None
    assert less.packs <= more.packs


@given(st.integers(1, 400), dosable)
def test_units_give_the_dose_back_or_are_refused(half_units: int, name: str) -> None:
    found = product(name)
    strength_mg = found.strength_mg
    assert strength_mg is not None
    dose_mg = half_units * strength_mg / 2
    if half_units % 2 and found.halves != "yes":
        with pytest.raises(InputError):
            tablets_for(dose_mg, name)
        return
    made = tablets_for(dose_mg, name)
    assert made.units * strength_mg == pytest.approx(dose_mg, rel=1e-12)
    assert made.halved == bool(half_units % 2)
    assert packs_needed(made.units, name).whole_units == math.ceil(Fraction(half_units, 2))


@given(st.integers(1, 10_000), dosable)
def test_any_dose_is_made_exactly_or_refused(tenths_mg: int, name: str) -> None:
    found = product(name)
    assert found.strength_mg is not None
    step = Fraction(str(found.strength_mg)) / (2 if found.halves == "yes" else 1)
    if (Fraction(tenths_mg, 10) / step).denominator == 1:
        made = tablets_for(tenths_mg / 10, name)
        assert Fraction(made.units) * Fraction(str(found.strength_mg)) == Fraction(tenths_mg, 10)
    else:
        with pytest.raises(InputError):
            tablets_for(tenths_mg / 10, name)


@given(st.lists(doses, max_size=5), sizes)
def test_weekly_stock_adds_up_to_the_whole(
    plans: list[list[tuple[date, float]]], size: int
) -> None:
    name = "seed-tablet-50"
    weeks = stock_per_week([(name, plan) for plan in plans], pack_size={name: size})
    totals = [sum(units for _, units in plan) for plan in plans]
    assert sum(week.units for week in weeks) == sum(totals)
    whole = sum(math.ceil(total) for total in totals)
    assert sum(week.whole_units for week in weeks) == whole
    assert sum(week.packs or 0 for week in weeks) == math.ceil(Fraction(whole, size))
    # at the end of every week what was opened so far was enough, and no pack too many
    opened = needed = 0
    for week in weeks:
        opened += week.packs or 0
        needed += week.whole_units
        assert 0 <= opened * size - needed < size
