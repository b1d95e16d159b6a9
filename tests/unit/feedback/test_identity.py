"""Names and identifiers apart from the events; merges as events; erasing."""

from __future__ import annotations

from pathlib import Path

import pytest
from sqlalchemy import select, update
from tests.support.records import SettableClock, words

from antagonist.feedback import identity
from antagonist.feedback import tables as t
from antagonist.feedback.database import writing
from antagonist.feedback.events import Actor
from antagonist.feedback.identity import (
    add_identifier,
    create_patient,
    erase,
    find,
    identities_of,
    identity_of,
)
from antagonist.feedback.merging import everybody, history_of_all, members, merge, unmerge
from antagonist.feedback.record import Record
from antagonist.feedback.verify import verify
from antagonist.foundation.errors import InputError

NAMES = {"family": "Петрова", "given": "Анна"}
CLINIC = "clinic"


def _created(record: Record, actor: Actor, value: str) -> str:
    return create_patient(record, actor, NAMES, [(CLINIC, value)])


def _row(record: Record, patient: str) -> tuple[bytes | None, bytes | None]:
    query = select(t.identities.c.wrapped_key, t.identities.c.sealed)
    with record.engine.connect() as connection:
        found = connection.execute(query.where(t.identities.c.patient == patient)).one()
    return found[0], found[1]


def test_a_created_patient_is_found_and_read(record: Record, actor: Actor) -> None:
    patient = create_patient(
        record, actor, NAMES, [(CLINIC, "17"), ("passport", "17")], program="day clinic"
    )
    assert find(record, CLINIC, "17") == patient
    assert find(record, "passport", "17") == patient
    found = identity_of(record, patient)
    assert found.names == NAMES
    assert found.identifiers == ((CLINIC, "17"), ("passport", "17"))
    (event,) = record.all(patient)
    assert (event.kind, event.author, event.payload) == (
        "patient_created",
        actor.author,
        {"program": "day clinic"},
    )


@pytest.mark.parametrize(
    ("system", "value"),
    [(CLINIC, "18"), ("passport", "17"), ("CLINIC", "17"), (CLINIC, "017"), ("clinic1", "7")],
)
def test_only_an_exact_match_finds(record: Record, actor: Actor, system: str, value: str) -> None:
    _created(record, actor, "17")
    with pytest.raises(InputError, match="identifier of a patient on record"):
        find(record, system, value)


@pytest.mark.parametrize(("system", "value"), [("", "1"), (CLINIC, ""), (CLINIC, " 1")])
def test_identifiers_are_whole(record: Record, actor: Actor, system: str, value: str) -> None:
    with pytest.raises(InputError, match="text without spaces around it"):
        create_patient(record, actor, NAMES, [(system, value)])


def test_an_identifier_of_another_is_refused_and_nothing_written(
    record: Record, actor: Actor
) -> None:
    first = _created(record, actor, "17")
    with pytest.raises(InputError, match=first):
        create_patient(record, actor, NAMES, [(CLINIC, "18"), (CLINIC, "17")])
    with pytest.raises(InputError, match="on record"):
        find(record, CLINIC, "18")
    assert verify(record).patients == 1


def test_several_identities_are_those_read_one_by_one(record: Record, actor: Actor) -> None:
    known = [
        create_patient(record, actor, {"given": given}, [(CLINIC, given)])
        for given in ("Анна", "Борис", "Вера")
    ]
    erase(record, actor, known[1], "asked for it")
    found = identities_of(record, [*known, "unknown", known[0]])
    assert found == {each: identity_of(record, each) for each in (known[0], known[2])}
    assert found[known[2]].names == {"given": "Вера"}
    assert identities_of(record, []) == {}


def test_more_identities_than_one_query_takes_are_all_read(
    record: Record, actor: Actor, monkeypatch: pytest.MonkeyPatch
) -> None:
    monkeypatch.setattr(identity, "ASKED_AT_ONCE", 2)
    known = [_created(record, actor, str(number)) for number in range(5)]
    assert set(identities_of(record, known)) == set(known)


def test_everybody_is_listed_once_with_the_events_written(record: Record, actor: Actor) -> None:
    assert everybody(record) == []
    first, second, third = (_created(record, actor, value) for value in ("17", "18", "19"))
    record.append(second, [words("one"), words("two")], actor)
    merge(record, actor, first, third, "same passport")
    assert everybody(record) == sorted([(first, 2), (second, 3)])
    unmerge(record, actor, first, third, "two sisters")
    assert [patient for patient, _ in everybody(record)] == sorted([first, second, third])


def test_two_candidates_are_refused_with_both_named(record: Record, actor: Actor) -> None:
    first = _created(record, actor, "17")
    second = create_patient(record, actor, NAMES, [(CLINIC, "17")], shared=True)
    with pytest.raises(InputError) as error:
        find(record, CLINIC, "17")
    assert first in str(error.value)
    assert second in str(error.value)


def test_an_added_identifier_finds(record: Record, actor: Actor) -> None:
    patient = _created(record, actor, "17")
    add_identifier(record, actor, patient, "passport", "X1")
    add_identifier(record, actor, patient, "passport", "X1")
    assert find(record, "passport", "X1") == patient
    assert [(e.kind, e.payload) for e in record.all(patient)[1:]] == [
        ("identifier_added", {"system": "passport"})
    ]
    assert identity_of(record, patient).identifiers == ((CLINIC, "17"), ("passport", "X1"))
    other = _created(record, actor, "18")
    with pytest.raises(InputError, match=patient):
        add_identifier(record, actor, other, "passport", "X1")
    assert identity_of(record, other).identifiers == ((CLINIC, "18"),)


def test_nothing_of_an_identity_stands_in_the_database_openly(record: Record, actor: Actor) -> None:
    _created(record, actor, "unmistakable-17")
    with record.engine.connect() as connection:
        rows = [
            row for table in t.metadata.sorted_tables for row in connection.execute(table.select())
        ]
    shown = b"|".join(
        value if isinstance(value, bytes) else str(value).encode() for row in rows for value in row
    )
    assert rows
    for secret in ("unmistakable-17", "Петрова", CLINIC):
        assert secret.encode() not in shown


def test_a_row_exchanged_for_anothers_is_refused(record: Record, actor: Actor) -> None:
    first, second = _created(record, actor, "17"), _created(record, actor, "18")
    wrapped_key, sealed = _row(record, second)
    change = update(t.identities).where(t.identities.c.patient == first)
    with writing(record.engine) as connection:
        connection.execute(change.values(wrapped_key=wrapped_key, sealed=sealed))
    with pytest.raises(InputError, match=second):
        identity_of(record, first)
    with pytest.raises(InputError, match=second):
        identities_of(record, [first])
    with pytest.raises(InputError, match="its own identity"):
        find(record, CLINIC, "17")


def test_a_digest_moved_to_another_is_refused(record: Record, actor: Actor) -> None:
    first, second = _created(record, actor, "17"), _created(record, actor, "18")
    with writing(record.engine) as connection:
        here = t.identifiers.c.patient == first
        connection.execute(update(t.identifiers).where(here).values(patient=second))
    with pytest.raises(InputError, match="was altered"):
        find(record, CLINIC, "17")


def test_a_merged_patient_is_read_through_the_one_kept(
    record: Record, actor: Actor, clock: SettableClock
) -> None:
    keep, other = _created(record, actor, "17"), _created(record, actor, "18")
    record.append(other, [words("before", clock.at)], actor)
    record.append(keep, [words("also before", clock.at)], actor)
    before = clock.at
    clock.advance(days=1)
    merge(record, actor, keep, other, "same passport")

    assert members(record, keep) == (keep, other)
    assert members(record, other) == (other,)
    assert members(record, keep, known_at=before) == (keep,)
    assert find(record, CLINIC, "18") == keep
    said = [e.payload["text"] for e in history_of_all(record, keep) if e.kind == "words"]
    assert sorted(said) == ["also before", "before"]
    then = history_of_all(record, keep, known_at=before)
    assert [e.payload["text"] for e in then if e.kind == "words"] == ["also before"]
    for patient, named in ((keep, other), (other, keep)):
        event = record.all(patient)[-1]
        assert (event.kind, event.payload["other"], event.payload["kept"]) == (
            "merged",
            named,
            keep,
        )
    assert verify(record).problems == ()


def test_a_merge_is_taken_apart_and_made_again(
    record: Record, actor: Actor, clock: SettableClock
) -> None:
    keep, other = _created(record, actor, "17"), _created(record, actor, "18")
    merge(record, actor, keep, other, "same passport")
    merged_at = clock.at
    clock.advance(days=1)
    unmerge(record, actor, keep, other, "two sisters")
    assert members(record, keep) == (keep,)
    assert members(record, keep, known_at=merged_at) == (keep, other)
    assert find(record, CLINIC, "18") == other
    for patient in (keep, other):
        merged, unmerged = record.all(patient)[-2:]
        assert unmerged.kind == "unmerged"
        assert unmerged.payload["event"] == merged.event_id
    with pytest.raises(InputError, match=f"a patient merged into {keep}"):
        unmerge(record, actor, keep, other, "again")
    clock.advance(days=1)
    merge(record, actor, other, keep, "one after all, the other way")
    assert members(record, other) == (other, keep)
    assert find(record, CLINIC, "17") == other


def test_merges_go_on_through_others(record: Record, actor: Actor) -> None:
    a, b, c = (_created(record, actor, value) for value in "abc")
    merge(record, actor, b, c, "same")
    merge(record, actor, a, b, "same")
    assert members(record, a) == (a, b, c)
    assert find(record, CLINIC, "c") == a
    with pytest.raises(InputError, match=f"into {a}"):
        merge(record, actor, c, a, "a circle")
    with pytest.raises(InputError, match=f"into {a}"):
        merge(record, actor, a, b, "twice")


def test_merges_need_two_patients_on_record(record: Record, actor: Actor) -> None:
    patient = _created(record, actor, "17")
    with pytest.raises(InputError, match="another patient"):
        merge(record, actor, patient, patient, "same")
    for keep, other in ((patient, "nobody"), ("nobody", patient)):
        with pytest.raises(InputError, match="a patient on record"):
            merge(record, actor, keep, other, "same")
    assert len(record.all(patient)) == 1


def test_erasing_forgets_who_and_keeps_what(record: Record, actor: Actor) -> None:
    patient, other = _created(record, actor, "17"), _created(record, actor, "18")
    record.append(patient, [words("stays")], actor)
    erase(record, actor, patient, "asked for")

    assert _row(record, patient) == (None, None)
    with pytest.raises(InputError, match="identifier of a patient on record"):
        find(record, CLINIC, "17")
    with pytest.raises(InputError, match="not erased"):
        identity_of(record, patient)
    with pytest.raises(InputError, match="not erased"):
        add_identifier(record, actor, patient, CLINIC, "19")
    with pytest.raises(InputError, match="not erased"):
        erase(record, actor, patient, "again")
    assert [event.kind for event in record.all(patient)] == [
        "patient_created",
        "words",
        "identity_erased",
    ]
    assert verify(record).problems == ()
    assert find(record, CLINIC, "18") == other


def test_erasing_takes_what_was_merged_and_refuses_the_merged_one(
    record: Record, actor: Actor
) -> None:
    keep, other = _created(record, actor, "17"), _created(record, actor, "18")
    merge(record, actor, keep, other, "same passport")
    with pytest.raises(InputError, match=f"merged into: {keep}"):
        erase(record, actor, other, "asked for")
    assert identity_of(record, other).names == NAMES
    erase(record, actor, keep, "asked for")
    assert _row(record, keep) == _row(record, other) == (None, None)
    assert [record.all(each)[-1].kind for each in (keep, other)] == ["identity_erased"] * 2
    assert verify(record).problems == ()


def test_an_erased_key_is_gone_from_the_files_of_sqlite(
    record: Record, actor: Actor, tmp_path: Path
) -> None:
    patient = _created(record, actor, "17")
    wrapped_key, sealed = _row(record, patient)
    assert wrapped_key is not None
    assert sealed is not None
    if record.engine.dialect.name != "sqlite":
        pytest.skip("PostgreSQL keeps its files itself")
    with record.engine.connect():  # a connection left open keeps the write-ahead log
        add_identifier(record, actor, patient, "passport", "X1")
        assert wrapped_key in b"".join(p.read_bytes() for p in tmp_path.glob("record.db*"))
        erase(record, actor, patient, "asked for")
        left = b"".join(p.read_bytes() for p in tmp_path.glob("record.db*"))
    assert left
    assert wrapped_key not in left
    assert sealed not in left


def test_an_unknown_patient_has_no_identity(record: Record, actor: Actor) -> None:
    with pytest.raises(InputError, match="identity is on record"):
        identity_of(record, "nobody")
    with pytest.raises(InputError, match="identity is on record"):
        erase(record, actor, "nobody", "asked for")
