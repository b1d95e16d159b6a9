"""What is appended is read back as it was known and as it was valid, on both databases."""

from __future__ import annotations

import dataclasses
import hashlib
from datetime import UTC, datetime, timedelta, timezone
from typing import Any

import pytest
from sqlalchemy import text
from tests.support.records import NURSE, START, SettableClock, retraction, words

from antagonist.feedback.database import reading, writing
from antagonist.feedback.events import Actor, Event
from antagonist.feedback.record import Record, append_in

PATIENT = "a-patient"


def texts(events: tuple[Event, ...]) -> list[str]:
    return [event.payload["text"] for event in events]


def rows(record: Record, table: str) -> int:
    with reading(record.engine) as connection:
        return int(connection.execute(text(f"SELECT count(*) FROM {table}")).scalar_one())


def test_an_event_keeps_who_when_and_what(record: Record, clock: SettableClock) -> None:
    zone = timezone(timedelta(hours=3))
    said = datetime(2026, 5, 1, 10, 30, tzinfo=zone)
    clock.set(datetime(2026, 5, 1, 12, 0, 0, 123456, tzinfo=zone))
    (event,) = record.append(PATIENT, [words("Мне лучше", said)], NURSE)
    assert (event.patient, event.n, event.kind, event.version) == (PATIENT, 1, "words", 1)
    assert event.occurred_at == datetime(2026, 5, 1, 7, 30, tzinfo=UTC)
    assert event.recorded_at == datetime(2026, 5, 1, 9, 0, 0, 123456, tzinfo=UTC)
    assert (event.author, event.role, event.source) == ("nurse.one", "nurse", "visit")
    assert (event.corrects, dict(event.payload)) == (None, {"text": "Мне лучше"})
    assert record.all(PATIENT) == (event,)
    assert record.history(PATIENT) == (event,)


def test_every_stored_field_is_hashed_and_the_hash_binds_the_one_before(record: Record) -> None:
    """Hashed by hand: SHA-256 over the hash before and the columns, between unit separators."""
    first, second = record.append(PATIENT, [words("one"), words("two")], NURSE)
    before = "0" * 64
    for event, payload in ((first, '{"text":"one"}'), (second, '{"text":"two"}')):
        time = "2026-05-01T09:00:00.000000Z"
        columns = [
            event.event_id, PATIENT, str(event.n), "words", "1", time, time,
            "nurse.one", "nurse", "visit", "", payload,
        ]  # fmt: skip
        before = hashlib.sha256("\x1f".join([before, *columns]).encode()).hexdigest()
        assert event.hash == before


def test_events_of_one_patient_are_numbered_and_others_are_not_mixed_in(record: Record) -> None:
    record.append("one", [words("a"), words("b")], NURSE)
    record.append("two", [words("c")], NURSE)
    record.append("one", [words("d")], NURSE)
    assert [(e.n, e.payload["text"]) for e in record.all("one")] == [(1, "a"), (2, "b"), (3, "d")]
    assert [(e.n, e.payload["text"]) for e in record.all("two")] == [(1, "c")]
    assert record.all("three") == () == record.history("three")


def test_history_is_in_order_of_what_happened_and_all_in_order_of_writing(
    record: Record, clock: SettableClock
) -> None:
    clock.advance(days=2)
    late, early = START + timedelta(days=1), START
    record.append(PATIENT, [words("late", late)], NURSE)
    record.append(PATIENT, [words("early", early), words("early too", early)], NURSE)
    assert texts(record.history(PATIENT)) == ["early", "early too", "late"]
    assert texts(record.all(PATIENT)) == ["late", "early", "early too"]


def test_valid_at_shows_what_had_happened_by_then(record: Record, clock: SettableClock) -> None:
    clock.advance(days=2)
    at = START + timedelta(days=1)
    record.append(PATIENT, [words("before"), words("at", at)], NURSE)
    assert texts(record.history(PATIENT, valid_at=at)) == ["before", "at"]
    just_before = at - timedelta(microseconds=1)
    assert texts(record.history(PATIENT, valid_at=just_before)) == ["before"]


def test_what_did_we_know_on_the_third_of_may(record: Record, clock: SettableClock) -> None:
    """A tablet said to be taken on the 2nd; on the 4th it turns out that it was not."""
    taken = datetime(2026, 5, 2, 8, tzinfo=UTC)
    clock.set(datetime(2026, 5, 2, 9, tzinfo=UTC))
    (told,) = record.append(PATIENT, [words("taken", taken)], NURSE)
    corrected_at = clock.set(datetime(2026, 5, 4, 9, tzinfo=UTC))
    record.append(PATIENT, [words("not taken", taken, corrects=told.event_id)], NURSE)

    third = datetime(2026, 5, 3, tzinfo=UTC)
    assert texts(record.history(PATIENT, known_at=third)) == ["taken"]
    assert texts(record.history(PATIENT)) == ["not taken"]
    assert texts(record.history(PATIENT, valid_at=third)) == ["not taken"]
    assert texts(record.history(PATIENT, known_at=corrected_at)) == ["not taken"]
    just_before = corrected_at - timedelta(microseconds=1)
    assert texts(record.history(PATIENT, known_at=just_before)) == ["taken"]
    assert record.history(PATIENT, known_at=datetime(2026, 5, 1, tzinfo=UTC)) == ()
    assert texts(record.all(PATIENT)) == ["taken", "not taken"]


def test_a_retraction_takes_an_event_back_and_both_stay_on_record(
    record: Record, clock: SettableClock
) -> None:
    kept, wrong = record.append(PATIENT, [words("kept"), words("another patient's")], NURSE)
    before = clock.at
    clock.advance(hours=1)
    record.append(PATIENT, [retraction(wrong.event_id, "wrong patient", clock.at)], NURSE)
    assert record.history(PATIENT) == (kept,)
    assert texts(record.history(PATIENT, known_at=before)) == ["kept", "another patient's"]
    assert [event.kind for event in record.all(PATIENT)] == ["words", "words", "retraction"]


def test_a_correction_can_be_corrected(record: Record) -> None:
    (first,) = record.append(PATIENT, [words("5 mg")], NURSE)
    (second,) = record.append(PATIENT, [words("50 mg", corrects=first.event_id)], NURSE)
    record.append(PATIENT, [words("25 mg", corrects=second.event_id)], NURSE)
    assert texts(record.history(PATIENT)) == ["25 mg"]


def test_a_plan_may_lie_in_the_future(record: Record) -> None:
    from antagonist.feedback.events import NewEvent

    planned = NewEvent("plan_change", START + timedelta(days=30), {"reason": "monthly injection"})
    (event,) = record.append(PATIENT, [planned], NURSE)
    assert record.history(PATIENT) == (event,)
    assert record.history(PATIENT, valid_at=START) == ()


def test_the_same_request_again_writes_nothing_and_answers_the_same(
    record: Record, clock: SettableClock
) -> None:
    new = [words("a"), words("b")]
    first = record.append(PATIENT, new, NURSE, key="visit-1")
    clock.advance(minutes=1)
    record.append(PATIENT, [words("c")], NURSE)
    assert record.append(PATIENT, new, NURSE, key="visit-1") == first
    # What the writer had seen the first time is out of date by now, and does not matter.
    assert record.append(PATIENT, new, NURSE, key="visit-1", expected=0) == first
    assert texts(record.all(PATIENT)) == ["a", "b", "c"]
    assert rows(record, "log") == 2


def test_without_a_key_the_same_words_are_two_events(record: Record) -> None:
    record.append(PATIENT, [words("again")], NURSE)
    record.append(PATIENT, [words("again")], NURSE)
    assert texts(record.all(PATIENT)) == ["again", "again"]


def test_a_transaction_that_fails_after_an_append_writes_nothing(record: Record) -> None:
    """Derived tables are written in the same transaction: when they fail, so does the event."""
    record.append(PATIENT, [words("kept")], NURSE)
    before = record.all(PATIENT)

    def appended_then_failed() -> None:
        with writing(record.engine) as connection:
            append_in(connection, record, PATIENT, [words("lost")], NURSE, key="k")
            raise RuntimeError("a derived table could not be written")

    with pytest.raises(RuntimeError, match="derived table"):
        appended_then_failed()
    assert record.all(PATIENT) == before
    assert (rows(record, "log"), rows(record, "requests"), rows(record, "patients")) == (1, 0, 1)
    record.append(PATIENT, [words("next")], NURSE, expected=1, key="k")
    assert texts(record.all(PATIENT)) == ["kept", "next"]


def test_one_transaction_can_write_for_two_patients(record: Record) -> None:
    with writing(record.engine) as connection:
        append_in(connection, record, "one", [words("a")], NURSE)
        written = append_in(connection, record, "two", [words("b")], NURSE)
    record.heads.keep(written.head)
    assert (texts(record.all("one")), texts(record.all("two"))) == (["a"], ["b"])
    assert record.heads.known() == (2, written.head.hash)


def test_a_read_is_of_one_moment(record: Record) -> None:
    """Both statements of one reading see the same, whoever writes in between."""
    record.append(PATIENT, [words("a")], NURSE)
    count = text("SELECT count(*) FROM events")
    with reading(record.engine) as connection:
        before = connection.execute(count).scalar_one()
        record.append(PATIENT, [words("b")], NURSE)
        assert connection.execute(count).scalar_one() == before == 1
    assert rows(record, "events") == 2


@pytest.mark.parametrize(
    ("field", "value"), [("author", "nurse.two"), ("role", "prescriber"), ("source", "telephone")]
)
def test_each_write_has_its_own_actor(record: Record, field: str, value: str) -> None:
    changed: dict[str, Any] = {field: value}
    other: Actor = dataclasses.replace(NURSE, **changed)
    record.append(PATIENT, [words("a")], NURSE)
    record.append(PATIENT, [words("b")], other)
    found = record.all(PATIENT)
    assert getattr(found[0], field) == getattr(NURSE, field)
    assert getattr(found[1], field) == value


def test_the_head_beside_the_keys_follows_the_log(record: Record) -> None:
    assert record.heads.known() is None
    record.append(PATIENT, [words("a")], NURSE)
    record.append("other", [words("b")], NURSE)
    with reading(record.engine) as connection:
        last = connection.execute(text("SELECT hash FROM log WHERE n = 2")).scalar_one()
    assert record.heads.known() == (2, last)
