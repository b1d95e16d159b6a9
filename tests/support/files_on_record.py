"""Example patient files written on a record, event by event, as people would have recorded them."""

from __future__ import annotations

from collections.abc import Iterator, Mapping, Sequence
from dataclasses import dataclass, field
from datetime import UTC, datetime
from typing import Any

from tests.support.patients import content
from tests.support.records import NURSE

from antagonist.feedback.events import NewEvent
from antagonist.feedback.identity import create_patient
from antagonist.feedback.record import Record
from antagonist.label.patient import parse_patient

# The examples are asked for at this moment: 25 November 2026, 10:00 in Moscow.
ASKED_AT = datetime(2026, 11, 25, 7, tzinfo=UTC)
PARTS = {"opioid_history": "opioid_history", "medicines": "medicines", "allergies": "allergies",
         "naltrexone": "naltrexone_history", "alcohol": "alcohol"}  # fmt: skip


@dataclass(frozen=True)
class Who:
    """Who the patient of a file is. source: who says all of it; None = as the example says."""

    names: Mapping[str, str] = field(default_factory=lambda: {"family": "Test", "given": "Anna"})
    identifiers: Sequence[tuple[str, str]] = ()
    program: str | None = None
    source: str | None = None


def file_on_record(
    record: Record, name: str = "eligible_opioid", *, who: Who | None = None, **changes: Any
) -> str:
    """A new patient with everything that an example's file says; gives the patient's id.

    changes: as ``tests.support.patients.content`` takes them. The record's clock stands at
    ``ASKED_AT`` or later.
    """
    who = who or Who()
    said = parse_patient(content(name, **changes), "test").model_dump(
        mode="json", by_alias=True, exclude_none=True
    )
    said = said if who.source is None else _said_by(said, who.source)
    names = {**who.names, "birth_date": str(said.get("birth_date", ""))}
    patient = create_patient(
        record, NURSE, {k: v for k, v in names.items() if v}, who.identifiers, program=who.program
    )
    record.append(patient, list(_events(said, record.clock())), NURSE)
    return patient


def _said_by(said: Any, source: str) -> Any:
    if isinstance(said, dict):
        return {k: source if k == "source" else _said_by(v, source) for k, v in said.items()}
    return [_said_by(one, source) for one in said] if isinstance(said, list) else said


def _events(said: Mapping[str, Any], now: datetime) -> Iterator[NewEvent]:
    yield fact_event("indication_stated", said["indication"], now)
    for name, entries in said.get("facts", {}).items():
        for entry in entries if isinstance(entries, list) else [entries]:
            dated = {"date": _date(entry["date"], now)} if "date" in entry else {}
            yield NewEvent("fact", now, {"fact": name, **entry, **dated})
    for sheet in said.get("scores", ()):
        payload = {"score": sheet["score"], "values": {}, "total": sheet["values"]["total"]}
        yield NewEvent("score", now, payload)
    for sample in said.get("urine_tests", ()):
        payload = {key: value for key, value in sample.items() if key != "source"}
        yield NewEvent("urine_drug_test", now, {**payload, "taken": now.isoformat()})
    for test in said.get("provocation_tests", ()):
        done = _date(test["done_at"], now)
        yield NewEvent("provocation_test", now, {**test, "done_at": done})
    for part, kind in PARTS.items():
        if part in said:
            yield NewEvent(kind, now, said[part])


def _date(text: str, now: datetime) -> str:
    """A day as it stands; a clock time, which is of the example's zone, becomes now."""
    return text if len(text) == len("2026-11-25") else now.isoformat()


def fact_event(name: str, value: object, at: datetime) -> NewEvent:
    """One fact, stated at a moment."""
    return NewEvent("fact", at, {"fact": name, "value": value, "source": "test"})
