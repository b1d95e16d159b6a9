"""Alcohol outcomes: both definitions of a heavy day, and what is not known."""

from __future__ import annotations

from typing import Any

import pytest
from tests.support.courses import Told, calendar, course, doses, fact, on

from antagonist.feedback.outcomes.alcohol import (
    AlcoholOutcomes,
    alcohol_outcomes,
    is_heavy,
    who_level,
)


def drank(day: int, **said: Any) -> Told:
    return "alcohol_day", day, {"date": on(day).isoformat(), **said}


def outcomes(told: list[Told], today: int, sex: str | None = "male") -> AlcoholOutcomes | None:
    known = [fact("sex", sex)] if sex else []
    return alcohol_outcomes(course([*known, *doses([0]), *told], today))


@pytest.mark.parametrize(
    ("grams", "sex", "us", "ema"),
    [
        (60, "male", False, False),
        (61, "male", False, True),
        (70, "male", True, True),
        (40, "female", False, False),
        (41, "female", False, True),
        (56, "female", True, True),
    ],
)
def test_both_definitions(grams: float, sex: Any, us: bool, ema: bool) -> None:
    assert (is_heavy(grams, sex, "us"), is_heavy(grams, sex, "ema")) == (us, ema)


def test_days_not_known_count_on_both_sides() -> None:
    told = [drank(0, grams=0), drank(1, grams=80), drank(2, drinks=2, country="US")]
    found = outcomes(told, 9)
    assert found is not None
    assert (found.days, found.known) == (10, 3)
    assert (found.abstinent_worst.k, found.abstinent_worst.n) == (1, 10)
    assert (found.abstinent_observed.k, found.abstinent_observed.n) == (1, 3)
    heavy = {h.rule: h for h in found.heavy}["us"]
    assert (heavy.worst.k, heavy.observed.k, heavy.best.k) == (8, 1, 1)
    assert (heavy.worst.n, heavy.observed.n, heavy.best.n) == (10, 3, 10)


def test_drinks_of_no_country_are_an_amount_nobody_knows() -> None:
    found = outcomes([drank(0, drinks=9), drank(1, drinks=0)], 1)
    assert found is not None
    assert found.abstinent_observed.k == 1
    assert [h.known for h in found.heavy] == [1, 1]


def test_without_a_sex_no_day_is_heavy_or_not() -> None:
    found = outcomes([drank(0, grams=80)], 9, sex=None)
    assert found is not None
    assert (found.heavy, found.who_last) == ((), None)


def test_no_heavy_day_after_the_grace_period_needs_all_of_them() -> None:
    whole = outcomes([calendar("alcohol", 0, 40)], 40)
    gap = outcomes([calendar("alcohol", 0, 39)], 40)
    late = outcomes([calendar("alcohol", 0, 40), drank(35, grams=90)], 40)
    early = outcomes([calendar("alcohol", 0, 40), drank(5, grams=90)], 40)
    found = [x.heavy[0].none_after_grace for x in (whole, gap, late, early) if x is not None]
    assert found == [True, None, False, True]


@pytest.mark.parametrize(
    ("grams", "sex", "level"),
    # measures.md section 4; between bands by the limit below
    [
        (0, "male", "abstinent"), (40, "male", "low"), (40.4, "male", "medium"),
        (60, "male", "medium"), (100, "male", "high"), (101, "male", "very_high"),
        (20, "female", "low"), (20.4, "female", "medium"), (61, "female", "very_high"),
    ],
)  # fmt: skip
def test_who_levels(grams: float, sex: Any, level: str) -> None:
    assert who_level(grams, sex) == level


def test_levels_before_and_last() -> None:
    before = [drank(0, grams=1)]
    heavy = [("alcohol_day", 28, {"date": on(d).isoformat(), "grams": 120}) for d in range(28)]
    told: list[Told] = [*before, *heavy, *doses([28]), calendar("alcohol", 29, 80)]
    found = alcohol_outcomes(course([fact("sex", "male"), *told], 80))
    assert found is not None
    assert (found.who_before, found.who_last, found.levels_down) == ("very_high", "abstinent", 4)
    unknown = outcomes([drank(0, grams=0)], 40)
    assert unknown is not None
    assert (unknown.who_before, unknown.levels_down) == (None, None)


def test_nothing_said_of_drinking_is_not_abstinence() -> None:
    assert outcomes([], 30) is None
