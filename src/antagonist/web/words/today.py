"""Lines of today's list in the reader's words: who, what to do, why, by when."""

from __future__ import annotations

from collections.abc import Mapping, Sequence
from dataclasses import dataclass
from datetime import date, datetime, timedelta
from functools import lru_cache

from antagonist.feedback.database import reading
from antagonist.feedback.events import Event
from antagonist.feedback.history import events_by_id, kinds_by_id
from antagonist.feedback.today import ALARM, HOLD, PROTECTION
from antagonist.label.facts import Both
from antagonist.label.monitoring import Check, schedule
from antagonist.report.label_dates import date_text
from antagonist.report.label_text import in_language, source_text
from antagonist.web.actions.board import OTHER, LineText, board
from antagonist.web.actions.naming import names_of
from antagonist.web.actions.today import CHALLENGE, SURGERY, Item
from antagonist.web.visit import Visit
from antagonist.web.words.alarms import AlarmSaid, alarm_said

Behind = tuple[str, datetime] | None  # kind and time of the event that a line follows from
DAYS = ("injection", "implant", "dose", "visit", "lab", "urine")  # due within a day, not at an hour


@dataclass(frozen=True, slots=True)
class Said:
    """One line in words. alarm: of an alarm or a hold, with all that answers need.

    due: the day or the moment in words; source: of the rule behind it, None where there is none.
    link: address of the patient's page where it is done.
    """

    item: Item
    name: str
    title: str
    do: str
    why: str
    source: str | None
    due: str
    link: str
    alarm: AlarmSaid | None

    @property
    def held(self) -> bool:
        """Whether it is an alarm that was seen to and goes on allowing no dose."""
        return self.item.kind == HOLD


def in_reader(visit: Visit, text: Both) -> str:
    """A text of a data file in the reader's language."""
    return in_language(text, visit.reader.words)


@lru_cache(maxsize=1)
def _checks() -> Mapping[str, Check]:
    return {check.id: check for check in schedule()}


def said_of(visit: Visit, items: Sequence[Item]) -> list[Said]:
    """Lines in words; names and events are read for all of them at once."""
    names = names_of(visit, (item.patient for item in items))
    alarms = {item.event for item in items if item.kind in (ALARM, HOLD)}
    others = {item.event for item in items} - alarms
    with reading(visit.clinic.engine) as connection:
        raised = events_by_id(connection, sorted(alarms))
        behind = kinds_by_id(connection, sorted(others))
    return [
        _said(visit, item, names[item.patient], raised.get(item.event), behind.get(item.event))
        for item in items
    ]


def _said(visit: Visit, item: Item, name: str, raised: Event | None, behind: Behind) -> Said:
    text, words = board().lines[item.kind], visit.reader.words
    alarm = None if raised is None else alarm_said(raised.payload, visit.now, visit.reader)
    check = _checks().get(item.what)
    source = alarm.rests_on if alarm else None
    if check is not None:
        source = source_text(check.source, check.provenance, words)
    return Said(
        item, name, in_language(text.title, words),
        do=alarm.act if alarm and item.kind == ALARM else _do(visit, text, check, item),
        why=alarm.sentence if alarm else _why(visit, text, item, behind),
        source=source,
        due=_due(visit, item),
        link=f"/patients/{item.patient}" + (f"/{text.link}" if text.link else ""),
        alarm=alarm,
    )  # fmt: skip


def _do(visit: Visit, text: LineText, check: Check | None, item: Item) -> str:
    words = visit.reader.words
    named = in_language(check.title, words) if check else item.what.replace("_", " ")
    do = text.held if item.held and text.held else text.do
    do = text.ended if item.ended and text.ended else do
    said = in_language(do, words).format(check=named) if do else ""
    if item.held or item.ended or item.surgery_at is None or text.operation is None:
        return said
    time = visit.reader.time(item.surgery_at)
    return f"{in_language(text.operation, words).format(time=time)} {said}"


def _why(visit: Visit, text: LineText, item: Item, behind: Behind) -> str:
    """The reason by what the line follows from, with its time."""
    kind, at = behind or (OTHER, None)
    if item.kind == PROTECTION:
        kind, at = _protection(item, behind)
    elif item.kind in (CHALLENGE, SURGERY):
        kind, at = item.what, item.due_at
    chosen = text.why.get(kind) or text.why.get(OTHER)
    if chosen is None:
        return ""
    time = visit.say("unknown") if at is None else visit.reader.time(at)
    return in_language(chosen, visit.reader.words).format(time=time)


def _protection(item: Item, dose: Behind) -> tuple[str, datetime]:
    """Whether the stated time is to come, over, or was never stated: then the dose's own."""
    if dose is not None and dose[1] == item.due_at:
        return "never", item.due_at
    return ("ended" if item.overdue else "ends"), item.due_at


def _due(visit: Visit, item: Item) -> str:
    if item.kind in DAYS:
        return date_text(last_day(item.due_at, visit), visit.reader.words)
    return visit.reader.time(item.due_at)


def last_day(due_at: datetime, visit: Visit) -> date:
    """The day within which something is due. due_at: the end of that day."""
    return (due_at - timedelta(seconds=1)).astimezone(visit.clinic.tz).date()
