"""A story's entries as events: at their moments, with the dates that their words stand for."""

from __future__ import annotations

import re
from collections.abc import Iterator, Mapping
from dataclasses import dataclass
from datetime import datetime, time, timedelta
from typing import Any
from zoneinfo import ZoneInfo

from antagonist.feedback.events import Actor, NewEvent
from antagonist.feedback.payloads.registry import NEWEST
from antagonist.web.demo.story import DemoClinic, Moment, Said, Told

# "@" = the day of the event, "@-3" three days before it, "@+10t" its time ten days later.
_DATE = re.compile(r"^@([+-]\d+)?(t?)$")


@dataclass(frozen=True)
class Now:
    """When the demo is made. at: aware, in the clinic's zone."""

    at: datetime

    @property
    def tz(self) -> ZoneInfo:
        """The clinic's zone."""
        assert isinstance(self.at.tzinfo, ZoneInfo)
        return self.at.tzinfo

    def moment(self, stated: Moment) -> datetime:
        """A moment of the file."""
        if stated.hours is not None:
            return later(self.at, hours=stated.hours)
        assert stated.days is not None
        return self.on(stated.days, stated.clock)

    def on(self, days: int, clock: str) -> datetime:
        """A clock time of a day counted from today."""
        day = self.at.date() + timedelta(days=days)
        return datetime.combine(day, time.fromisoformat(clock), self.tz)


def later(at: datetime, *, hours: float) -> datetime:
    """A moment some hours after another, across a change of clocks too; negative = before."""
    utc = ZoneInfo("UTC")
    return (at.astimezone(utc) + timedelta(hours=hours)).astimezone(at.tzinfo)


Written = tuple[Actor, NewEvent]


class Teller:
    """What turns the file's entries into events, each with who writes it."""

    def __init__(self, clinic: DemoClinic, now: Now) -> None:
        self.clinic, self.now = clinic, now
        self._turns: dict[str, int] = {}

    def actor(self, name: str) -> Actor:
        """One of the staff."""
        found = self.clinic.staff[name]
        return Actor(found.author, found.role, found.source)

    def told(self, part: Told) -> Iterator[Written]:
        """Events of a part of a story."""
        at = self.now.moment(part.at)
        for name in part.sets:
            for said in self.clinic.sets[name]:
                yield from self.said(said, at)
        for said in part.says:
            yield from self.said(said, at)

    def said(self, said: Said, base: datetime) -> Iterator[Written]:
        """Events of one entry. base: the moment of the set that it stands in."""
        at, who = later(base, hours=said.hours), self.actor(said.by)
        for fact, value in said.facts.items():
            stated = value if isinstance(value, Mapping) else {"value": value}
            payload = {"fact": fact, "source": who.author, **dated(stated, at)}
            yield who, NewEvent("fact", at, payload)
        for test, value in said.labs.items():
            yield who, self.lab(test, at, value)
        if said.kind is not None:
            payload = dated(said.payload, at)
            yield who, NewEvent(said.kind, at, payload, NEWEST.get(said.kind, 1))

    def lab(self, test: str, at: datetime, value: float | str | None = None) -> NewEvent:
        """A result; without a value the next of the usual ones."""
        usual = self.clinic.usual[test]
        turn = self._turns.get(test, 0)
        if value is None:
            self._turns[test] = turn + 1
            value = usual.values[turn % len(usual.values)]
        payload: dict[str, Any] = {"test": test, "value": value, "specimen": "blood"}
        more = {"unit": usual.unit, "upper_limit": usual.upper_limit}
        payload |= {name: entry for name, entry in more.items() if entry is not None}
        return NewEvent("lab", at, payload, NEWEST["lab"])


def dated(content: Any, at: datetime) -> Any:
    """Content with the dates that its words stand for."""
    if isinstance(content, Mapping):
        return {key: dated(entry, at) for key, entry in content.items()}
    if isinstance(content, list | tuple):
        return [dated(entry, at) for entry in content]
    found = _DATE.match(content) if isinstance(content, str) else None
    if found is None:
        return content
    moment = at + timedelta(days=int(found[1] or 0))
    return moment.isoformat(timespec="minutes") if found[2] else moment.date().isoformat()
