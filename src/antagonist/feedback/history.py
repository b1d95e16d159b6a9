"""Reading events: of one patient, as of when they happened and when they were known."""

from __future__ import annotations

import json
from collections.abc import Iterator, Sequence
from datetime import datetime
from typing import Any

from sqlalchemy import ColumnElement, Connection, Engine, bindparam, select
from sqlalchemy.engine import RowMapping

from antagonist.feedback import tables as t
from antagonist.feedback.database import reading
from antagonist.feedback.events import RETRACTION, Event, moment, stamp

CHUNK = 200
_READ = (
    "event_id", "patient", "n", "kind", "version", "occurred_at", "recorded_at",
    "author", "role", "source", "corrects", "hash", "payload",
)  # fmt: skip

# Statements are made once: making one takes as long as running it.
_OF_PATIENT = (
    select(*(t.events.c[name] for name in _READ))
    .where(t.events.c.patient == bindparam("of_patient"))
    .order_by(t.events.c.n)
)
_KNOWN = _OF_PATIENT.where(t.events.c.recorded_at <= bindparam("known_at"))


def uncorrected() -> ColumnElement[bool]:
    """Of a row of events: nothing on record corrects it or takes it back."""
    later = t.events.alias()
    return ~select(later.c.event_id).where(later.c.corrects == t.events.c.event_id).exists()


def event_of(row: RowMapping | dict[str, Any]) -> Event:
    """An event from its row."""
    return _events([tuple(row[name] for name in _READ)])[0]


def _events(rows: Sequence[Sequence[Any]]) -> tuple[Event, ...]:
    """Events from rows in the order of _READ; all payloads are read at once, which is faster."""
    payloads = json.loads(f"[{','.join(row[-1] for row in rows)}]")
    return tuple(
        Event(
            event_id, patient, n, kind, version, moment(occurred_at), moment(recorded_at),
            author, role, source, corrects, payload, found,
        )
        for (
            event_id, patient, n, kind, version, occurred_at, recorded_at,
            author, role, source, corrects, found, _,
        ), payload in zip(rows, payloads, strict=True)
    )  # fmt: skip


def all_events(
    connection: Connection, patient: str, known_at: datetime | None
) -> tuple[Event, ...]:
    """Events of a patient that were on record by a time, in order of the chain."""
    if known_at is None:
        return _events(connection.execute(_OF_PATIENT, {"of_patient": patient}).all())
    asked = {"of_patient": patient, "known_at": stamp(known_at)}
    return _events(connection.execute(_KNOWN, asked).all())


def current(events: Sequence[Event], valid_at: datetime | None = None) -> tuple[Event, ...]:
    """Events that hold: none that was corrected or taken back, none after ``valid_at``."""
    replaced = {event.corrects for event in events if event.corrects is not None}
    kept = [
        event
        for event in events
        if event.event_id not in replaced
        and event.kind != RETRACTION
        and (valid_at is None or event.occurred_at <= valid_at)
    ]
    return tuple(sorted(kept, key=lambda event: (event.occurred_at, event.n)))


def patients_of(connection: Connection) -> Iterator[str]:
    """Every patient with events, in order of id."""
    for row in connection.execute(select(t.patients.c.patient).order_by(t.patients.c.patient)):
        yield row[0]


def is_known(connection: Connection, patient: str) -> bool:
    """Whether a patient has events."""
    query = select(t.patients.c.patient).where(t.patients.c.patient == patient)
    return connection.execute(query).first() is not None


def payloads_of(
    engine: Engine, kind: str, *where: ColumnElement[bool]
) -> Iterator[tuple[str, dict[str, Any]]]:
    """Id and payload of events of a kind, a chunk at a time: no transaction stays open."""
    query = (
        select(t.events.c.seq, t.events.c.event_id, t.events.c.payload)
        .where(t.events.c.kind == kind, *where)
        .order_by(t.events.c.seq)
        .limit(CHUNK)
    )
    last = 0
    while True:
        with reading(engine) as connection:
            rows = connection.execute(query.where(t.events.c.seq > last)).all()
        for seq, event_id, payload in rows:
            last = seq
            yield event_id, json.loads(payload)
        if len(rows) < CHUNK:
            return


def events_by_id(connection: Connection, ids: Sequence[str]) -> dict[str, Event]:
    """Events by their ids, whoever's they are; one that is not on record is left out."""
    found: dict[str, Event] = {}
    for first in range(0, len(ids), CHUNK):
        named = t.events.c.event_id.in_(ids[first : first + CHUNK])
        rows = connection.execute(select(*(t.events.c[name] for name in _READ)).where(named)).all()
        found |= {event.event_id: event for event in _events(rows)}
    return found


def kinds_by_id(connection: Connection, ids: Sequence[str]) -> dict[str, tuple[str, datetime]]:
    """Kind and time of events by their ids, as ``events_by_id``, with no payload read."""
    columns = (t.events.c.event_id, t.events.c.kind, t.events.c.occurred_at)
    found: dict[str, tuple[str, datetime]] = {}
    for first in range(0, len(ids), CHUNK):
        named = t.events.c.event_id.in_(ids[first : first + CHUNK])
        for event_id, kind, at in connection.execute(select(*columns).where(named)):
            found[event_id] = kind, moment(at)
    return found
