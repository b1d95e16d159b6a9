"""Today's list: what is due for whom, from a table that events can rebuild.

The table knows no clock: each row says from when it is on the list, when it is due, and when it
leaves the list by itself.
"""

from __future__ import annotations

from collections.abc import Iterator, Mapping, Sequence
from datetime import UTC, datetime, time, timedelta
from operator import itemgetter
from typing import Any, NamedTuple
from zoneinfo import ZoneInfo

from sqlalchemy import Connection, bindparam, delete, insert, or_, select

from antagonist.feedback.alarms.course import counting_doses
from antagonist.feedback.alarms.due import VISIT_SOURCE, Due, due_items, has_died
from antagonist.feedback.alarms.modelled import lasting
from antagonist.feedback.database import reading, writing
from antagonist.feedback.events import Event, moment, stamp
from antagonist.feedback.history import current, patients_of
from antagonist.feedback.merging import MERGED, UNMERGED, joined
from antagonist.feedback.record import Record
from antagonist.feedback.state import folded_held
from antagonist.feedback.state_model import AlarmOnRecord, PatientState
from antagonist.feedback.today_tables import due
from antagonist.foundation.clock import zone

UTC_ZONE = ZoneInfo("UTC")
ALARM, HOLD, PROTECTION = "alarm", "hold", "protection"
PLAN_CHANGE = "plan_change"
# How long before its end a protection comes on the list, and how long after it stays there: the
# first 14 days after the end are the most dangerous (Gibson and Degenhardt 2007).
NOTICE = timedelta(hours=72)
DANGER = timedelta(days=14)
# Kinds that can change what is due; others only by being seen at a visit or by a correction.
CHANGING = frozenset(
    ("dose", "injection", "implant_in", "implant_out", "lab", "fact", "urine_drug_test",
     "vital_signs", "symptom", "global_impression", "provocation_test", "overdose",
     "plan_change", "decision", "treatment_stop", "override", "alarm_raised", "alarm_withdrawn",
     "alarm_acknowledged", "alarm_overridden", MERGED, UNMERGED)
)  # fmt: skip

_DROP = delete(due).where(due.c.patient == bindparam("of_patient"))


class Line(NamedTuple):
    """One line of the list.

    kind: injection, implant, dose, visit, lab, urine, alarm, hold or protection; hold = an alarm
    was seen to, and goes on allowing no dose. what: id of the check or the alarm's rule, or the
    kind of dose. event: what it follows from. due_at: UTC; of a day's task the end of that day; of
    a hold the time until which somebody had to act; of a protection the time until which it is
    stated at least, or the last dose where none is. severity, who: of an alarm or a hold.
    """

    patient: str
    kind: str
    what: str
    event: str
    due_at: datetime
    overdue: bool
    severity: str | None
    who: str | None


def today(record: Record, at: datetime, tz: ZoneInfo) -> list[Line]:
    """What is due by the end of a day or overdue, the longest due first.

    at: aware. tz: the clinic's, whose day counts.
    """
    local = at.astimezone(tz)
    end = datetime.combine(local.date() + timedelta(days=1), time(0), tz)
    query = (
        select(
            due.c.patient, due.c.kind, due.c.what, due.c.event,
            due.c.due_at, due.c.severity, due.c.who,
        )
        .where(due.c.from_at < stamp(end))
        .where(or_(due.c.until_at.is_(None), due.c.until_at > stamp(at)))
    )  # fmt: skip
    now, times, lines = stamp(at), _Times(), []
    with reading(record.engine) as connection:
        # one row at a time: a second list of 100,000 costs as much as the query
        for patient, kind, what, event, due_at, severity, who in connection.execute(query):
            overdue = due_at <= now
            lines.append(Line(patient, kind, what, event, times[due_at], overdue, severity, who))
    # sorted here: databases differ in how they order text
    return sorted(lines, key=itemgetter(4, 0, 1, 2, 3))


class _Times(dict[str, datetime]):
    """Times by their text, each read once."""

    def __missing__(self, text: str) -> datetime:
        self[text] = moment(text)
        return self[text]


def changes(events: Sequence[Event]) -> bool:
    """Whether new events can change what is due."""
    return any(
        event.kind in CHANGING or event.source == VISIT_SOURCE or event.corrects is not None
        for event in events
    )


def keep(connection: Connection, patient: str, events: Sequence[Event]) -> None:
    """Write a patient's rows anew where new events can change what is due."""
    if changes(events):
        refresh(connection, patient)


def refresh(connection: Connection, patient: str, tz: ZoneInfo = UTC_ZONE) -> None:
    """Write a patient's rows anew, in the transaction that wrote the patient's events.

    tz: whose days count where the plan names no zone. Patients merged into another are on the
    list as that other one.
    """
    kept, written = joined(connection, patient)
    found = {kept: written}
    named = {str(event.payload["other"]) for event in written if event.kind == MERGED}
    for other in named - {event.patient for event in written}:  # no longer merged
        found |= dict([joined(connection, other)])
    stale = {patient, *found, *(event.patient for events in found.values() for event in events)}
    connection.execute(_DROP, [{"of_patient": each} for each in sorted(stale)])
    rows = [row for each, events in found.items() for row in rows_of(each, events, tz)]
    if rows:
        connection.execute(insert(due), rows)


def rebuild(record: Record, tz: ZoneInfo = UTC_ZONE) -> int:
    """Write everybody's rows anew from the events; gives the number of patients."""
    count = 0
    with writing(record.engine) as connection:
        connection.execute(delete(due))
        for patient in list(patients_of(connection)):
            refresh(connection, patient, tz)
            count += 1
    return count


def rows_of(patient: str, written: Sequence[Event], tz: ZoneInfo = UTC_ZONE) -> Iterator[Row]:
    """A patient's rows, from all events as written.

    A plan that holds from a later time on takes over then, without an event to say so.
    """
    if not written:
        return
    known = max(event.recorded_at for event in written)
    starts = [known, *_later_plans(written, known)]
    for start, end in zip(starts, [*starts[1:], None], strict=True):
        for row in _segment(patient, written, start, tz):
            cut = _cut(row, start if start != known else None, end)
            if cut is not None:
                yield cut


Row = dict[str, Any]


def _later_plans(written: Sequence[Event], known: datetime) -> list[datetime]:
    held = current(written)
    later = {e.occurred_at for e in held if e.kind == PLAN_CHANGE and e.occurred_at > known}
    return sorted(later)


def _cut(row: Row, start: datetime | None, end: datetime | None) -> Row | None:
    """A row within the time in which its plan holds; None where nothing is left of it."""
    from_at, until_at = row["from_at"], row["until_at"]
    if start is not None:
        from_at = max(from_at, stamp(start))
    if end is not None:
        until_at = stamp(end) if until_at is None else min(until_at, stamp(end))
    if until_at is not None and from_at >= until_at:
        return None
    return {**row, "from_at": from_at, "until_at": until_at}


def _segment(patient: str, written: Sequence[Event], at: datetime, tz: ZoneInfo) -> Iterator[Row]:
    held = current(written, at)
    state = folded_held(held, at)
    named = None if state.plan is None else state.plan.document.get("timezone")
    local = at.astimezone(tz if named is None else zone(named))
    items = due_items(state, held, local)
    for item in items:
        first, last = _day(item, local)
        yield _row(patient, item.kind, item.what, item.event, first, last)
    over = state.on_treatment is False or has_died(state)  # then there is no dose to hold
    for alarm in state.alarms:
        if alarm.status == "open":
            yield _alarm_row(patient, ALARM, alarm)
        elif alarm.holds and not over:
            yield _alarm_row(patient, HOLD, alarm)
    yield from _protection(patient, state, items, local)


def _alarm_row(patient: str, kind: str, alarm: AlarmOnRecord) -> Row:
    said = alarm.payload
    by = datetime.fromisoformat(said["by"])
    row = _row(patient, kind, said["alarm"], alarm.event_id, alarm.at, by)
    return row | {"severity": said["severity"], "who": said["who"]}


def _day(item: Due, local: datetime) -> tuple[datetime, datetime]:
    """The first instant of an item's day and of the day after it."""
    first = datetime.combine(item.on, time(0), local.tzinfo)
    return first, datetime.combine(item.on + timedelta(days=1), time(0), local.tzinfo)


def _protection(
    patient: str, state: PatientState, items: Sequence[Due], local: datetime
) -> Iterator[Row]:
    """The end of protection, where no dose is planned before it or the planned one is overdue.

    It is shown by the time at which half of patients are unprotected, since many are never
    protected by the cautious one; what it states is the cautious time.
    """
    doses = counting_doses(state)
    if not doses or has_died(state):
        return
    last = max(doses, key=lambda dose: dose.at)
    alone = lasting(last)
    ends = last.at + timedelta(hours=alone.half_h or 0.0)
    stated = last.at + timedelta(hours=alone.stated_h or 0.0)
    shown = ends - NOTICE
    planned = [_day(item, local) for item in items if item.kind in ("dose", "injection", "implant")]
    if planned:
        first, over = min(planned)
        if first <= ends:
            shown = max(shown, over)
    row = _row(patient, PROTECTION, last.route, last.event_id, max(shown, last.at), stated)
    yield row | {"until_at": stamp(max(ends, shown) + DANGER)}


def _row(
    patient: str, kind: str, what: str, event: str, from_at: datetime, due_at: datetime
) -> Row:
    return {
        "patient": patient,
        "kind": kind,
        "what": what,
        "event": event,
        "from_at": stamp(from_at.astimezone(UTC)),
        "due_at": stamp(due_at.astimezone(UTC)),
        "until_at": None,
        "severity": None,
        "who": None,
    }


def rows_on_record(connection: Connection) -> list[Mapping[str, Any]]:
    """Every row of the table, in order of its key; what a rebuild must come to again."""
    rows = [dict(row) for row in connection.execute(select(due)).mappings()]
    return sorted(rows, key=lambda row: tuple(str(row[c.name]) for c in due.primary_key))
