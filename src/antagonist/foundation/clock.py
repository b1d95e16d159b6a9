"""Times: aware at the edge, hours since an origin inside.

All differences go through UTC, so a day with a clock change has 23 or 25 hours.
"""

from __future__ import annotations

import difflib
import re
from datetime import UTC, date, datetime, timedelta, timezone, tzinfo
from zoneinfo import ZoneInfo, ZoneInfoNotFoundError, available_timezones

from antagonist.foundation.errors import InputError

TIME_ALLOWED = "a date and time such as '2026-03-02 09:00', with an offset where needed"
DAY_ALLOWED = "a day such as 2026-05-01"
NAIVE_ALLOWED = "an offset such as +03:00 or Z after the time, or a 'timezone' for the whole file"

_TIME = re.compile(
    r"(\d{4}-\d{2}-\d{2})[T ](\d{2}:\d{2}(?::\d{2}(?:\.\d{1,6})?)?)\s*(Z|[+-]\d{2}:\d{2})?",
    re.ASCII,
)
_DAY = re.compile(r"\d{4}-\d{2}-\d{2}", re.ASCII)
# A day or moment beyond these years is a slip of the key, and no zone can show the ends of time.
FIRST_YEAR, LAST_YEAR = 1900, 2200
YEARS_ALLOWED = f"a year from {FIRST_YEAR} to {LAST_YEAR}"


def zone(name: object, source: str = "", field: str = "") -> ZoneInfo:
    """Time zone of an IANA name such as ``Europe/Moscow``.

    source, field: where the name stands, for the error message.
    Raises InputError for an unknown name, with a near match where there is one.
    """
    try:
        return ZoneInfo(str(name))
    except (ZoneInfoNotFoundError, ValueError, OSError):
        near = difflib.get_close_matches(str(name), available_timezones(), n=1)
        hint = f"; did you mean '{near[0]}'?" if near else ""
        allowed = f"an IANA time zone such as 'Europe/Moscow'{hint}"
        raise InputError(source, field, name, allowed) from None


def parse_time(value: object, tz: ZoneInfo | None, source: str = "", field: str = "") -> datetime:
    """Aware time from text such as ``2026-03-02 09:00`` or ``2026-03-02T09:00+03:00``.

    tz: zone of a time written without offset; None = every time needs its own offset.
    source, field: where the time stands, for the error message.
    Returns the time in tz, or with its own fixed offset where tz is None.
    Raises InputError for text that is no time, a time without zone and offset, and a
    clock time that does not exist or happens twice in tz.
    """
    stated = value if isinstance(value, datetime) else _read(value, source, field)
    if not FIRST_YEAR <= stated.year <= LAST_YEAR:
        raise InputError(source, field, _shown(value), YEARS_ALLOWED)
    if stated.tzinfo is not None:
        return stated if tz is None else stated.astimezone(tz)
    if tz is None:
        raise InputError(source, field, _shown(value), NAIVE_ALLOWED)
    return _localize(stated, tz, source, field)


def parse_day(value: object, source: str = "", field: str = "") -> date:
    """A day from text such as ``2026-05-01``, and from no other way of writing one.

    source, field: where the day stands, for the error message.
    Raises InputError for text that is no day, and a year that cannot be meant.
    """
    text = value.strip() if isinstance(value, str) else ""
    if not _DAY.fullmatch(text):
        raise InputError(source, field, value, DAY_ALLOWED)
    try:
        found = date.fromisoformat(text)
    except ValueError:
        raise InputError(source, field, value, DAY_ALLOWED) from None
    if not FIRST_YEAR <= found.year <= LAST_YEAR:
        raise InputError(source, field, value, YEARS_ALLOWED)
    return found


def begins_with_a_day(text: str) -> bool:
    """Whether text begins as a day or time of ISO 8601 does: bare digits are seconds to some."""
    return _DAY.match(text.strip()) is not None


def hours_between(start: datetime, end: datetime) -> float:
    """Elapsed hours from start to end, negative when end is earlier.

    start, end: aware times, each in any zone.
    Raises ValueError for a time without zone.
    """
    if start.tzinfo is None or end.tzinfo is None:
        raise ValueError("hours_between needs aware times")
    return (end.astimezone(UTC) - start.astimezone(UTC)).total_seconds() / 3600


def to_local(origin: datetime, time_h: float, tz: tzinfo) -> datetime:
    """Local time that is time_h elapsed hours after origin.

    origin: aware time of hour 0. time_h: hours, may be negative. tz: zone to show it in.
    Raises ValueError for an origin without zone.
    """
    if origin.tzinfo is None:
        raise ValueError("to_local needs an aware origin")
    return (origin.astimezone(UTC) + timedelta(hours=time_h)).astimezone(tz)


def same_clock_time(start: datetime, days: int) -> datetime:
    """Same wall-clock time as start, whole days later in start's own zone.

    days: whole days, 0 or more. A clock time that does not exist on that day is taken
    with the offset before the change; one that happens twice is taken the first time.
    Source: RFC 5545, section 3.3.5 (form 3).
    """
    if days == 0:
        return start
    wall = start.replace(fold=0) + timedelta(days=days)
    # Through UTC, a time inside a gap gets the clock reading it really has.
    return wall.astimezone(UTC).astimezone(start.tzinfo)


def _read(value: object, source: str, field: str) -> datetime:
    match = _TIME.fullmatch(value.strip()) if isinstance(value, str) else None
    if match is None:
        raise InputError(source, field, value, TIME_ALLOWED)
    day, clock, offset = match.groups()
    try:
        return datetime.fromisoformat(f"{day}T{clock}{offset or ''}")
    except ValueError:
        raise InputError(source, field, value, TIME_ALLOWED) from None


def _localize(wall: datetime, tz: ZoneInfo, source: str, field: str) -> datetime:
    first, second = (wall.replace(tzinfo=tz, fold=fold) for fold in (0, 1))
    if first.utcoffset() == second.utcoffset():
        return first
    offsets = " or ".join(f"'{wall:%Y-%m-%d %H:%M}{_offset(t)}'" for t in (first, second))
    exists = first.astimezone(UTC).astimezone(tz).replace(tzinfo=None) == wall
    if exists:
        allowed = f"this clock time happens twice in {tz.key}; add the offset: {offsets}"
    else:
        later = first.astimezone(UTC).astimezone(tz)
        allowed = (
            f"this clock time is skipped in {tz.key} when clocks go forward; "
            f"one that exists, such as '{later:%Y-%m-%d %H:%M}'"
        )
    raise InputError(source, field, _shown(wall), allowed)


def _offset(time: datetime) -> str:
    return str(timezone(time.utcoffset() or timedelta(0))).removeprefix("UTC") or "+00:00"


def _shown(value: object) -> object:
    return value.isoformat(sep=" ", timespec="minutes") if isinstance(value, datetime) else value
