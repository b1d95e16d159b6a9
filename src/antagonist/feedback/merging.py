"""Two records of one patient: merging and taking that apart again are events in both chains.

The kept patient's chain says what was merged into it and until when; nothing is moved or copied.
"""

from __future__ import annotations

from datetime import datetime

from sqlalchemy import Connection, select

from antagonist.feedback import tables as t
from antagonist.feedback.database import reading, writing
from antagonist.feedback.events import RETRACTION, Actor, Event, NewEvent, stamp
from antagonist.feedback.history import all_events, current, event_of, is_known
from antagonist.feedback.record import Record, append_in
from antagonist.foundation.errors import InputError

MERGED, UNMERGED = "merged", "unmerged"


def merge(record: Record, actor: Actor, keep: str, other: str, reason: str) -> None:
    """Let ``keep`` stand for ``other`` too, from now on.

    Raises InputError for a patient not on record, for one and the same, and where either of them
    was merged into another one already.
    """
    if keep == other:
        raise InputError("record", "other", other, "another patient than the one kept")
    with writing(record.engine) as connection:
        for field, patient in (("keep", keep), ("other", other)):
            _refuse_unknown(connection, field, patient)
            into = kept_in(connection, patient)
            if into != patient:
                allowed = f"a patient not merged into another; this one was, into {into}"
                raise InputError("record", field, patient, allowed)
        now = record.clock()
        for patient, named in ((keep, other), (other, keep)):
            new = NewEvent(MERGED, now, {"other": named, "kept": keep, "reason": reason})
            written = append_in(connection, record, patient, [new], actor)
    record.keep_head(written.head)


def unmerge(record: Record, actor: Actor, keep: str, other: str, reason: str) -> None:
    """Take a merge apart. Raises InputError where ``other`` is not merged into ``keep``."""
    with writing(record.engine) as connection:
        here = [event for event in _holding(connection, keep, None) if _other(event) == other]
        if not here:
            raise InputError("record", "other", other, f"a patient merged into {keep}")
        there = [event for event in _sides(connection, other, None) if _other(event) == keep]
        now = record.clock()
        for patient, event, named in ((keep, here[-1], other), (other, there[-1], keep)):
            payload = {"other": named, "event": event.event_id, "reason": reason}
            new = NewEvent(UNMERGED, now, payload)
            written = append_in(connection, record, patient, [new], actor)
    record.keep_head(written.head)


def members(record: Record, patient: str, known_at: datetime | None = None) -> tuple[str, ...]:
    """A patient and all that were merged into it, as known at a time; the patient comes first."""
    with reading(record.engine) as connection:
        return members_in(connection, patient, known_at)


def everybody(record: Record) -> list[tuple[str, int]]:
    """Every patient of the record and the number of events written for it, in order of id.

    Patients merged into another are left out: the list is of people.
    """
    with reading(record.engine) as connection:
        written = select(t.patients.c.patient, t.patients.c.events).order_by(t.patients.c.patient)
        found = [(str(patient), int(events)) for patient, events in connection.execute(written)]
        named = select(t.events.c.patient).where(t.events.c.kind == MERGED).distinct()
        gone = {
            patient
            for patient in connection.execute(named).scalars()
            if kept_in(connection, patient) != patient
        }
    return [(patient, events) for patient, events in found if patient not in gone]


def history_of_all(
    record: Record,
    patient: str,
    *,
    valid_at: datetime | None = None,
    known_at: datetime | None = None,
) -> tuple[Event, ...]:
    """``Record.history`` of a patient, of the one it was merged into and of all that were, too."""
    with reading(record.engine) as connection:
        return current(joined(connection, patient, known_at)[1], valid_at)


def joined(
    connection: Connection, patient: str, known_at: datetime | None = None
) -> tuple[str, tuple[Event, ...]]:
    """Whom a patient is kept as, and all events as written of those that one stands for.

    Events come in the order in which they were recorded, those of one chain in its order.
    """
    own = all_events(connection, patient, known_at)
    if not any(event.kind == MERGED for event in own):
        return patient, own
    kept = kept_in(connection, patient, known_at)
    found: list[Event] = []
    for each in members_in(connection, kept, known_at):
        found += own if each == patient else all_events(connection, each, known_at)
    return kept, tuple(sorted(found, key=lambda event: event.recorded_at))


def members_in(
    connection: Connection, patient: str, known_at: datetime | None = None
) -> tuple[str, ...]:
    """``members`` within a transaction."""
    found, waiting = [patient], [patient]
    while waiting:
        for event in _holding(connection, waiting.pop(), known_at):
            other = _other(event)
            if other not in found:
                found.append(other)
                waiting.append(other)
    return tuple(found)


def kept_in(connection: Connection, patient: str, known_at: datetime | None = None) -> str:
    """The patient that a patient was merged into in the end; itself where it was not."""
    seen = [patient]
    while True:
        here = seen[-1]
        into = [
            _other(event)
            for event in _sides(connection, here, known_at)
            if event.payload.get("kept") != here
        ]
        holds = [
            keep
            for keep in into
            if any(_other(event) == here for event in _holding(connection, keep, known_at))
        ]
        if not holds or holds[-1] in seen:
            return here
        seen.append(holds[-1])


def _other(event: Event) -> str:
    return str(event.payload["other"])


def _sides(connection: Connection, patient: str, known_at: datetime | None) -> list[Event]:
    """Every merge in a patient's chain, whether it still holds or not."""
    return [event for event in _read(connection, patient, known_at) if event.kind == MERGED]


def _holding(connection: Connection, keep: str, known_at: datetime | None) -> list[Event]:
    """Merges into a patient that hold: neither taken apart nor taken back."""
    events = current(_read(connection, keep, known_at))
    apart = {event.payload["event"] for event in events if event.kind == UNMERGED}
    return [
        event
        for event in events
        if event.kind == MERGED
        and event.payload.get("kept") == keep
        and event.event_id not in apart
    ]


def _read(connection: Connection, patient: str, known_at: datetime | None) -> list[Event]:
    query = (
        select(t.events)
        .where(t.events.c.patient == patient)
        .where(t.events.c.kind.in_((MERGED, UNMERGED, RETRACTION)))
        .order_by(t.events.c.n)
    )
    if known_at is not None:
        query = query.where(t.events.c.recorded_at <= stamp(known_at))
    return [event_of(dict(row)) for row in connection.execute(query).mappings()]


def _refuse_unknown(connection: Connection, field: str, patient: str) -> None:
    if not is_known(connection, patient):
        raise InputError("record", field, patient, "a patient on record")
