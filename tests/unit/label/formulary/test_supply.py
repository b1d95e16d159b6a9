"""Units, packs, cost and weekly stock, against figures worked out by hand."""

from __future__ import annotations

import math
from datetime import date

import pytest

from antagonist.foundation.errors import InputError
from antagonist.label.formulary.catalogue import price_of, prices
from antagonist.label.formulary.models import Price
from antagonist.label.formulary.supply import (
    PackOption,
    WeekStock,
    cost,
    packs_needed,
    stock_per_week,
    tablets_for,
)

SCORED = "seed-tablet-50"
CAPSULE = "seed-capsule-50"
THREE_PACKS = "naltrexone-ru-mez-capsule-50"


@pytest.mark.parametrize(
    ("dose_mg", "name", "units", "halved"),
    [
        (50, CAPSULE, 1, False),
        (150, CAPSULE, 3, False),
        (25, SCORED, 0.5, True),
        (75, SCORED, 1.5, True),
        (100, SCORED, 2, False),
        (25, "depade-25", 1, False),
        (75, "depade-25", 3, False),
        (380, "vivitrol-us-380", 1, False),
        (1000, "prodetoxone-implant-1000", 1, False),
        (50, "antaxone-solution-50", 1, False),
    ],
)
def test_units_that_make_a_dose(dose_mg: float, name: str, units: float, halved: bool) -> None:
    found = tablets_for(dose_mg, name)
    assert (found.product, found.dose_mg) == (name, dose_mg)
    assert (found.units, found.halved) == (units, halved)


@pytest.mark.parametrize(
    ("dose_mg", "name", "why"),
    [
        (25, CAPSULE, "multiples of 50 mg of seed-capsule-50: capsule is not halved"),
        (75, CAPSULE, "multiples of 50 mg"),
        (25, "naltrexone-ru-mez-tablet-50", "nothing read says that it may be halved"),
        (12.5, SCORED, "multiples of 25 mg of seed-tablet-50: it can be halved"),
        (60, SCORED, "multiples of 25 mg"),
        (49.9, CAPSULE, "multiples of 50 mg"),
        (50.1, CAPSULE, "multiples of 50 mg"),
        (0, SCORED, "multiples of 25 mg"),
        (-50, SCORED, "multiples of 25 mg"),
        (math.nan, SCORED, "multiples of 25 mg"),
        (math.inf, SCORED, "multiples of 25 mg"),
        (190, "vivitrol-us-380", "powder_for_injection is not halved"),
    ],
)
def test_a_dose_that_a_product_cannot_make_is_refused(dose_mg: float, name: str, why: str) -> None:
    with pytest.raises(InputError, match=why) as caught:
        tablets_for(dose_mg, name)
    assert caught.value.field == "dose_mg"


@pytest.mark.parametrize("name", ["seed-powder-380", "seed-gel-syringe", "naltrel"])
def test_an_unknown_strength_makes_no_dose(name: str) -> None:
    with pytest.raises(InputError, match="whose strength is known"):
        tablets_for(380, name)


@pytest.mark.parametrize(
    ("units", "whole", "packs", "left"),
    [
        (0, 0, 0, 0),
        (0.5, 1, 1, 9),
        (10, 10, 1, 0),
        (10.5, 11, 2, 9),
        (11, 11, 2, 9),
        (20, 20, 2, 0),
    ],
)
def test_packs_for_units(units: float, whole: int, packs: int, left: int) -> None:
    found = packs_needed(units, "antaxone-capsule-50")
    assert (found.whole_units, found.blisters) == (whole, packs)
    assert found.options == (PackOption(10, packs, left),)
    assert found.best == found.options[0]


def test_the_best_of_several_packs_leaves_least_over_in_fewest_packs() -> None:
    found = packs_needed(35, THREE_PACKS)
    assert [(o.size, o.packs, o.left_over) for o in found.options] == [
        (10, 4, 5),
        (20, 2, 5),
        (50, 1, 15),
    ]
    assert found.best == PackOption(20, 2, 5)
    assert packs_needed(30, THREE_PACKS).best == PackOption(10, 3, 0)
    assert packs_needed(100, THREE_PACKS).best == PackOption(50, 2, 0)


def test_an_unknown_pack_is_unknown_until_its_size_is_given() -> None:
    found = packs_needed(31, SCORED)
    assert (found.whole_units, found.blisters, found.options, found.best) == (31, 4, (), None)
    assert packs_needed(31, SCORED, pack_size=20).best == PackOption(20, 2, 9)
    assert packs_needed(31, CAPSULE).blisters is None


@pytest.mark.parametrize("units", [-1, 0.25, 1.1, math.nan, math.inf])
def test_units_that_are_no_halves_are_refused(units: float) -> None:
    with pytest.raises(InputError, match="whole units and halves"):
        packs_needed(units, SCORED)


@pytest.mark.parametrize("size", [0, -1])
def test_a_pack_that_holds_nothing_is_refused(size: int) -> None:
    with pytest.raises(InputError, match="1 unit at least"):
        packs_needed(1, SCORED, pack_size=size)


def test_cost_is_unknown_without_a_pack_or_a_price() -> None:
    assert cost(packs_needed(30, CAPSULE), price_of(CAPSULE)) is None
    assert cost(packs_needed(30, "antaxone-capsule-50"), None) is None


def test_an_undated_price_for_an_unstated_pack_says_both() -> None:
    found = cost(packs_needed(31, CAPSULE, pack_size=10), price_of(CAPSULE))
    assert found is not None
    assert (found.packs, found.low, found.high, found.currency) == (4, 3200, 3600, "RUB")
    assert (found.priced_on, found.same_pack) == (None, False)
    assert (found.source, found.provenance) == ("base text, seed row P7", "seen")


def of_pack(units: int | None) -> Price:
    changed = {"product": THREE_PACKS, "pack_units": units, "priced_on": "2026-11-25"}
    return Price.model_validate({**prices()[0].model_dump(), **changed})


def test_a_price_counts_for_the_pack_it_was_given_for() -> None:
    need = packs_needed(35, THREE_PACKS)
    found = cost(need, of_pack(20))
    assert found is not None
    assert (found.packs, found.low, found.high) == (2, 1600, 1800)
    assert (found.priced_on, found.same_pack) == (date(2026, 11, 25), True)
    assert cost(need, of_pack(30)) is None
    # three sizes, and the price does not say for which
    assert cost(need, of_pack(None)) is None


def test_a_price_of_another_product_is_refused() -> None:
    with pytest.raises(InputError, match=r"price\.product"):
        cost(packs_needed(10, "antaxone-capsule-50"), price_of(CAPSULE))


def test_stock_runs_over_iso_weeks_and_carries_what_is_left() -> None:
    # 28 December 2026 to 3 January 2027 is week 53 of 2026 by ISO 8601
    antaxone = "antaxone-capsule-50"
    first = [(date(2026, 12, 28), 3.0), (date(2027, 1, 3), 3.0), (date(2027, 1, 4), 3.0)]
    second = [(date(2027, 1, 4), 1.0), (date(2027, 1, 11), 1.0)]
    injection = [(date(2026, 12, 31), 1.0), (date(2027, 1, 28), 1.0)]
    plans = [(antaxone, first), (antaxone, second), ("vivitrol-ru-380", injection)]
    assert stock_per_week(plans) == (
        WeekStock(2026, 53, antaxone, 6, 6, 1, 10),
        WeekStock(2026, 53, "vivitrol-ru-380", 1, 1, 1, 1),
        WeekStock(2027, 1, antaxone, 4, 4, 0, 10),
        WeekStock(2027, 2, antaxone, 1, 1, 1, 10),
        WeekStock(2027, 4, "vivitrol-ru-380", 1, 1, 1, 1),
    )


def test_a_half_is_not_shared_between_plans() -> None:
    half = [(date(2026, 11, 25), 0.5), (date(2026, 12, 2), 0.5)]
    (one, one_later) = stock_per_week([(SCORED, half)])
    assert (one.units, one.whole_units) == (0.5, 1)
    # the other half of the first week's tablet
    assert (one_later.units, one_later.whole_units) == (0.5, 0)
    (two, _) = stock_per_week([(SCORED, half), (SCORED, half)])
    assert (two.units, two.whole_units) == (1, 2)


def test_stock_without_a_known_pack_has_units_alone() -> None:
    plans = [(SCORED, [(date(2026, 11, 25), 12.0)])]
    (found,) = stock_per_week(plans)
    assert (found.units, found.packs, found.pack_size) == (12, None, None)
    (found,) = stock_per_week(plans, pack_size={SCORED: 10})
    assert (found.packs, found.pack_size) == (2, 10)
    # several sizes: which one is at hand is not known
    (found,) = stock_per_week([(THREE_PACKS, [(date(2026, 11, 25), 12.0)])])
    assert found.packs is None


def test_stock_names_the_plan_that_is_wrong() -> None:
    good = (SCORED, [(date(2026, 11, 25), 1.0)])
    with pytest.raises(InputError, match=r"plans\[1\]\.units"):
        stock_per_week([good, (SCORED, [(date(2026, 11, 25), 0.3)])])
    with pytest.raises(InputError, match="product"):
        stock_per_week([("nothing", [])])
    assert stock_per_week([]) == ()
