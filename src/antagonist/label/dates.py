"""Dates of facts, exact or approximate, in the clinic's zone; gates use the latest instant."""

from __future__ import annotations

import calendar
import re
from dataclasses import dataclass
from datetime import date, datetime, time, timedelta
from functools import lru_cache
from zoneinfo import ZoneInfo

from antagonist.foundation.clock import (
    FIRST_YEAR,
    LAST_YEAR,
    TIME_ALLOWED,
    YEARS_ALLOWED,
    hours_between,
    parse_time,
)
from antagonist.foundation.errors import InputError

DATE_ALLOWED = "a date such as 2026-03-02, a time, a month 2026-03, or {from: DATE, to: DATE}"
_MONTH = re.compile(r"\d{4}-\d{2}", re.ASCII)
_DAY = re.compile(r"\d{4}-\d{2}-\d{2}", re.ASCII)
_END_OF_DAY = time(23, 59, 59)


@dataclass(frozen=True)
class When:
    """A moment known to lie between two instants, both aware."""

    earliest: datetime
    latest: datetime
    text: str

    @property
    def exact(self) -> bool:
        """Whether both ends fall on one day."""
        return self.earliest.date() == self.latest.date()

    def age_h(self, as_of: datetime) -> float:
        """Hours to ``as_of`` from the earliest instant: the age a fact cannot exceed."""
        return max(hours_between(self.earliest, as_of), 0.0)

    def days_since(self, as_of: datetime) -> int:
        """Whole calendar days in the clinic's zone from the latest instant to ``as_of``."""
        return (as_of.date() - self.latest.astimezone(as_of.tzinfo).date()).days


def as_of_time(value: object, tz: ZoneInfo, source: str, field: str = "as_of") -> datetime:
    """The moment a question is asked for; a plain date is its last second.

    Raises InputError for what is no date or time.
    """
    text = str(value)
    if _DAY.fullmatch(text):
        return _read_day(text, tz, source, field)
    return parse_time(value, tz, source, field)


def _read_day(text: str, tz: ZoneInfo, source: str, field: str) -> datetime:
    try:
        return _read(text, tz).latest
    except InputError as error:
        raise InputError(source, field, text, error.allowed) from None


def when(value: object, as_of: datetime, source: str, field: str) -> When:
    """A date of a patient's file; an interval's end is cut at ``as_of``.

    value: a date, a time, a month, or a mapping with ``from`` and ``to``.
    as_of: aware, in the clinic's zone.
    Raises InputError for anything else, and for a date in the future.
    """
    try:
        if isinstance(value, dict):
            return _cut(_interval(value, as_of, field), as_of)
        text = value.isoformat() if isinstance(value, date) else str(value)
        return _known(text, as_of, _zone(as_of))
    except InputError as error:
        raise InputError(source, error.field or field, error.value, error.allowed) from None


# The dates of one visit stand in a file many times. The zone is part of the key: one moment is
# equal to itself in every zone, but a day is not.
@lru_cache(maxsize=8192)
def _known(text: str, as_of: datetime, tz: ZoneInfo) -> When:
    return _cut(_read(text, tz), as_of)


def _cut(found: When, as_of: datetime) -> When:
    if found.earliest > as_of:
        allowed = f"a date not after {as_of:%Y-%m-%d %H:%M}, the day asked for"
        raise InputError("", "", found.text, allowed)
    return When(found.earliest, min(found.latest, as_of), found.text)


def _zone(as_of: datetime) -> ZoneInfo:
    tz = as_of.tzinfo
    assert isinstance(tz, ZoneInfo)
    return tz


@lru_cache(maxsize=4096)
def _read(text: str, tz: ZoneInfo) -> When:
    if _DAY.fullmatch(text):
        day = _date(text)
        return When(_at(day, time(0), tz), _at(day, _END_OF_DAY, tz), text)
    if _MONTH.fullmatch(text):
        first = _date(f"{text}-01")
        last = first.replace(day=calendar.monthrange(first.year, first.month)[1])
        return When(_at(first, time(0), tz), _at(last, _END_OF_DAY, tz), text)
    try:
        moment = parse_time(text, tz)
    except InputError as error:
        allowed = DATE_ALLOWED if error.allowed == TIME_ALLOWED else error.allowed
        raise InputError("", "", text, allowed) from None
    return When(moment, moment, f"{moment:%Y-%m-%d %H:%M}")


def _interval(value: dict[str, object], as_of: datetime, field: str) -> When:
    if set(value) != {"from", "to"}:
        raise InputError("", field, sorted(value), DATE_ALLOWED)
    ends = []
    for name in ("from", "to"):
        try:
            ends.append(_read(str(value[name]), _zone(as_of)))
        except InputError as error:
            raise InputError("", f"{field}.{name}", error.value, error.allowed) from None
    first, last = ends
    if last.latest < first.earliest:
        raise InputError("", field, f"{first.text} to {last.text}", "'from' before 'to'")
    return When(first.earliest, last.latest, f"{first.text}..{last.text}")


def _at(day: date, clock: time, tz: ZoneInfo) -> datetime:
    return datetime.combine(day, clock, tz)


def _date(text: str) -> date:
    try:
        found = date.fromisoformat(text)
    except ValueError:
        raise InputError("", "", text, DATE_ALLOWED) from None
    if not FIRST_YEAR <= found.year <= LAST_YEAR:
        raise InputError("", "", text, YEARS_ALLOWED)
    return found


def years_between(born: date, on: date) -> int:
    """Whole years of age on a day: a birthday on 29 February counts on 1 March of other years."""
    return on.year - born.year - ((on.month, on.day) < (born.month, born.day))


def days_later(day: date, days: float) -> date:
    """The day that is whole days later; a part of a day counts as one."""
    whole = int(days) if float(days).is_integer() else int(days) + 1
    return day + timedelta(days=whole)
