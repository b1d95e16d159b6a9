"""Opioid outcomes: abstinent weeks, opioid-free days, relapse under every rule."""

from __future__ import annotations

from collections.abc import Collection, Sequence
from dataclasses import dataclass
from datetime import date, timedelta
from itertools import pairwise
from typing import Literal

from antagonist.feedback.outcomes.course import Course, days_from
from antagonist.feedback.outcomes.intervals import Share, share
from antagonist.feedback.outcomes.rules import whole
from antagonist.feedback.outcomes.urine import UrineNegative, Window, scheduled, urine_negative

RelapseRule = Literal["xbot", "justice", "regular_use", "physiological"]
RELAPSE_RULES: tuple[RelapseRule, ...] = ("xbot", "justice", "regular_use", "physiological")
WEEK = 7


@dataclass(frozen=True, slots=True)
class Relapse:
    """Relapse by one rule. found: None = not to be told from what is on record. on: first day.

    on_evidence: whether what was seen or said shows it by itself, missing tests left aside.
    """

    rule: RelapseRule
    found: bool | None
    on: date | None
    on_evidence: bool


@dataclass(frozen=True, slots=True)
class OpioidOutcomes:
    """Opioid outcomes from the first dose to the end of observation.

    abstinent_weeks: confirmed (test negative and no reported use) of whole weeks with a scheduled
    test; a week whose test is missing is not abstinent. response: the same of weeks 5 to 24.
    free_days: without use of days that the record tells of; unknown_days: the others.
    lapse_days: with use.
    """

    weeks: int
    abstinent_weeks: Share
    response: Share
    urine: UrineNegative
    free_days: Share
    lapse_days: int
    unknown_days: int
    relapse: tuple[Relapse, ...]


def opioid_outcomes(course: Course) -> OpioidOutcomes | None:
    """A patient's opioid outcomes; None without a dose, or where alcohol alone is treated."""
    start = course.start
    told = course.samples or course.opioid_known
    if start is None or (course.indication == "alcohol" and not told):
        return None
    windows = scheduled(course.samples, start, course.end, whole("urine_every_days"))
    good = [_abstinent(window, course.opioid_use) for window in windows]
    first, last = whole("response_first_week"), whole("response_last_week")
    asked = good[first - 1 : last]
    days = list(days_from(start, course.end))
    known = [day for day in days if day in course.opioid_known]
    used = sum(day in course.opioid_use for day in days)
    return OpioidOutcomes(
        weeks=len(windows),
        abstinent_weeks=share(sum(good), len(good)),
        response=share(sum(asked), len(asked)),
        urine=urine_negative(windows),
        free_days=share(len(known) - used, len(known)),
        lapse_days=used,
        unknown_days=len(days) - len(known),
        relapse=tuple(relapse(course, start)),
    )


def _abstinent(window: Window, use: Collection[date]) -> bool:
    clean = not any(day in use for day in days_from(window.first, window.last))
    return window.result == "negative" and clean


def relapse(course: Course, start: date) -> list[Relapse]:
    """Relapse under all four rules (measures.md section 3); one figure alone says nothing."""
    return [_xbot(course, start), _justice(course, start), _regular(course, start), _pushed(course)]


def _told(rule: RelapseRule, on: date | None, looked: bool, evident: date | None) -> Relapse:
    """looked: whether the record tells enough to say that there was none."""
    found = True if on is not None else (False if looked else None)
    return Relapse(rule, found, on, evident is not None)


def _xbot(course: Course, start: date) -> Relapse:
    """Four weeks in a row with use, or seven days in a row of reported use, from day 20 on.

    A missing or unclear test counts as use. Source: Lee 2018.
    """
    begin = start + timedelta(days=whole("xbot_from_day"))
    windows = scheduled(course.samples, begin, course.end, WEEK)
    use = course.opioid_use
    strict = _xbot_day([not _abstinent(w, use) for w in windows], windows, use, begin, course)
    seen = _xbot_day([_with_use(w, use) for w in windows], windows, use, begin, course)
    return _told("xbot", strict, bool(windows), seen)


def _with_use(window: Window, use: Collection[date]) -> bool:
    reported = any(day in use for day in days_from(window.first, window.last))
    return window.result == "positive" or reported


def _xbot_day(
    bad: Sequence[bool],
    windows: Sequence[Window],
    use: Collection[date],
    begin: date,
    course: Course,
) -> date | None:
    run = whole("xbot_weeks")
    weeks = [windows[i + run - 1].last for i in range(len(bad) - run + 1) if all(bad[i : i + run])]
    in_row = _in_a_row([day for day in use if begin <= day <= course.end])
    return min([*weeks[:1], *in_row[:1]], default=None)


def _in_a_row(days: Sequence[date]) -> list[date]:
    """Days on which a run of use reaches seven."""
    found, run = [], 1
    for before, day in pairwise(sorted(days)):
        run = run + 1 if (day - before).days == 1 else 1
        if run == whole("xbot_days"):
            found.append(day)
    return found


def _justice(course: Course, start: date) -> Relapse:
    """Ten opioid days in any 28; a positive or missing biweekly test counts as five. Lee 2016."""
    every = whole("justice_test_every_days")
    windows = scheduled(course.samples, start, course.end, every)
    strict = _justice_day(course, start, [w.last for w in windows if w.result != "negative"])
    seen = _justice_day(course, start, [w.last for w in windows if w.result == "positive"])
    return _told("justice", strict, bool(windows), seen)


def _justice_day(course: Course, start: date, tests: Collection[date]) -> date | None:
    """First day with enough opioid days in the 28 up to it. tests: days that each count as five."""
    weight, span, total = whole("justice_urine_days"), whole("justice_window_days"), 0
    counted: list[int] = []
    for day in days_from(start, course.end):
        counted.append(int(day in course.opioid_use) + weight * (day in tests))
        total += counted[-1] - (counted[-span - 1] if len(counted) > span else 0)
        if total >= whole("justice_days"):
            return day
    return None


def _regular(course: Course, start: date) -> Relapse:
    """Use on four or more days of any seven; from reports alone. Source: Hulse 2009."""
    every = list(days_from(start, course.end))
    need = whole("regular_days_a_week")
    for i, day in enumerate(every):
        if sum(d in course.opioid_use for d in every[max(i - WEEK + 1, 0) : i + 1]) >= need:
            return _told("regular_use", day, True, day)
    return _told("regular_use", None, all(day in course.opioid_known for day in every), None)


def _pushed(course: Course) -> Relapse:
    """A positive naloxone challenge on treatment. Source: Krupitsky 2011."""
    during = [c for c in course.challenges if course.start and course.start < c.on <= course.end]
    positive = [c.on for c in during if c.positive]
    first = min(positive, default=None)
    return _told("physiological", first, bool(during), first)
