"""What a record refuses: one clear error, and nothing written."""

from __future__ import annotations

from collections.abc import Callable
from datetime import datetime, timedelta
from functools import partial

import pytest
from sqlalchemy import text
from tests.support.records import NURSE, START, SettableClock, retraction, words

from antagonist.feedback.database import (
    check_revision,
    engine_of,
    migrate,
    reading,
    writing,
)
from antagonist.feedback.events import Actor, NewEvent
from antagonist.feedback.keys import Keyring
from antagonist.feedback.opening import open_record
from antagonist.feedback.record import ConflictError, Record
from antagonist.feedback.tables import metadata
from antagonist.foundation.errors import InputError

PATIENT = "a-patient"
TABLES = tuple(metadata.tables)


def everything(record: Record) -> dict[str, list[tuple[object, ...]]]:
    """Every row of every table, in a fixed order."""
    with reading(record.engine) as connection:
        return {
            name: sorted(
                (tuple(row) for row in connection.execute(text(f"SELECT * FROM {name}"))), key=repr
            )
            for name in TABLES
        }


def refused(record: Record, write: Callable[[], object], kind: type[InputError]) -> InputError:
    """The error of a write that must fail, having changed no row and no head."""
    before, head = everything(record), record.heads.known()
    with pytest.raises(kind) as raised:
        write()
    assert type(raised.value) is kind
    assert (everything(record), record.heads.known()) == (before, head)
    return raised.value


def test_a_stale_view_is_refused_and_a_true_one_is_not(record: Record) -> None:
    record.append(PATIENT, [words("a")], NURSE, expected=0)
    for seen in (0, 2):
        error = refused(
            record,
            partial(record.append, PATIENT, [words("b")], NURSE, expected=seen),
            ConflictError,
        )
        assert (error.field, error.value) == ("expected", seen)
    record.append(PATIENT, [words("b")], NURSE, expected=1)
    assert [event.n for event in record.all(PATIENT)] == [1, 2]


OTHERS: dict[str, tuple[str, list[NewEvent], Actor]] = {
    "patient": ("other", [words("a")], NURSE),
    "words": (PATIENT, [words("b")], NURSE),
    "time": (PATIENT, [words("a", START - timedelta(microseconds=1))], NURSE),
    "count": (PATIENT, [words("a"), words("a")], NURSE),
    "author": (PATIENT, [words("a")], Actor("nurse.two", "nurse", "visit")),
    "role": (PATIENT, [words("a")], Actor("nurse.one", "prescriber", "visit")),
    "source": (PATIENT, [words("a")], Actor("nurse.one", "nurse", "telephone")),
}


@pytest.mark.parametrize("difference", OTHERS)
def test_a_key_of_another_request_is_refused(record: Record, difference: str) -> None:
    record.append(PATIENT, [words("a")], NURSE, key="k")
    patient, new, actor = OTHERS[difference]
    error = refused(record, lambda: record.append(patient, new, actor, key="k"), ConflictError)
    assert (error.field, error.value) == ("key", "k")


def test_no_events_are_no_request(record: Record) -> None:
    refused(record, lambda: record.append(PATIENT, [], NURSE), InputError)


BAD: dict[str, Callable[[datetime], NewEvent]] = {
    "unknown kind": lambda at: NewEvent("wordz", at, {"text": "x"}),
    "unknown field": lambda at: NewEvent("words", at, {"text": "x", "mood": "good"}),
    "missing field": lambda at: NewEvent("words", at, {}),
    "unknown version": lambda at: words("x", at, version=999),
    "in the future": lambda at: words("x", at + timedelta(microseconds=1)),
    "unknown correction": lambda at: words("x", at, corrects="no-such-event"),
}


@pytest.mark.parametrize("bad", BAD)
@pytest.mark.parametrize("place", [0, 1, 2])
def test_one_bad_event_and_none_is_written(
    record: Record, clock: SettableClock, bad: str, place: int
) -> None:
    record.append(PATIENT, [words("kept")], NURSE)
    new = [words("first"), words("second")]
    new.insert(place, BAD[bad](clock.at))
    refused(record, lambda: record.append(PATIENT, new, NURSE, key="k"), InputError)


def test_an_event_may_happen_at_the_moment_of_recording(
    record: Record, clock: SettableClock
) -> None:
    (event,) = record.append(PATIENT, [words("now", clock.at)], NURSE)
    assert event.occurred_at == event.recorded_at == clock.at


def test_a_time_without_zone_is_refused(record: Record) -> None:
    naive = START.replace(tzinfo=None)
    with pytest.raises(ValueError, match="aware"):
        record.append(PATIENT, [words("x", naive)], NURSE)
    assert record.all(PATIENT) == ()


def test_a_clock_set_back_is_refused_and_the_same_time_is_not(
    record: Record, clock: SettableClock
) -> None:
    record.append(PATIENT, [words("a")], NURSE)
    clock.set(START - timedelta(microseconds=1))
    earlier = START - timedelta(days=1)
    for patient in (PATIENT, "another"):  # the log has one order for all patients
        error = refused(
            record,
            partial(record.append, patient, [words("b", earlier)], NURSE),
            InputError,
        )
        assert error.field == "clock"
        assert "2026-05-01T09:00:00.000000Z" in str(error)
    clock.set(START)
    record.append(PATIENT, [words("b")], NURSE)
    assert [event.n for event in record.all(PATIENT)] == [1, 2]


def test_another_patients_event_cannot_be_corrected(record: Record) -> None:
    (theirs,) = record.append("other", [words("theirs")], NURSE)
    record.append(PATIENT, [words("mine")], NURSE)
    for event in (words("x", corrects=theirs.event_id), retraction(theirs.event_id, "x")):
        error = refused(record, partial(record.append, PATIENT, [event], NURSE), InputError)
        assert (error.field, error.value) == ("corrects", theirs.event_id)


def test_a_correction_is_of_the_same_kind(record: Record) -> None:
    (told,) = record.append(PATIENT, [words("x")], NURSE)
    other = NewEvent("treatment_stop", START, {"reason": "x"}, corrects=told.event_id)
    error = refused(record, lambda: record.append(PATIENT, [other], NURSE), InputError)
    assert (error.field, error.value) == ("kind", "treatment_stop")


@pytest.mark.parametrize("together", [True, False])
def test_an_event_is_corrected_once(record: Record, together: bool) -> None:
    (told,) = record.append(PATIENT, [words("x")], NURSE)
    first, second = words("y", corrects=told.event_id), retraction(told.event_id, "z")
    if not together:
        record.append(PATIENT, [first], NURSE)
    new = [first, second] if together else [second]
    error = refused(record, lambda: record.append(PATIENT, new, NURSE), ConflictError)
    assert (error.field, error.value) == ("corrects", told.event_id)


def test_a_database_without_tables_says_what_to_do(empty_url: str, keys: Keyring) -> None:
    engine = engine_of(empty_url)
    with pytest.raises(InputError, match="antagonist record migrate"):
        open_record(engine, keys)
    migrate(engine)
    assert open_record(engine, keys).all(PATIENT) == ()
    engine.dispose()


def test_a_database_of_a_newer_version_is_refused_and_left_alone(record: Record) -> None:
    record.append(PATIENT, [words("a")], NURSE)
    open_record(record.engine, record.keys)
    with writing(record.engine) as connection:
        connection.execute(text("UPDATE alembic_version SET version_num = '9999'"))
    before = everything(record)
    with pytest.raises(InputError, match="newer Antagonist"):
        check_revision(record.engine)
    with pytest.raises(InputError, match="newer Antagonist") as raised:
        open_record(record.engine, record.keys)
    assert raised.value.value == "9999"
    with pytest.raises(InputError):
        migrate(record.engine)
    assert everything(record) == before


@pytest.mark.parametrize("url", ["", "nonsense", "mysql://host/record", "sqlite://", "sqlite:///"])
def test_a_url_of_no_database_that_keeps(url: str) -> None:
    with pytest.raises(InputError) as raised:
        engine_of(url)
    assert raised.value.field == "database"


@pytest.mark.parametrize(
    ("actor", "field"),
    [
        (Actor("", "nurse", "visit"), "author"),
        (Actor("x" * 201, "nurse", "visit"), "author"),
        (Actor("nurse\x1fone", "nurse", "visit"), "author"),
        (Actor("nurse", "nurse", ""), "source"),
        (Actor("nurse", "king", "visit"), "role"),  # type: ignore[arg-type]
    ],
)
def test_an_actor_that_cannot_be_kept_the_same_everywhere_is_refused(
    record: Record, actor: Actor, field: str
) -> None:
    with pytest.raises(InputError, match=f"record: {field}"):
        record.append("p", [words("hello")], actor)
    assert record.all("p") == ()
