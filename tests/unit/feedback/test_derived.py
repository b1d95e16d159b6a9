"""Derived tables: dropped and rebuilt from events they are what they were."""

from __future__ import annotations

from typing import Any

from sqlalchemy import Connection, delete, select
from tests.support.records import NURSE, words

from antagonist.feedback import tables as t
from antagonist.feedback.alarms import evaluate
from antagonist.feedback.database import reading, writing
from antagonist.feedback.derived import rebuild
from antagonist.feedback.events import NewEvent
from antagonist.feedback.opening import open_record
from antagonist.feedback.record import Record
from antagonist.feedback.today import rows_on_record
from antagonist.feedback.today_tables import due
from antagonist.feedback.verify import verify


def rows(connection: Connection) -> tuple[list[Any], list[Any]]:
    ends = select(t.patients).order_by(t.patients.c.patient)
    return list(connection.execute(ends)), list(rows_on_record(connection))


def test_every_derived_table_can_be_dropped_and_rebuilt(record: Record) -> None:
    kept = open_record(record.engine, record.keys, record.clock)
    at = kept.clock()
    for patient in ("a", "b"):
        dose = {"route": "oral", "dose_mg": 50.0, "status": "reported"}
        kept.append(patient, [NewEvent("dose", at, dose), words("hello")], NURSE)
    lapse = {"substance": "opioid", "date": f"{at:%Y-%m-%d}"}
    kept.append("b", [NewEvent("lapse", at, lapse)], NURSE)
    evaluate(kept, "b", at)
    with reading(record.engine) as connection:
        before = rows(connection)
    assert len(before[0]) == 2
    assert before[1]
    with writing(record.engine) as connection:
        connection.execute(delete(t.patients))
        connection.execute(delete(due))
    assert rebuild(kept) == 2
    with reading(record.engine) as connection:
        assert rows(connection) == before
    assert verify(kept).problems == ()
    kept.append("a", [words("and on")], NURSE, expected=2)
