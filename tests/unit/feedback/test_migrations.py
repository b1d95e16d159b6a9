"""Tables go up and down between versions with the data of the first one still there."""

from __future__ import annotations

import hashlib
from collections.abc import Iterator
from datetime import UTC
from typing import Any

import pytest
from sqlalchemy import Engine, MetaData, Table, insert, inspect, select, text
from tests.support.records import NURSE, SettableClock, words

from antagonist.feedback.alarms import acknowledge, evaluate, override
from antagonist.feedback.database import check_revision, current_revision, engine_of, migrate
from antagonist.feedback.events import NewEvent
from antagonist.feedback.keys import Keyring
from antagonist.feedback.opening import open_record
from antagonist.feedback.record import Record
from antagonist.feedback.today import rows_on_record
from antagonist.foundation.errors import InputError

FIRST = "0001"
TIME = "2026-04-01T08:00:00.000000Z"
CORRECTED = "2026-04-03T08:00:00.000000Z"
# Two rows as the first version wrote them; the second corrects the first.
EVENT_ROWS: list[dict[str, Any]] = [
    {
        "event_id": "11111111-1111-4111-8111-111111111111", "patient": "p", "n": 1,
        "kind": "words", "version": 1, "occurred_at": TIME, "recorded_at": TIME,
        "author": "nurse.one", "role": "nurse", "source": "visit", "corrects": None,
        "payload": '{"text":"принял"}',
    },
    {
        "event_id": "22222222-2222-4222-8222-222222222222", "patient": "p", "n": 2,
        "kind": "words", "version": 1, "occurred_at": TIME, "recorded_at": CORRECTED,
        "author": "nurse.one", "role": "nurse", "source": "visit",
        "corrects": "11111111-1111-4111-8111-111111111111", "payload": '{"text":"пропустил"}',
    },
]  # fmt: skip


def digest(*parts: object) -> str:
    """SHA-256 over parts between unit separators, as the first version did it."""
    return hashlib.sha256("\x1f".join(str(part) for part in parts).encode()).hexdigest()


def first_data(keys: Keyring) -> dict[str, list[dict[str, Any]]]:
    """Rows of every table of the first version, worked out by hand."""
    heads, head = [], "0" * 64
    for row in EVENT_ROWS:
        head = digest(head, *("" if value is None else value for value in row.values()))
        heads.append(head)
    entry = digest("0" * 64, 1, "p", 1, heads[0], TIME)
    second = digest(entry, 2, "p", 2, heads[1], CORRECTED)
    log = {"patient": "p", "recorded_at": TIME}
    return {
        "events": [
            {"seq": n, **row, "hash": found}
            for n, (row, found) in enumerate(zip(EVENT_ROWS, heads, strict=True), start=1)
        ],
        "log": [
            {
                **log, "n": 1, "events": 1, "head": heads[0], "hash": entry,
                "signature": keys.sign(entry),
            },
            {
                **log, "n": 2, "events": 2, "head": heads[1], "hash": second,
                "recorded_at": CORRECTED, "signature": keys.sign(second),
            },
        ],
        "requests": [{"key": "k", "patient": "p", "first_n": 1, "last_n": 1, "content": "c" * 64}],
        "patients": [{"patient": "p", "events": 2, "head": heads[1]}],
        "contents": [{"hash": "d" * 64, "kind": "rules", "content": b"\x00rules\xff"}],
        "identities": [
            {"patient": "p", "wrapped_key": b"\x01\x02", "sealed": b"\x03\x00\x04"},
            {"patient": "erased", "wrapped_key": None, "sealed": None},
        ],
        "identifiers": [{"digest": "e" * 64, "patient": "p"}],
    }  # fmt: skip


def fill(engine: Engine, data: dict[str, list[dict[str, Any]]]) -> None:
    """Rows written as they are, past today's code."""
    for name in ("events", "log", "requests", "patients", "contents", "identities", "identifiers"):
        with engine.begin() as connection:
            table = Table(name, MetaData(), autoload_with=connection)
            connection.execute(insert(table), data[name])
            if name == "events" and engine.dialect.name == "postgresql":
                numbers = "SELECT setval(pg_get_serial_sequence('events', 'seq'), 2)"
                connection.execute(text(numbers))


def columns_kept(engine: Engine, data: dict[str, list[dict[str, Any]]]) -> None:
    """Every value of the first version stands in its column."""
    with engine.connect() as connection:
        for name, wanted in data.items():
            table = Table(name, MetaData(), autoload_with=connection)
            names = list(wanted[0])
            found = connection.execute(select(*(table.c[each] for each in names)))
            rows = [dict(zip(names, row, strict=True)) for row in found]
            assert sorted(rows, key=repr) == sorted(
                [{each: row[each] for each in names} for row in wanted], key=repr
            )


@pytest.fixture
def engine(empty_url: str) -> Iterator[Engine]:
    found = engine_of(empty_url)
    yield found
    found.dispose()


def test_data_of_the_first_version_are_read_and_added_to(
    engine: Engine, keys: Keyring, clock: SettableClock
) -> None:
    migrate(engine, FIRST)
    data = first_data(keys)
    fill(engine, data)
    migrate(engine)
    columns_kept(engine, data)

    record = open_record(engine, keys, clock)
    assert [event.payload["text"] for event in record.history("p")] == ["пропустил"]
    (event,) = record.append("p", [words("new")], NURSE, expected=2)
    # What today's version appends binds the head of the first version's chain.
    columns = [
        event.event_id, "p", 3, "words", 1, "2026-05-01T09:00:00.000000Z",
        "2026-05-01T09:00:00.000000Z", "nurse.one", "nurse", "visit", "", '{"text":"new"}',
    ]  # fmt: skip
    assert event.hash == digest(data["patients"][0]["head"], *columns)


def test_data_survive_the_way_down_and_up_again(engine: Engine, keys: Keyring) -> None:
    migrate(engine, FIRST)
    data = first_data(keys)
    fill(engine, data)
    migrate(engine)
    migrate(engine, FIRST)
    assert current_revision(engine) == FIRST
    columns_kept(engine, data)
    migrate(engine)
    check_revision(engine)
    columns_kept(engine, data)


def test_to_the_base_leaves_no_table_and_the_way_up_is_open(
    engine: Engine, keys: Keyring, clock: SettableClock
) -> None:
    migrate(engine)
    migrate(engine, "base")
    assert current_revision(engine) is None
    assert set(inspect(engine).get_table_names()) <= {"alembic_version"}
    with pytest.raises(InputError, match="antagonist record migrate"):
        check_revision(engine)
    migrate(engine)
    Record(engine, keys, clock).append("p", [words("a")], NURSE)


def test_the_newest_revision_again_changes_nothing(engine: Engine, keys: Keyring) -> None:
    migrate(engine)
    data = first_data(keys)
    fill(engine, data)
    migrate(engine)
    columns_kept(engine, data)


def test_an_unknown_revision_is_named(engine: Engine) -> None:
    with pytest.raises(InputError, match="no-such") as raised:
        migrate(engine, "no-such")
    assert raised.value.field == "revision"
    assert current_revision(engine) is None


def test_alarms_seen_to_before_there_were_holds_hold_doses(
    engine: Engine, keys: Keyring, clock: SettableClock
) -> None:
    migrate(engine)
    record, ids = open_record(engine, keys, clock), {}
    for patient in ("seen", "lifted", "open"):
        jaundice = NewEvent("symptom", clock.at, {"term": "jaundice", "present": True})
        record.append(patient, [jaundice], NURSE)
        ids[patient] = evaluate(record, patient, clock.at.astimezone(UTC))[0].event_id
    acknowledge(record, ids["seen"], NURSE)
    acknowledge(record, ids["lifted"], NURSE)
    override(record, ids["lifted"], NURSE, "ruled out")
    with engine.connect() as connection:
        kept = rows_on_record(connection)
    assert [row["patient"] for row in kept if row["kind"] == "hold"] == ["seen"]
    migrate(engine, "0003")
    with engine.connect() as connection:
        assert {row["kind"] for row in rows_on_record(connection)} == {"alarm"}
    migrate(engine)
    with engine.connect() as connection:
        assert rows_on_record(connection) == kept
