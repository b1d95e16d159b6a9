"""A record tampered with by SQL, in every way, is found out at the right place."""

from __future__ import annotations

import json
from collections.abc import Sequence
from pathlib import Path
from typing import Any

import pytest
from sqlalchemy import Table, delete, func, insert, select, update
from tests.support.records import new_keys, words

from antagonist.feedback import tables as t
from antagonist.feedback import verify as verifying
from antagonist.feedback.chain import FIRST, entry_hash, event_hash
from antagonist.feedback.database import reading, writing
from antagonist.feedback.events import Actor
from antagonist.feedback.record import Record
from antagonist.feedback.verify import verify

Found = set[tuple[str, str | None, int | None]]
# patient and number of events, append by append: the log's entries 1 to 6
APPENDS = (("a", 1), ("b", 1), ("a", 2), ("a", 1), ("b", 1), ("c", 1))
ENTRIES = 6
OTHER_TIME = "2026-04-01T09:00:00.000000Z"


@pytest.fixture
def filled(record: Record, actor: Actor) -> Record:
    """Patients a, b and c with four, two and one events."""
    for patient, count in APPENDS:
        record.append(patient, [words(f"said {n}") for n in range(count)], actor)
    return record


def _found(record: Record) -> Found:
    return {(problem.kind, problem.patient, problem.n) for problem in verify(record).problems}


def _do(record: Record, *statements: Any) -> None:
    with writing(record.engine) as connection:
        for statement in statements:
            connection.execute(statement)


def _event(patient: str, *numbers: int) -> Any:
    return (t.events.c.patient == patient) & t.events.c.n.in_(numbers)


def _rows(record: Record, table: Table, *order: str) -> list[dict[str, Any]]:
    query = select(table).order_by(*(table.c[name] for name in order))
    with record.engine.connect() as connection:
        return [dict(row) for row in connection.execute(query).mappings()]


def _rehash(record: Record, patient: str, numbers: Sequence[int]) -> None:
    """Give events of a patient the hashes that their content asks for, as a forger would."""
    previous = FIRST
    for row in _rows(record, t.events, "patient", "n"):
        if row["patient"] != patient:
            continue
        if row["n"] in numbers:
            row["hash"] = event_hash(previous, [row[name] for name in t.HASHED])
            here = t.events.c.event_id == row["event_id"]
            _do(record, update(t.events).where(here).values(hash=row["hash"]))
        previous = row["hash"]


def _forge_log(record: Record, **heads: str) -> None:
    """Give each entry the hash it asks for; heads of patients' last entries as named."""
    rows = _rows(record, t.log, "n")
    last = {row["patient"]: row["n"] for row in rows}
    previous = FIRST
    for row in rows:
        n, patient = row["n"], row["patient"]
        head = heads[patient] if patient in heads and last[patient] == n else row["head"]
        found = entry_hash(previous, n, patient, row["events"], head, row["recorded_at"])
        _do(record, update(t.log).where(t.log.c.n == n).values(head=head, hash=found))
        previous = found


def test_an_untouched_record_has_no_problem(filled: Record) -> None:
    report = verify(filled)
    assert report.problems == ()
    assert (report.events, report.patients, report.entries) == (7, 3, ENTRIES)
    assert report.head_known


def test_an_empty_record_has_no_problem(record: Record) -> None:
    report = verify(record)
    assert (report.events, report.entries, report.problems) == (0, 0, ())
    assert not report.head_known


ALTERED = {
    "payload": '{"text":"said 9"}',
    "event_id": "another",
    "kind": "alcohol",
    "version": 2,
    "occurred_at": OTHER_TIME,
    "recorded_at": OTHER_TIME,
    "author": "nurse.two",
    "role": "patient",
    "source": "letter",
    "corrects": "another",
    "hash": "0" * 64,
}


@pytest.mark.parametrize("n", [1, 3, 4])
def test_an_altered_event_is_found(filled: Record, n: int) -> None:
    (row,) = (
        row for row in _rows(filled, t.events, "seq") if (row["patient"], row["n"]) == ("a", n)
    )
    here = t.events.c.seq == row["seq"]
    for column, value in ALTERED.items():
        _do(filled, update(t.events).where(here).values({column: value}))
        assert _found(filled) == {("altered", "a", n)}, column
        _do(filled, update(t.events).where(here).values({column: row[column]}))
    assert _found(filled) == set()


def test_every_column_is_tampered_with_or_is_the_chain_itself() -> None:
    """Patient, number and place are tampered with in tests of their own."""
    assert set(ALTERED) | {"patient", "n", "seq"} == set(t.events.c.keys())


def test_an_event_altered_inside_a_transaction_is_found(filled: Record) -> None:
    _do(filled, update(t.events).where(_event("a", 2)).values(payload="{}"))
    assert _found(filled) == {("altered", "a", 2)}


def test_an_altered_event_given_its_new_hash_is_found(filled: Record) -> None:
    _do(filled, update(t.events).where(_event("a", 3)).values(payload="{}"))
    _rehash(filled, "a", [3])
    assert _found(filled) == {("altered", "a", 3)}


def test_a_chain_made_anew_is_found(filled: Record) -> None:
    _do(filled, update(t.events).where(_event("a", 1)).values(payload="{}"))
    _rehash(filled, "a", [1, 2, 3, 4])
    assert _found(filled) >= {("altered", "a", n) for n in (1, 3, 4)}
    assert {patient for _, patient, _ in _found(filled)} == {"a"}


@pytest.mark.parametrize("n", [1, 2, 3])
def test_a_missing_event_is_found(filled: Record, n: int) -> None:
    _do(filled, delete(t.events).where(_event("a", n)))
    assert _found(filled) == {("missing", "a", n)}


def test_a_gap_says_how_long_it_is(filled: Record) -> None:
    _do(filled, delete(t.events).where(_event("a", 2, 3)))
    (problem,) = verify(filled).problems
    assert (problem.kind, problem.n) == ("missing", 2)
    assert problem.detail == "events 2 to 3 are not there"


def test_events_renumbered_over_a_gap_are_found(filled: Record) -> None:
    _do(
        filled,
        delete(t.events).where(_event("a", 3)),
        update(t.events).where(_event("a", 4)).values(n=3),
    )
    assert _found(filled) == {("altered", "a", 3), ("cut_off", "a", 4)}


@pytest.mark.parametrize(("left", "first"), [((3, 4), 3), ((4,), 4)])
def test_a_cut_off_tail_is_found(filled: Record, left: tuple[int, ...], first: int) -> None:
    _do(
        filled,
        delete(t.events).where(_event("a", *left)),
        update(t.patients).where(t.patients.c.patient == "a").values(events=first - 1),
    )
    assert _found(filled) == {("cut_off", "a", first)}


def test_events_in_each_others_place_are_found(filled: Record) -> None:
    for before, after in ((2, 99), (3, 2), (99, 3)):
        _do(filled, update(t.events).where(_event("a", before)).values(n=after))
    assert _found(filled) == {("reordered", "a", 2), ("reordered", "a", 3)}


def test_contents_in_each_others_place_are_found(filled: Record) -> None:
    said = {
        row["n"]: row["payload"] for row in _rows(filled, t.events, "n") if row["patient"] == "a"
    }
    _do(
        filled,
        update(t.events).where(_event("a", 1)).values(payload=said[3]),
        update(t.events).where(_event("a", 3)).values(payload=said[1]),
    )
    assert _found(filled) == {("altered", "a", 1), ("altered", "a", 3)}


def test_an_event_given_to_another_patient_is_found(filled: Record) -> None:
    _do(filled, update(t.events).where(_event("a", 4)).values(patient="c", n=2))
    assert _found(filled) == {
        ("cut_off", "a", 4),
        ("unlogged", "c", 2),
        ("reordered", "c", 1),
        ("reordered", "c", 2),
    }


def test_a_missing_patient_is_found(filled: Record) -> None:
    _do(
        filled,
        delete(t.events).where(t.events.c.patient == "b"),
        delete(t.patients).where(t.patients.c.patient == "b"),
    )
    assert _found(filled) == {("missing_patient", "b", 1)}


@pytest.mark.parametrize(("patient", "n"), [("c", 2), ("d", 1)])
def test_a_forged_event_is_found(filled: Record, patient: str, n: int) -> None:
    rows = _rows(filled, t.events, "patient", "n")
    row = rows[-1] | {"event_id": "forged", "patient": patient, "n": n}
    previous = rows[-1]["hash"] if n > 1 else FIRST
    row["hash"] = event_hash(previous, [row[name] for name in t.HASHED])
    del row["seq"]
    _do(filled, insert(t.events).values(row))
    assert _found(filled) == {("unlogged", patient, n)}


@pytest.mark.parametrize(("patient", "n"), [("a", 3), ("a", 4), ("c", ENTRIES)])
def test_an_altered_entry_is_found(filled: Record, patient: str, n: int) -> None:
    row = _rows(filled, t.log, "n")[n - 1]
    here = t.log.c.n == n
    for column, value in (
        ("head", "0" * 64),
        ("recorded_at", OTHER_TIME),
        ("hash", "0" * 64),
        ("events", 9),
    ):
        _do(filled, update(t.log).where(here).values({column: value}))
        found = _found(filled)
        assert ("log_altered", patient, n) in found, column
        assert {kind for kind, _, _ in found} <= {"log_altered", "signature"}, column
        _do(filled, update(t.log).where(here).values({column: row[column]}))
    assert _found(filled) == set()


def test_an_entry_given_to_another_patient_is_found(filled: Record) -> None:
    _do(filled, update(t.log).where(t.log.c.n == 4).values(patient="b"))
    assert _found(filled) == {("log_altered", "b", 4), ("unlogged", "a", 4)}


def test_a_missing_entry_is_found(filled: Record) -> None:
    _do(filled, delete(t.log).where(t.log.c.n == 2))
    (problem,) = verify(filled).problems
    assert (problem.kind, problem.patient, problem.n) == ("log_missing", None, 2)


def test_a_patient_taken_out_of_events_and_log_is_found(filled: Record) -> None:
    _do(
        filled,
        delete(t.events).where(t.events.c.patient == "b"),
        delete(t.patients).where(t.patients.c.patient == "b"),
        delete(t.log).where(t.log.c.patient == "b"),
    )
    assert _found(filled) == {("log_missing", None, 2), ("log_missing", None, 5)}


def test_a_log_cut_off_with_its_events_is_found_by_the_file(filled: Record) -> None:
    _do(
        filled,
        delete(t.events).where(t.events.c.patient == "c"),
        delete(t.patients).where(t.patients.c.patient == "c"),
        delete(t.log).where(t.log.c.n == ENTRIES),
    )
    assert _found(filled) == {("log_cut_off", None, ENTRIES)}
    _head_file(filled).unlink()
    report = verify(filled)
    assert (report.problems, report.head_known) == ((), False)


def test_everything_taken_away_is_found_by_the_file(filled: Record) -> None:
    _do(filled, delete(t.events), delete(t.patients), delete(t.log))
    assert _found(filled) == {("log_cut_off", None, 1)}


def test_a_log_made_anew_without_the_key_is_found(filled: Record) -> None:
    """Events, table of patients and log all fit each other; the signatures and the file do not."""
    _do(filled, update(t.events).where(_event("a", 4)).values(payload="{}"))
    _rehash(filled, "a", [4])
    head = next(
        row["hash"]
        for row in _rows(filled, t.events, "seq")
        if (row["patient"], row["n"]) == ("a", 4)
    )
    _do(filled, update(t.patients).where(t.patients.c.patient == "a").values(head=head))
    _forge_log(filled, a=head)
    assert _found(filled) == {("signature", None, 4), ("log_altered", "c", ENTRIES)}


@pytest.mark.parametrize(("n", "patient"), [(1, "a"), (5, "b"), (ENTRIES, None)])
def test_a_wrong_signature_is_found(filled: Record, n: int, patient: str | None) -> None:
    signature = filled.keys.sign("something else")
    _do(filled, update(t.log).where(t.log.c.n == n).values(signature=signature))
    assert _found(filled) == {("signature", patient, n)}


def test_the_last_entry_needs_a_signature_and_others_do_not(filled: Record) -> None:
    _do(filled, update(t.log).where(t.log.c.n == 2).values(signature=None))
    assert _found(filled) == set()
    _do(filled, update(t.log).where(t.log.c.n == ENTRIES).values(signature=None))
    assert _found(filled) == {("signature", None, ENTRIES)}


def test_of_many_signatures_a_sample_is_looked_at(
    filled: Record, monkeypatch: pytest.MonkeyPatch
) -> None:
    monkeypatch.setattr("antagonist.feedback.log_check.SIGNATURES_SAMPLED", 3)
    wrong = filled.keys.sign("something else")
    for n in (1, 2):  # of entries 2, 4 and 6
        _do(filled, update(t.log).where(t.log.c.n == n).values(signature=wrong))
    assert _found(filled) == {("signature", "b", 2)}


def test_another_key_vouches_for_nothing(filled: Record, tmp_path: Path) -> None:
    other = Record(filled.engine, new_keys(tmp_path / "other"), filled.clock)
    assert _found(other) == {("signature", None, 1)}


def _head_file(record: Record) -> Path:
    return record.keys.path.with_name("record.head")


def test_an_altered_head_file_is_found(filled: Record) -> None:
    content = json.loads(_head_file(filled).read_text())
    _head_file(filled).write_text(json.dumps(content | {"n": ENTRIES - 1}))
    assert _found(filled) == {("head_altered", None, None)}
    _head_file(filled).write_text("nonsense")
    assert _found(filled) == {("head_altered", None, None)}


def test_a_head_that_the_log_does_not_have_is_found(filled: Record) -> None:
    """As after a restore of an older backup that was then written to."""
    other = "1" * 64
    head = {"n": 3, "hash": other, "signature": filled.keys.sign(f"3 {other}")}
    _head_file(filled).write_text(json.dumps(head))
    assert _found(filled) == {("log_altered", "a", 3)}


def test_the_table_that_appends_go_by_is_looked_at(filled: Record) -> None:
    here = t.patients.c.patient == "b"
    _do(filled, update(t.patients).where(here).values(events=1))
    assert _found(filled) == {("end_altered", "b", 2)}
    _do(filled, delete(t.patients).where(here))
    assert _found(filled) == {("end_altered", "b", 2)}
    _do(filled, insert(t.patients).values(patient="z", events=1, head=FIRST))
    assert _found(filled) == {("end_altered", "b", 2), ("end_altered", "z", 0)}


def test_altered_rules_of_decisions_are_found(filled: Record) -> None:
    # SHA-256 of b"abc": FIPS 180-2, appendix B.1
    name = "ba7816bf8f01cfea414140de5dae2223b00361a396177a9cb410ff61f20015ad"
    _do(filled, insert(t.contents).values(hash=name, kind="label", content=b"abc"))
    assert _found(filled) == set()
    _do(filled, update(t.contents).values(content=b"abd"))
    assert _found(filled) == {("content_altered", None, None)}


def test_progress_is_told(filled: Record, monkeypatch: pytest.MonkeyPatch) -> None:
    monkeypatch.setattr(verifying, "PROGRESS_EVERY", 3)
    told: list[int] = []
    verify(filled, told.append)
    assert told == [3, 6]


def test_a_snapshot_does_not_see_what_is_written_meanwhile(filled: Record, actor: Actor) -> None:
    count = select(func.count()).select_from(t.events)
    with reading(filled.engine) as connection:
        assert connection.execute(select(func.count()).select_from(t.log)).scalar() == ENTRIES
        filled.append("c", [words("meanwhile")], actor)
        assert connection.execute(count).scalar() == 7
    with reading(filled.engine) as connection:
        assert connection.execute(count).scalar() == 8
