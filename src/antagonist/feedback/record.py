"""The record: events are appended, read as of two times, and never changed."""

from __future__ import annotations

import hashlib
import uuid
from collections.abc import Callable, Sequence
from dataclasses import dataclass
from datetime import UTC, datetime
from typing import Any

from sqlalchemy import Connection, Engine, bindparam, insert, select, update

from antagonist.feedback import tables as t
from antagonist.feedback.chain import FIRST, entry_hash, event_hash
from antagonist.feedback.database import reading, writing
from antagonist.feedback.events import (
    RETRACTION,
    Actor,
    Event,
    NewEvent,
    checked_actor,
    checked_text,
    stamp,
)
from antagonist.feedback.handover import IN_FORCE, check_in_force
from antagonist.feedback.heads import Heads
from antagonist.feedback.history import all_events, current, event_of
from antagonist.feedback.keys import Keyring
from antagonist.feedback.payloads import checked_payload
from antagonist.feedback.whole import afterwards
from antagonist.foundation.errors import InputError

Clock = Callable[[], datetime]


class ConflictError(InputError):
    """Somebody else wrote for the patient meanwhile, or a request's key stands for another."""


Derived = Callable[[Connection, str, Sequence[Event]], None]

# Statements that every append runs are made once: making one takes as long as running it.
_ENDS = t.patients.c.patient == bindparam("of_patient")
_END = select(t.patients.c.events, t.patients.c.head).where(_ENDS)
_SET_END = (
    update(t.patients).where(_ENDS).values(events=bindparam("events"), head=bindparam("head"))
)
_LOG_END = select(t.log.c.n, t.log.c.hash, t.log.c.recorded_at).order_by(t.log.c.n.desc()).limit(1)
_LOG_END_AND_KEYS = _LOG_END.add_columns(IN_FORCE)


def system_clock() -> datetime:
    """Now, in UTC."""
    return datetime.now(UTC)


@dataclass(frozen=True)
class Record:
    """An open record. clock: what 'recorded at' is read from.

    derived: keepers of derived tables, called in each transaction with the events it wrote.
    """

    engine: Engine
    keys: Keyring
    clock: Clock = system_clock
    derived: tuple[Derived, ...] = ()

    @property
    def heads(self) -> Heads:
        """The log's last known head, kept beside the keys and outside the database."""
        return Heads(self.keys)

    def keep_head(self, head: Head) -> None:
        """Keep where the log ends, once the transaction that wrote it has ended well."""
        afterwards(self.engine, lambda: self.heads.keep(head))

    def append(
        self,
        patient: str,
        new: Sequence[NewEvent],
        actor: Actor,
        *,
        expected: int | None = None,
        key: str | None = None,
    ) -> tuple[Event, ...]:
        """Write events for one patient: all or none; on the disk when the call returns.

        expected: events the patient has, as the writer saw it; None = not looked at.
        key: of the request; the same request again writes nothing and gives the same events.
        Raises ConflictError where the patient has more events than expected, or the key stands for
        another request; InputError for a payload that is not allowed or an unknown correction.
        """
        with writing(self.engine) as connection:
            written = append_in(connection, self, patient, new, actor, expected=expected, key=key)
        self.keep_head(written.head)
        return written.events

    def history(
        self,
        patient: str,
        *,
        valid_at: datetime | None = None,
        known_at: datetime | None = None,
    ) -> tuple[Event, ...]:
        """Events that hold for a patient, in order of when they happened.

        valid_at: only what had happened by then. known_at: only what was on record by then, with
        the corrections that were. A corrected event is left out; its correction stands for it.
        """
        with reading(self.engine) as connection:
            return current(all_events(connection, patient, known_at), valid_at)

    def all(self, patient: str) -> tuple[Event, ...]:
        """Every event of a patient as written, corrected ones too, in order of the chain."""
        with reading(self.engine) as connection:
            return all_events(connection, patient, None)


@dataclass(frozen=True, slots=True)
class Head:
    """The log's last entry. n: its number, 0 for an empty log."""

    n: int
    hash: str
    recorded_at: str


@dataclass(frozen=True, slots=True)
class Written:
    """What an append wrote, and where the log ends with it."""

    events: tuple[Event, ...]
    head: Head


def append_in(
    connection: Connection,
    record: Record,
    patient: str,
    new: Sequence[NewEvent],
    actor: Actor,
    *,
    expected: int | None = None,
    key: str | None = None,
) -> Written:
    """``Record.append`` within a transaction that may write more, such as derived tables.

    The caller keeps the log's head (``record.keep_head``) once the transaction has ended.
    Raises OtherKeysError where keys were renewed since the record was opened.
    """
    if not new:
        raise InputError("record", "events", None, "one event at least")
    checked_actor(actor)
    if checked_text(patient, "patient") == t.RECORD_ITSELF:
        raise InputError("record", "patient", patient, "an id that the record does not use itself")
    if key is not None:
        checked_text(key, "key")
    checked = [(event, checked_payload(event)) for event in new]
    content = _content(patient, checked, actor)
    if key is not None:
        earlier = _earlier(connection, key, content)
        if earlier is not None:
            return Written(earlier, log_head(connection))
    last_n, previous = _end(connection, patient)
    if expected is not None and expected != last_n:
        allowed = f"{last_n}: somebody else wrote for this patient; read again"
        raise ConflictError("record", "expected", expected, allowed)
    head = log_head(connection, record.keys)
    now = recording_time(record, head)
    rows: list[dict[str, Any]] = []
    for offset, (event, payload) in enumerate(checked, start=1):
        row = _row(patient, last_n + offset, event, payload, actor, now)
        _check_correction(connection, patient, event, rows)
        previous = event_hash(previous, [row[name] for name in t.HASHED])
        rows.append(row | {"hash": previous})
    connection.execute(insert(t.events), rows)
    _set_end(connection, patient, last_n, last_n + len(rows), previous)
    head = _log(connection, record, head, patient, last_n + len(rows), previous, now)
    if key is not None:
        request = {
            "key": key, "patient": patient, "first_n": last_n + 1,
            "last_n": last_n + len(rows), "content": content,
        }  # fmt: skip
        connection.execute(insert(t.requests), request)
    events = tuple(event_of(row) for row in rows)
    for keep in record.derived:
        keep(connection, patient, events)
    return Written(events, head)


def _content(patient: str, checked: Sequence[tuple[NewEvent, str]], actor: Actor) -> str:
    parts = [patient, actor.author, actor.role, actor.source]
    for event, payload in checked:
        parts += [event.kind, str(event.version), stamp(event.occurred_at), event.corrects or ""]
        parts.append(payload)
    return hashlib.sha256("\x1f".join(parts).encode()).hexdigest()


def _earlier(connection: Connection, key: str, content: str) -> tuple[Event, ...] | None:
    found = connection.execute(select(t.requests).where(t.requests.c.key == key)).mappings().first()
    if found is None:
        return None
    if found["content"] != content:
        raise ConflictError("record", "key", key, "a key of its own for each request")
    query = (
        select(t.events)
        .where(t.events.c.patient == found["patient"])
        .where(t.events.c.n.between(found["first_n"], found["last_n"]))
        .order_by(t.events.c.n)
    )
    return tuple(event_of(row) for row in connection.execute(query).mappings())


def _end(connection: Connection, patient: str) -> tuple[int, str]:
    found = connection.execute(_END, {"of_patient": patient}).first()
    return (int(found[0]), str(found[1])) if found is not None else (0, FIRST)


def _set_end(connection: Connection, patient: str, before: int, events: int, head: str) -> None:
    values = {"events": events, "head": head}
    if before == 0:
        connection.execute(insert(t.patients), {"patient": patient, **values})
        return
    connection.execute(_SET_END, {"of_patient": patient, **values})


def log_head(connection: Connection, keys: Keyring | None = None) -> Head:
    """Where the log ends. keys: whoever writes names his; OtherKeysError where not in force."""
    found: Any = connection.execute(_LOG_END if keys is None else _LOG_END_AND_KEYS).first()
    if keys is not None:
        check_in_force(found[3] if found else None, keys)
    return Head(int(found[0]), str(found[1]), str(found[2])) if found else Head(0, FIRST, "")


def recording_time(record: Record, head: Head) -> str:
    """The time of recording; a clock that was set back is refused, since order would be lost."""
    now = stamp(record.clock())
    if now < head.recorded_at:
        allowed = f"a clock not before {head.recorded_at}, the last entry; nothing was written"
        raise InputError("record", "clock", now, allowed)
    return now


def _row(
    patient: str, n: int, event: NewEvent, payload: str, actor: Actor, now: str
) -> dict[str, Any]:
    occurred = stamp(event.occurred_at)
    if occurred > now and event.kind != "plan_change":
        raise InputError("record", "occurred_at", occurred, f"a time not after {now}")
    return {
        "event_id": str(uuid.uuid4()),
        "patient": patient,
        "n": n,
        "kind": event.kind,
        "version": event.version,
        "occurred_at": occurred,
        "recorded_at": now,
        "author": actor.author,
        "role": actor.role,
        "source": actor.source,
        "corrects": event.corrects,
        "payload": payload,
    }


def _check_correction(
    connection: Connection, patient: str, event: NewEvent, written: Sequence[dict[str, Any]]
) -> None:
    """A correction names an event of this patient, of its own kind, not corrected before."""
    if event.corrects is None:
        return
    query = select(t.events.c.kind, t.events.c.patient).where(t.events.c.event_id == event.corrects)
    found = connection.execute(query).first()
    if found is None or found[1] != patient:
        raise InputError("record", "corrects", event.corrects, "an event of this patient")
    if event.kind not in (found[0], RETRACTION):
        allowed = f"a correction of kind {found[0]}, or a {RETRACTION}"
        raise InputError("record", "kind", event.kind, allowed)
    again = select(t.events.c.event_id).where(t.events.c.corrects == event.corrects)
    here = any(row["corrects"] == event.corrects for row in written)
    if here or connection.execute(again.where(t.events.c.patient == patient)).first():
        raise ConflictError("record", "corrects", event.corrects, "an event not corrected yet")


def _log(
    connection: Connection,
    record: Record,
    before: Head,
    patient: str,
    events: int,
    head: str,
    now: str,
) -> Head:
    n = before.n + 1
    found = entry_hash(before.hash, n, patient, events, head, now)
    row = {
        "n": n, "patient": patient, "events": events, "head": head, "recorded_at": now,
        "hash": found, "signature": record.keys.sign(found),
    }  # fmt: skip
    connection.execute(insert(t.log), row)
    return Head(n, found, now)
