"""Events from files and into files: each line is taken or refused with a reason.

Columns: ``patient``, or ``system`` and ``value`` of an identifier; ``kind``, ``occurred_at`` with
its zone, ``payload`` as JSON or ``payload.FIELD`` each; and where wanted ``version`` (the newest),
``id`` and ``corrects`` (an id of this file or of the record), ``author``, ``role``, ``source``
(those of who imports), and ``key``, with which a line taken twice is written once.
``recorded_at`` is for the reader: events are recorded when they are imported.
"""

from __future__ import annotations

from collections.abc import Iterator, Mapping
from dataclasses import dataclass, field
from datetime import datetime
from pathlib import Path
from typing import Any
from unicodedata import category

from pydantic import ValidationError
from sqlalchemy import Connection, select

from antagonist.feedback import tables as t
from antagonist.feedback.database import reading, writing
from antagonist.feedback.events import ROLES, UNSEEN, Actor, NewEvent, stamp
from antagonist.feedback.files import new_file
from antagonist.feedback.history import all_events, is_known, patients_of
from antagonist.feedback.identity import find_in
from antagonist.feedback.payloads import payload_models
from antagonist.feedback.record import Head, Record, append_in
from antagonist.feedback.transfer_rows import (
    Format,
    Refused,
    RowRead,
    format_of,
    put,
    rows_of,
    write_rows,
)
from antagonist.foundation.clock import FIRST_YEAR, LAST_YEAR, YEARS_ALLOWED
from antagonist.foundation.errors import InputError

CREATED = "patient_created"


@dataclass(frozen=True, slots=True)
class ImportReport:
    """What an import took. repeated: lines whose key was on record; they wrote nothing anew.

    Nothing was written where lines were refused and a part was not asked for: accepted is 0 then.
    """

    accepted: int
    repeated: int
    refused: tuple[Refused, ...]


@dataclass
class _Import:
    """An import under way. ids: of events in the file, as the record has them now."""

    record: Record
    actor: Actor
    accepted: int = 0
    repeated: int = 0
    refused: list[Refused] = field(default_factory=list)
    ids: dict[str, str] = field(default_factory=dict)
    head: Head | None = None


class _UndoError(Exception):
    """Ends a transaction that is not to be kept."""


def import_events(
    record: Record, path: Path, actor: Actor, *, partial: bool = False
) -> ImportReport:
    """Write a file's events, all or, where one line is refused, none; in one transaction.

    partial: write the lines that can be taken, whatever becomes of the others.
    Raises InputError for a file that cannot be read at all; nothing is written then.
    """
    under_way = _Import(record, actor)
    try:
        with writing(record.engine) as connection:
            for row in rows_of(path):
                _take(connection, under_way, row)
            if under_way.refused and not partial:
                raise _UndoError
    except _UndoError:
        return ImportReport(0, 0, tuple(under_way.refused))
    if under_way.head is not None:
        record.keep_head(under_way.head)
    return ImportReport(under_way.accepted, under_way.repeated, tuple(under_way.refused))


def export_events(
    record: Record, patient: str | None, path: Path, form: Format | None = None
) -> int:
    """Write a patient's events, or everybody's, to a new file that ``import_events`` reads.

    Every event as written, corrected ones too; no names. patient: None = all. form: None = by the
    file's ending. Returns how many events were written.
    Raises InputError for a patient without events, and where the file is there already.
    """
    form = form or format_of(path)
    with reading(record.engine) as connection:
        patients = list(patients_of(connection)) if patient is None else [patient]
        if patient is not None and not is_known(connection, patient):
            raise InputError("record", "patient", patient, "a patient on record")
        with new_file(path, "export") as file:
            rows = (row for each in patients for row in _exported(connection, each))
            return write_rows(file, rows, form)


def _exported(connection: Connection, patient: str) -> Iterator[Mapping[str, Any]]:
    for event in all_events(connection, patient, None):
        row = {
            "patient": patient,
            "id": event.event_id,
            "kind": event.kind,
            "version": event.version,
            "occurred_at": stamp(event.occurred_at),
            "recorded_at": stamp(event.recorded_at),
            "corrects": event.corrects,
            "author": event.author,
            "role": event.role,
            "source": event.source,
            "key": f"event {event.event_id}",
            "payload": event.payload,
        }
        yield {name: value for name, value in row.items() if value is not None}


def _take(connection: Connection, under_way: _Import, row: RowRead | Refused) -> None:
    """Write a row's event, or keep why not: an append looks at everything before it writes."""
    if isinstance(row, Refused):
        under_way.refused.append(row)
        return
    try:
        _write(connection, under_way, row)
    except InputError as error:
        under_way.refused.append(Refused(row.line, error.field, str(error)))
    except UnicodeEncodeError as error:
        under_way.refused.append(Refused(row.line, "", f"text that UTF-8 cannot hold: {error}"))


def _write(connection: Connection, under_way: _Import, row: RowRead) -> None:
    values = row.values
    key, own_id = _text(values, "key", t.requests.c.key), _text(values, "id", t.events.c.event_id)
    patient = _patient(connection, under_way.record, values)
    event, actor = _event(under_way, row), _author(under_way.actor, values)
    repeated = _is_repeated(connection, key)
    if not repeated:
        _refuse_unfit(connection, under_way, patient, event.kind, own_id)
    written = append_in(connection, under_way.record, patient, [event], actor, key=key)
    if repeated:
        under_way.repeated += 1
    else:
        under_way.accepted += 1
    under_way.head = written.head
    if own_id is not None:
        under_way.ids[own_id] = written.events[0].event_id


def _refuse_unfit(
    connection: Connection, under_way: _Import, patient: str, kind: str, own_id: str | None
) -> None:
    """A patient mistyped begins no record, and an event on record is not written twice."""
    known = is_known(connection, patient)
    if kind == CREATED and known:
        raise InputError("events", "patient", patient, "a patient not on record yet")
    if kind != CREATED and not known:
        allowed = f"a patient on record; a new one begins with {CREATED}"
        raise InputError("events", "patient", patient, allowed)
    if own_id is None:
        return
    query = select(t.events.c.event_id).where(t.events.c.event_id == own_id)
    if own_id in under_way.ids or connection.execute(query).first() is not None:
        raise InputError("events", "id", own_id, "an event not on record yet")


def _patient(connection: Connection, record: Record, values: Mapping[str, Any]) -> str:
    patient = _text(values, "patient", t.events.c.patient)
    system, value = _text(values, "system"), _text(values, "value")
    if (patient is None) == (system is None) or (system is None) != (value is None):
        raise InputError("events", "patient", patient, "patient, or system and value")
    if patient is not None:
        return patient
    return find_in(connection, record.keys, (system or "", value or ""))


def _event(under_way: _Import, row: RowRead) -> NewEvent:
    values = row.values
    kind = _text(values, "kind") or ""
    versions = payload_models().get(kind, {1: None})
    version = _version(values.get("version", max(versions)))
    payload = _fitted(row, kind, version)
    corrects = _text(values, "corrects", t.events.c.corrects)
    return NewEvent(
        kind,
        _time(values.get("occurred_at")),
        _with_new_ids(payload, under_way.ids),
        version,
        None if corrects is None else under_way.ids.get(corrects, corrects),
    )


def _version(value: Any) -> int:
    try:
        return int(str(value))
    except ValueError:
        raise InputError("events", "version", value, "a whole number") from None


def _time(value: Any) -> datetime:
    allowed = "a time with its zone, such as 2026-05-01T09:00+03:00"
    try:
        found = datetime.fromisoformat(value)
    except (TypeError, ValueError):
        raise InputError("events", "occurred_at", value, allowed) from None
    if found.tzinfo is None:
        raise InputError("events", "occurred_at", value, allowed)
    if not FIRST_YEAR <= found.year <= LAST_YEAR:
        raise InputError("events", "occurred_at", value, YEARS_ALLOWED)
    return found


def _fitted(row: RowRead, kind: str, version: int) -> Mapping[str, Any]:
    """The payload with cells left as text where the model wants text: a lot may be a number."""
    model = payload_models().get(kind, {}).get(version)
    if model is None or not row.texts:
        return row.payload
    try:
        model.model_validate(row.payload)
    except ValidationError as error:
        payload = dict(row.payload)
        for found in error.errors():
            place = tuple(map(str, found["loc"]))
            if found["type"] == "string_type" and place in row.texts:
                put(payload, place, row.texts[place])
        return payload
    return row.payload


def _with_new_ids(value: Any, ids: Mapping[str, str]) -> Any:
    """A payload whose references to events of the file name them as the record does."""
    if isinstance(value, Mapping):
        return {name: _with_new_ids(inner, ids) for name, inner in value.items()}
    if isinstance(value, list):
        return [_with_new_ids(inner, ids) for inner in value]
    return ids.get(value, value) if isinstance(value, str) else value


def _author(actor: Actor, values: Mapping[str, Any]) -> Actor:
    role = _text(values, "role") or actor.role
    for known in ROLES:
        if known == role:
            author = _text(values, "author", t.events.c.author) or actor.author
            source = _text(values, "source", t.events.c.source) or actor.source
            return Actor(author, known, source)
    raise InputError("events", "role", role, f"one of {', '.join(ROLES)}")


def _text(values: Mapping[str, Any], name: str, column: Any = None) -> str | None:
    """Text of a column, None where it is not there. column: of the table that has to hold it."""
    value = values.get(name)
    if value is None:
        return None
    longest = None if column is None else column.type.length
    is_text = isinstance(value, str) and value != ""
    if (
        not is_text
        or any(category(letter) in UNSEEN for letter in value)
        or (longest and len(value) > longest)
    ):
        limit = f" of at most {longest} characters" if longest else ""
        raise InputError("events", name, value, f"text{limit} without control characters")
    return str(value)


def _is_repeated(connection: Connection, key: str | None) -> bool:
    query = select(t.requests.c.key).where(t.requests.c.key == key)
    return key is not None and connection.execute(query).first() is not None
