"""Facts with the events that they come from, so that an alarm can name its cause."""

from __future__ import annotations

from collections.abc import Iterable, Mapping
from datetime import UTC, datetime
from typing import NamedTuple
from zoneinfo import ZoneInfo

from antagonist.feedback.payloads.checks import AHEAD
from antagonist.foundation.clock import hours_between
from antagonist.foundation.errors import InputError
from antagonist.label.dates import when
from antagonist.label.facts import Fact

MARK = "@"


class Found(NamedTuple):
    """A fact and what it comes from.

    causes: ids of events; where an event stands for several things, such as a plan for its doses,
    the id with a mark after it (``id@2026-05-03``).
    """

    fact: Fact
    causes: tuple[str, ...]


FoundFacts = Mapping[str, Found]


def found(value: object, since: datetime, at: datetime, causes: Iterable[str]) -> Found:
    """A fact that is known since a time. since, at: aware."""
    age_h = max(hours_between(since, at), 0.0)
    on = since.astimezone(at.tzinfo).isoformat(timespec="minutes")
    return Found(Fact(value, age_h, on), tuple(dict.fromkeys(causes)))


def latest_of(dated: object, at: datetime) -> datetime:
    """The latest instant of a date as it was stated, not after ``at``.

    A day of the clinic's calendar may be ahead of the zone of ``at``.
    Raises InputError for what is no date.
    """
    return min(when(dated, at + AHEAD, "record", "date").latest, at)


def marked(event: str, mark: object) -> str:
    """One of several things that an event stands for, as a cause."""
    return f"{event}{MARK}{mark}"


def events_of(causes: Iterable[str]) -> tuple[str, ...]:
    """Ids of the events of some causes, each once, in order."""
    return tuple(dict.fromkeys(cause.split(MARK)[0] for cause in causes))


def zoned(at: datetime) -> tuple[datetime, ZoneInfo]:
    """A moment and its zone, by whose calendar days are counted.

    Raises InputError for a time without zone, or with an offset only: days need the zone.
    """
    tz = ZoneInfo("UTC") if at.tzinfo is UTC else at.tzinfo
    if not isinstance(tz, ZoneInfo):
        allowed = "a time in the clinic's IANA zone, such as Europe/Moscow"
        raise InputError("alarms", "at", at.isoformat(), allowed)
    return at.astimezone(tz), tz
