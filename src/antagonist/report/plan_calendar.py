"""A plan as an iCalendar file: one event a dose, checks as whole days, in neutral words."""

from __future__ import annotations

from collections import Counter
from collections.abc import Iterator
from datetime import UTC, date, datetime, timedelta
from typing import TYPE_CHECKING
from uuid import NAMESPACE_DNS, uuid5

from antagonist.foundation.clock import zone
from antagonist.planning.plan_model import Plan, PlannedDose
from antagonist.report.label_text import amount, in_language, label_words
from antagonist.report.wording import Wording

if TYPE_CHECKING:
    from icalendar import Calendar, Event

PRODID = "-//Antagonist//plan//EN"
DOSE_LASTS = timedelta(minutes=15)
EVENTS = uuid5(NAMESPACE_DNS, "events.antagonist.invalid")
# The zone's changes of clock are written out this far around the plan.
_MARGIN = timedelta(days=400)


def calendar(plan: Plan, language: str, stamp: datetime, *, neutral: bool = True) -> bytes:
    """A plan as an iCalendar file (RFC 5545), times in the clinic's zone.

    stamp: aware moment written as DTSTAMP. neutral: neither the drug nor what a check is for is
    named, since a calendar is seen by others; false names them.
    Events keep their UID as long as day and kind stay, so a new file replaces the old events.
    Raises InputError for a language or a zone that we do not know, ValueError for a stamp
    without zone.
    """
    from icalendar import Calendar

    if stamp.tzinfo is None:
        raise ValueError("the stamp needs its zone")
    words = label_words(language)
    made = Calendar()
    made.add("prodid", PRODID)
    made.add("version", "2.0")
    made.add("x-wr-calname", words.text("calendar.name"))
    made.add("x-wr-caldesc", words.text("doc.statement"))
    for event in _events(plan, words, stamp.astimezone(UTC), neutral=neutral):
        made.add_component(event)
    _add_zone(made, plan)
    return bytes(made.to_ical())


def _add_zone(made: Calendar, plan: Plan) -> None:
    """The zone's rules, for programs that do not know it by name."""
    days = [dose.at.date() for dose in plan.doses]
    first, last = min(days, default=plan.start), max(days, default=plan.end)
    made.add_missing_timezones(first - _MARGIN, last + _MARGIN)


def _events(plan: Plan, words: Wording, stamp: datetime, *, neutral: bool) -> Iterator[Event]:
    tz = zone(plan.timezone, "plan", "timezone")
    seen: Counter[tuple[date, str]] = Counter()
    for dose in plan.doses:
        at = dose.at.astimezone(tz)
        key: tuple[date, str] = (at.date(), dose.kind)
        event = _event(uid(plan.patient, *key, seen[key]), stamp)
        seen[key] += 1
        event.add("summary", _dose_summary(dose, words, neutral=neutral))
        event.add("dtstart", at)
        event.add("duration", DOSE_LASTS)
        if dose.supervised:
            event.add("location", words.text("calendar.clinic"))
        yield event
    for on, kind, summary in _checks(plan, words, neutral=neutral):
        key = (on, kind)
        event = _event(uid(plan.patient, *key, seen[key]), stamp)
        seen[key] += 1
        event.add("summary", summary)
        event.add("dtstart", on)
        event.add("dtend", on + timedelta(days=1))
        event.add("transp", "TRANSPARENT")
        yield event


def _checks(plan: Plan, words: Wording, *, neutral: bool) -> list[tuple[date, str, str]]:
    """Day, kind and summary of each check; without names those of one day are one event."""
    if neutral:
        days = dict.fromkeys(check.on for check in plan.checks)
        return [(on, "checks", words.text("calendar.visit")) for on in days]
    return [
        (check.on, f"check {check.check}", in_language(check.title, words)) for check in plan.checks
    ]


def _event(name: str, stamp: datetime) -> Event:
    from icalendar import Event

    event = Event()
    event.add("uid", name)
    event.add("dtstamp", stamp)
    event.add("class", "PRIVATE")
    return event


def uid(patient: str, day: date, kind: str, place: int) -> str:
    """A name for an event that says nothing of the patient and stays the same from file to file.

    place: 0 for the first of its kind on a day. Source: RFC 9562, section 5.5 (version 5).
    """
    return str(uuid5(EVENTS, "\n".join((patient, day.isoformat(), kind, str(place)))))


def _dose_summary(dose: PlannedDose, words: Wording, *, neutral: bool) -> str:
    key = "calendar.medicine" if neutral else "calendar.named"
    return words.text(key, dose=amount(dose.dose_mg, "mg", words))
