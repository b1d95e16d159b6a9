"""Days with use, days known to be without, and grams of alcohol by day."""

from __future__ import annotations

from collections.abc import Mapping, Sequence
from datetime import date, datetime, timedelta
from typing import Any

from antagonist.feedback.events import Event
from antagonist.feedback.outcomes.rules import outcome_rules
from antagonist.label.dates import when

SOURCE = "record"
Told = Mapping[str, Sequence[Event]]


def opioid_days(told: Told, at: datetime) -> tuple[frozenset[date], frozenset[date]]:
    """Days with opioid use, and days of which the record says either way.

    A use whose day is given as a span counts on its last day.
    """
    used = set(_of(told, "lapse", "opioid"))
    for event in told.get("opioid_use", ()):
        used.add(when(event.payload["last_use"], at, SOURCE, "last_use").latest.date())
    known, on = _calendars(told, "opioid")
    return frozenset(used | on), frozenset(used | known)


def drinks_of(told: Told, at: datetime) -> Mapping[date, float | None]:
    """Grams of ethanol by day; None = drank, amount unknown; a day left out is not known.

    What a diary says of a day outweighs a calendar; of several entries the greatest counts.
    """
    known, drank = _calendars(told, "alcohol")
    found: dict[date, float | None] = {day: None if day in drank else 0.0 for day in known}
    found |= dict.fromkeys(_of(told, "lapse", "alcohol"))
    diary: dict[date, list[float | None]] = {}
    for event in told.get("alcohol_day", ()):
        day = date.fromisoformat(event.payload["date"])
        diary.setdefault(day, []).append(grams_of(event.payload))
    for day, amounts in diary.items():
        found[day] = None if None in amounts else max(a for a in amounts if a is not None)
    return {day: found[day] for day in sorted(found) if day <= at.date()}


def grams_of(said: Mapping[str, Any]) -> float | None:
    """Grams of ethanol of a day. None where drinks are of no known country's size."""
    if "grams" in said:
        return float(said["grams"])
    if said["drinks"] == 0:
        return 0.0
    size = outcome_rules().drink_grams.grams.get(said.get("country", ""))
    return None if size is None else size * float(said["drinks"])


def _of(told: Told, kind: str, substance: str) -> list[date]:
    here = (e.payload for e in told.get(kind, ()))
    return [date.fromisoformat(said["date"]) for said in here if said["substance"] == substance]


def _calendars(told: Told, substance: str) -> tuple[set[date], set[date]]:
    """Days asked about, and those with use; the latest calendar of a day counts."""
    known: dict[date, bool] = {}
    for event in told.get("use_calendar", ()):
        said = event.payload
        if said["substance"] != substance:
            continue
        first, last = (date.fromisoformat(said[name]) for name in ("first", "last"))
        on = {date.fromisoformat(day) for day in said["days"]}
        for i in range((last - first).days + 1):
            day = first + timedelta(days=i)
            known[day] = day in on
    return set(known), {day for day, used in known.items() if used}
