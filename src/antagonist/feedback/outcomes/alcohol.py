"""Alcohol outcomes: heavy drinking days of both definitions, abstinent days, WHO risk levels."""

from __future__ import annotations

from collections.abc import Mapping
from dataclasses import dataclass
from datetime import date, timedelta
from typing import Literal

from antagonist.feedback.outcomes.course import Course, Sex, days_from
from antagonist.feedback.outcomes.intervals import Share, share
from antagonist.feedback.outcomes.rules import number, outcome_rules, whole

HeavyRule = Literal["us", "ema"]
HEAVY_RULES: tuple[HeavyRule, ...] = ("us", "ema")
MONTH = 28


@dataclass(frozen=True, slots=True)
class HeavyDays:
    """Heavy drinking days by one definition. worst: days not known count as heavy; observed: of
    days known; best: days not known count as not heavy. known: days of which it can be told.

    none_after_grace: whether there was none after the grace period; None = cannot be told.
    """

    rule: HeavyRule
    days: int
    known: int
    heavy: int
    worst: Share
    observed: Share
    best: Share
    none_after_grace: bool | None


@dataclass(frozen=True, slots=True)
class AlcoholOutcomes:
    """Alcohol outcomes from the first dose to the end of observation.

    heavy: empty where the sex is not on record, since both limits depend on it. abstinent_worst:
    days not known count as drinking. who_before, who_last: WHO risk level of the 28 days before
    treatment and of the last 28; None = too few days known. levels_down: drop between them.
    """

    days: int
    known: int
    abstinent_worst: Share
    abstinent_observed: Share
    heavy: tuple[HeavyDays, ...]
    who_before: str | None
    who_last: str | None
    levels_down: int | None


def alcohol_outcomes(course: Course) -> AlcoholOutcomes | None:
    """A patient's alcohol outcomes; None without a dose or any word on drinking."""
    start = course.start
    if start is None or not course.drinks:
        return None
    days = list(days_from(start, course.end))
    here = {day: course.drinks[day] for day in days if day in course.drinks}
    dry = sum(grams == 0 for grams in here.values())
    before = _level(course.drinks, start - timedelta(days=MONTH), course.sex)
    last = _level(course.drinks, course.end - timedelta(days=MONTH - 1), course.sex)
    return AlcoholOutcomes(
        days=len(days),
        known=len(here),
        abstinent_worst=share(dry, len(days)),
        abstinent_observed=share(dry, len(here)),
        heavy=tuple(_heavy(rule, here, days, course.sex) for rule in HEAVY_RULES if course.sex),
        who_before=before,
        who_last=last,
        levels_down=_down(before, last),
    )


def is_heavy(grams: float, sex: Sex, rule: HeavyRule) -> bool:
    """Whether a day is heavy: US from 70 g (men) or 56 g (women) on; EMA over 60 g or 40 g."""
    limit = number(f"heavy_{rule}_{sex}_g")
    return grams >= limit if rule == "us" else grams > limit


def _heavy(
    rule: HeavyRule, here: Mapping[date, float | None], days: list[date], sex: Sex | None
) -> HeavyDays:
    assert sex is not None
    told = {day: is_heavy(grams, sex, rule) for day, grams in here.items() if grams is not None}
    heavy, n = sum(told.values()), len(days)
    grace = whole("no_heavy_grace_days")
    after = days[grace:]
    found: bool | None = None
    if any(told.get(day) for day in after):
        found = False
    elif after and all(day in told for day in after):
        found = True
    return HeavyDays(
        rule, n, len(told), heavy,
        worst=share(heavy + n - len(told), n),
        observed=share(heavy, len(told)),
        best=share(heavy, n),
        none_after_grace=found,
    )  # fmt: skip


def who_level(mean_g: float, sex: Sex) -> str:
    """WHO risk level of a mean of grams a day; ``abstinent`` at none."""
    limits = outcome_rules().who_levels.above_g[sex]
    return ([name for name, limit in limits.items() if mean_g > limit] or ["abstinent"])[-1]


def _level(drinks: Mapping[date, float | None], first: date, sex: Sex | None) -> str | None:
    """Level of 28 days; None unless the amount of at least half of them is known."""
    amounts = [drinks.get(day) for day in days_from(first, first + timedelta(days=MONTH - 1))]
    known = [grams for grams in amounts if grams is not None]
    if sex is None or 2 * len(known) < MONTH:
        return None
    return who_level(sum(known) / len(known), sex)


def _down(before: str | None, last: str | None) -> int | None:
    if before is None or last is None:
        return None
    order = ["abstinent", *outcome_rules().who_levels.above_g["male"]]
    return order.index(before) - order.index(last)
