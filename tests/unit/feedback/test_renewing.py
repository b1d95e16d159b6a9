"""New keys: everything is sealed anew, nothing is lost, and the old keys open and write nothing."""

from __future__ import annotations

import base64
import hashlib
import hmac
import json
import stat
from collections.abc import Callable, Mapping
from dataclasses import replace
from pathlib import Path
from typing import Any

import pytest
from cryptography.exceptions import InvalidTag
from cryptography.hazmat.primitives.ciphers.aead import AESGCM
from sqlalchemy import Connection, delete, func, insert, select, text, update
from tests.support.records import NURSE, SettableClock, new_keys, words

from antagonist.feedback import keys_pending, renewing
from antagonist.feedback import tables as t
from antagonist.feedback.chain import entry_hash
from antagonist.feedback.database import migrate, reading, writing
from antagonist.feedback.events import Actor
from antagonist.feedback.handover import OtherKeysError
from antagonist.feedback.identity import (
    Identity,
    add_identifier,
    create_patient,
    erase,
    find,
    identities_of,
    identity_of,
)
from antagonist.feedback.keys import Keyring, load_keyring
from antagonist.feedback.keys_pending import lay_beside
from antagonist.feedback.opening import open_record
from antagonist.feedback.record import Record
from antagonist.feedback.renewing import More, Renewed, look, renew
from antagonist.feedback.verify import verify
from antagonist.foundation.errors import InputError

BOSS = Actor("head.doctor", "administrator", "command line")
REASON = "a laptop was stolen"
PEOPLE = 3
# What is the same on every database is looked at on the quicker one.
QUICK = pytest.mark.parametrize("backend", ["sqlite"], indirect=True)


@pytest.fixture
def patients(record: Record) -> list[str]:
    """Three patients with a name, two identifiers and words; a fourth was erased."""
    made = [
        create_patient(record, NURSE, {"family": f"Unmistakable {n}"}, [("clinic", f"{n}")])
        for n in range(PEOPLE + 1)
    ]
    for n, patient in enumerate(made):
        add_identifier(record, NURSE, patient, "passport", f"4509 {n}")
        record.append(patient, [words("said")], NURSE)
    erase(record, NURSE, made.pop(), "asked for")
    return made


def renewed(record: Record) -> Renewed:
    """Keys renewed once."""
    return renew(record, BOSS, REASON)


def columns(record: Record, *names: str) -> list[dict[str, Any]]:
    """Rows of the tables that keys seal, as they lie in the database."""
    with reading(record.engine) as connection:
        rows: list[dict[str, Any]] = []
        for name in names:
            found = connection.execute(select(t.metadata.tables[name])).mappings()
            rows.extend(dict(row) for row in found)
        return rows


def known(record: Record, patients: list[str]) -> dict[str, Identity]:
    """Who the patients are, and that each is found by both identifiers."""
    for n, patient in enumerate(patients):
        assert find(record, "clinic", f"{n}") == patient
        assert find(record, "passport", f"4509 {n}") == patient
    return identities_of(record, patients)


def test_the_same_people_are_found_and_read(record: Record, patients: list[str]) -> None:
    before = known(record, patients)
    done = renewed(record)
    assert done.sealed == {"patients": PEOPLE, "identifiers": 2 * PEOPLE}
    assert known(done.record, patients) == before
    report = verify(done.record)
    assert (report.problems, report.events) == ((), 3 * (PEOPLE + 1) + 1)
    assert (report.entries, report.patients) == (report.events + 1, PEOPLE + 1)
    # and the record goes on
    add_identifier(done.record, NURSE, patients[0], "card", "1")
    assert find(done.record, "card", "1") == patients[0]
    assert verify(done.record).problems == ()


def test_everything_is_sealed_with_other_keys(record: Record, patients: list[str]) -> None:
    before = {row["patient"]: row for row in columns(record, "identities")}
    digests = {row["digest"] for row in columns(record, "identifiers")}
    done = renewed(record)
    assert done.record.keys.master != record.keys.master
    assert done.record.keys.public != record.keys.public
    for row in columns(record, "identities"):
        old = before[row["patient"]]
        if row["patient"] not in patients:
            assert row["wrapped_key"] is row["sealed"] is None
            continue
        assert row["wrapped_key"] != old["wrapped_key"]
        # nor with the patient's own key, which whoever had the master key may have kept
        own = AESGCM(record.keys.master).decrypt(
            old["wrapped_key"][:12], old["wrapped_key"][12:], None
        )
        for key in (own, record.keys.master):
            for sealed in (row["wrapped_key"], row["sealed"]):
                with pytest.raises(InvalidTag):
                    AESGCM(key).decrypt(sealed[:12], sealed[12:], None)
    after = {row["digest"] for row in columns(record, "identifiers")}
    assert len(after) == len(digests)
    assert not after & digests
    # a digest by the old key, worked out by hand, finds nobody; one by the new key does
    for keys, there in ((record.keys, False), (done.record.keys, True)):
        said = json.dumps(["clinic", "1"]).encode()
        assert (hmac.new(keys.master, said, hashlib.sha256).hexdigest() in after) is there


def test_the_old_keys_open_nothing_and_write_nothing(
    record: Record, patients: list[str], clock: SettableClock
) -> None:
    done = renewed(record)
    before = columns(record, "events", "log", "identities", "identifiers", "requests")
    patient = patients[0]
    stale: tuple[Callable[[], object], ...] = (
        lambda: identity_of(record, patient),
        lambda: identities_of(record, patients),
        lambda: find(record, "clinic", "0"),
        lambda: record.append(patient, [words("late")], NURSE),
        lambda: create_patient(record, NURSE, {}, [("clinic", "0")]),
        lambda: add_identifier(record, NURSE, patient, "card", "2"),
        lambda: erase(record, NURSE, patient, "asked for"),
        lambda: renew(record, BOSS, REASON),
        lambda: look(record),
    )
    for attempt in stale:
        with pytest.raises(InputError):
            attempt()
    with pytest.raises(OtherKeysError, match="key file of now"):
        record.append(patient, [words("late")], NURSE)
    assert columns(record, "events", "log", "identities", "identifiers", "requests") == before
    copy = record.keys.path.with_name("copy")
    copy.write_bytes(done.old_keys.read_bytes())
    copy.chmod(0o600)
    with pytest.raises(OtherKeysError):
        open_record(record.engine, load_keyring(copy), clock)


def test_nothing_that_the_old_key_sealed_is_left_in_the_files(
    record: Record, patients: list[str], backend: str
) -> None:
    if backend != "sqlite":
        # its files are the server's: others have taken their place
        query = text(
            "SELECT relfilenode FROM pg_class WHERE relname IN ('identities', 'identifiers')"
        )
        with reading(record.engine) as connection:
            before = set(connection.execute(query).scalars())
        renewed(record)
        with reading(record.engine) as connection:
            after = set(connection.execute(query).scalars())
        assert len(after) == len(before) == 2
        assert not after & before
        return
    old = [row["wrapped_key"] for row in columns(record, "identities") if row["wrapped_key"]]
    old += [row["digest"].encode() for row in columns(record, "identifiers")]
    path = Path(str(record.engine.url.database))
    files = sorted(path.parent.glob(f"{path.name}*"))
    assert all(any(piece in file.read_bytes() for file in files) for piece in old)
    renewed(record)
    assert not any(piece in file.read_bytes() for file in files for piece in old)
    assert len(old) == 3 * PEOPLE == 3 * len(patients)


@pytest.mark.usefixtures("patients")
@QUICK
def test_it_is_told_who_did_it_and_why_and_signed_by_the_old_key(record: Record) -> None:
    done = renewed(record)
    (row,) = columns(record, "handovers")
    (said,) = verify(done.record).handovers
    assert (said.author, said.role, said.reason) == ("head.doctor", "administrator", REASON)
    # as the decision record has it: the statement's fields between unit separators
    fields = ("n", "recorded_at", "author", "role", "source", "reason", "old_public", "new_public")
    signed = "\x1f".join(str(row[name]) for name in fields)
    old = record.keys.signing.public_key()
    assert base64.b64decode(row["old_public"]) == old.public_bytes_raw()
    old.verify(base64.b64decode(row["signature"]), signed.encode())
    (entry,) = (each for each in columns(record, "log") if each["n"] == done.entry)
    assert entry["head"] == hashlib.sha256(f"{signed}\x1f{row['signature']}".encode()).hexdigest()
    new = done.record.keys.signing.public_key()
    new.verify(base64.b64decode(entry["signature"]), entry["hash"].encode())


@pytest.mark.usefixtures("patients")
@QUICK
def test_files_of_keys(record: Record) -> None:
    before = record.keys.path.read_bytes()
    done = renewed(record)
    folder = record.keys.path.parent
    assert {path.name for path in folder.iterdir()} == {
        "record.keys", "record.keys.old1", "record.head",
    }  # fmt: skip
    assert done.old_keys.read_bytes() == before
    assert stat.S_IMODE(record.keys.path.stat().st_mode) == 0o600
    assert stat.S_IMODE(done.old_keys.stat().st_mode) == 0o600
    for secret in json.loads(before).values():
        assert secret.encode() not in record.keys.path.read_bytes()
    again = load_keyring(record.keys.path)
    assert (again.master, again.public) == (done.record.keys.master, done.record.keys.public)
    assert again.retired == done.record.keys.retired


@QUICK
def test_keys_are_renewed_again_and_again(record: Record, patients: list[str]) -> None:
    before = known(record, patients)
    for _ in range(3):
        record = renewed(record).record
        record.append(patients[0], [words("between")], NURSE)
    assert len(record.keys.retired) == 3
    assert known(record, patients) == before
    report = verify(record)
    assert (report.problems, len(report.handovers)) == ((), 3)
    names = sorted(path.name for path in record.keys.path.parent.glob("*.old*"))
    assert names == ["record.keys.old1", "record.keys.old2", "record.keys.old3"]


@QUICK
def test_an_old_file_of_other_keys_is_not_written_over(record: Record) -> None:
    other = record.keys.path.with_name("record.keys.old1")
    other.write_text("of another time")
    assert renewed(record).old_keys.name == "record.keys.old2"
    assert other.read_text() == "of another time"


@QUICK
def test_a_record_without_entries_gets_new_keys(record: Record) -> None:
    done = renewed(record)
    assert (done.entry, done.sealed) == (1, {"patients": 0, "identifiers": 0})
    assert verify(done.record).problems == ()


@QUICK
def test_looking_counts_and_writes_nothing(record: Record, patients: list[str]) -> None:
    before = columns(record, "log", "identities", "identifiers", "handovers")
    files = {path.name for path in record.keys.path.parent.iterdir()}
    told: list[int] = []
    assert look(record, progress=told.append) == {"patients": PEOPLE, "identifiers": 2 * PEOPLE}
    assert told == [len(patients)]
    assert columns(record, "log", "identities", "identifiers", "handovers") == before
    assert {path.name for path in record.keys.path.parent.iterdir()} == files


@QUICK
def test_more_patients_than_are_held_at_once(
    record: Record, patients: list[str], monkeypatch: pytest.MonkeyPatch
) -> None:
    monkeypatch.setattr(renewing, "PATIENTS_AT_ONCE", 2)
    before = known(record, patients)
    assert known(renewed(record).record, patients) == before


def _spoil(record: Record, *statements: Any) -> None:
    with writing(record.engine) as connection:
        for statement in statements:
            connection.execute(statement)


@QUICK
@pytest.mark.parametrize(
    ("spoilt", "said"),
    [
        (update(t.identities).values(wrapped_key=b"x" * 60), "the key that sealed it"),
        (update(t.identities).values(sealed=b"x"), "the key that sealed it"),
        (update(t.identities).values(sealed=None), "the key that sealed it"),
        (delete(t.identifiers), "the table identifiers was altered"),
        (update(t.log).values(signature="AAAA"), "whose end these keys signed"),
    ],
)
def test_what_the_keys_do_not_open_is_refused(
    record: Record, patients: list[str], spoilt: Any, said: str
) -> None:
    _spoil(record, spoilt.where(t.identities.c.patient == patients[1])
           if spoilt.table is t.identities else spoilt)  # fmt: skip
    before = columns(record, "log", "identities", "identifiers", "handovers")
    for attempt in (look, renewed):
        with pytest.raises(InputError, match=said) as raised:
            attempt(record)
        if spoilt.table is t.identities:
            assert raised.value.value == patients[1]
    assert columns(record, "log", "identities", "identifiers", "handovers") == before
    assert load_keyring(record.keys.path).public == record.keys.public


@QUICK
def test_a_digest_that_no_identity_explains_is_refused(record: Record, patients: list[str]) -> None:
    _spoil(record, insert(t.identifiers).values(digest="0" * 64, patient=patients[2]))
    with pytest.raises(InputError, match="altered"):
        renewed(record)
    erased = select(t.identities.c.patient).where(t.identities.c.sealed.is_(None))
    with reading(record.engine) as connection:
        nobody = connection.execute(erased).scalar_one()
    _spoil(record, update(t.identifiers).where(t.identifiers.c.digest == "0" * 64)
           .values(patient=nobody))  # fmt: skip
    with pytest.raises(InputError, match="altered"):
        renewed(record)


@pytest.mark.usefixtures("patients")
@QUICK
def test_a_log_that_was_cut_off_is_not_handed_over(record: Record) -> None:
    with reading(record.engine) as connection:
        last = connection.execute(select(func.max(t.log.c.n))).scalar_one()
    _spoil(record, delete(t.log).where(t.log.c.n == last))
    with pytest.raises(InputError, match="record verify"):
        renewed(record)


@QUICK
@pytest.mark.parametrize(("author", "reason"), [("", REASON), ("boss", " "), ("boss", "a\nb")])
def test_who_and_why_are_asked_for(record: Record, author: str, reason: str) -> None:
    with pytest.raises(InputError):
        renew(record, replace(BOSS, author=author), reason)


@pytest.mark.usefixtures("patients")
def test_what_the_caller_keeps_sealed_is_part_of_it(record: Record) -> None:
    seen: list[tuple[str, str | None]] = []

    def reseal(_: Connection, old: Keyring, new: Keyring | None) -> Mapping[str, int]:
        seen.append((old.public, new.public if new else None))
        return {"letters": 7}

    more = (More(reseal, ()),)
    assert look(record, more)["letters"] == 7
    done = renew(record, BOSS, REASON, more)
    assert done.sealed == {"patients": PEOPLE, "identifiers": 2 * PEOPLE, "letters": 7}
    assert seen == [(record.keys.public, None), (record.keys.public, done.record.keys.public)]


class StopError(Exception):
    """As if the process were killed there."""


def _laid_then(stop: Callable[[], None]) -> Callable[[Keyring], None]:
    """Stop once the new keys lie beside the old ones."""

    def lay(keys: Keyring) -> None:
        lay_beside(keys)
        stop()

    return lay


def _stopped(*_: object, **__: object) -> None:
    raise StopError


# The module's file, its function, and whether the new keys are in force when that is reached.
STAGES: dict[str, tuple[Any, str, bool]] = {
    "nothing sealed yet": (renewing, "_identities", False),
    "sealed, not handed over": (renewing, "_hand_over", False),
    "before the new file": (renewing, "lay_beside", False),
    "before the old file is kept": (keys_pending, "new_file", True),
    "between the two files": (keys_pending, "take_place", True),
    "before the names are on the disk": (keys_pending, "sync_folder", True),
    "before the head is kept": (renewing, "Heads", True),
    "before cleaning up": (renewing, "leave_no_copies", True),
}


@QUICK
@pytest.mark.parametrize("stage", STAGES)
def test_stopped_anywhere_one_of_the_keys_is_wholly_in_force(
    record: Record, patients: list[str], clock: SettableClock, stage: str
) -> None:
    before = known(record, patients)
    place, name, through = STAGES[stage]
    with pytest.MonkeyPatch.context() as patch:
        if place is keys_pending:
            # the files of before the handover are made by the same means
            def then() -> None:
                patch.setattr(place, name, _stopped)

            patch.setattr(renewing, "lay_beside", _laid_then(then))
        else:
            patch.setattr(place, name, _stopped)
        with pytest.raises(StopError):
            renewed(record)
    _usable(record, patients, before, clock, through=through)


def test_stopped_after_the_database_has_it_the_next_program_takes_the_new_file(
    record: Record, patients: list[str], clock: SettableClock
) -> None:
    before = known(record, patients)
    with pytest.MonkeyPatch.context() as patch:
        patch.setattr(renewing, "settled", _stopped)
        with pytest.raises(StopError):
            renewed(record)
    _usable(record, patients, before, clock, through=True)


def test_stopped_after_the_new_file_and_before_the_database_has_it(
    record: Record, patients: list[str], clock: SettableClock
) -> None:
    before = known(record, patients)
    with pytest.MonkeyPatch.context() as patch:
        patch.setattr(renewing, "lay_beside", _laid_then(_stopped))
        with pytest.raises(StopError):
            renewed(record)
    assert keys_pending.pending_path(record.keys.path).exists()
    _usable(record, patients, before, clock, through=False)


def _usable(
    record: Record, patients: list[str], before: dict[str, Identity], clock: SettableClock, *,
    through: bool,
) -> None:  # fmt: skip
    """Opened as the next program would, then written to, renewed and verified."""
    again = open_record(record.engine, load_keyring(record.keys.path), clock)
    assert (again.keys.public != record.keys.public) is through
    assert again.keys.public == load_keyring(record.keys.path).public
    assert known(again, patients) == before
    again.append(patients[0], [words("after")], NURSE)
    report = verify(again)
    assert (report.problems, len(report.handovers)) == ((), int(through))
    done = renewed(again)
    assert known(done.record, patients) == before
    report = verify(done.record)
    assert (report.problems, len(report.handovers)) == ((), 1 + through)


@pytest.mark.usefixtures("patients")
@QUICK
def test_keys_newer_than_a_restored_database_are_refused(
    record: Record, clock: SettableClock
) -> None:
    done = renewed(record)
    _spoil(record, delete(t.handovers))  # as a backup made before would be
    with pytest.raises(OtherKeysError, match="key file of that time"):
        open_record(record.engine, done.record.keys, clock)


def _found(record: Record) -> set[tuple[str, int | None]]:
    return {(problem.kind, problem.n) for problem in verify(record).problems}


@QUICK
def test_an_altered_handover_is_found(record: Record) -> None:
    done = renewed(record)
    (row,) = columns(record, "handovers")
    for column in sorted(row.keys() - {"n"}):
        _spoil(record, update(t.handovers).values({column: "another"}))
        assert _found(done.record) == {("handover", done.entry)}, column
        _spoil(record, update(t.handovers).values({column: row[column]}))
    assert _found(done.record) == set()


@pytest.mark.usefixtures("patients")
@QUICK
def test_a_handover_that_is_missing_or_one_too_many_is_found(record: Record) -> None:
    done = renewed(record)
    (row,) = columns(record, "handovers")
    _spoil(record, insert(t.handovers).values({**row, "n": done.entry + 1}))
    assert _found(done.record) == {("handover", done.entry + 1)}
    _spoil(record, delete(t.handovers))
    assert _found(done.record) == {("handover", done.entry)}


def _forged(record: Record, keys: Keyring, first: int) -> None:
    """The log from an entry on made anew and signed, by whoever has keys. first: of it."""
    rows = sorted(columns(record, "log"), key=lambda row: row["n"])
    previous = "0" * 64 if first == 1 else rows[first - 2]["hash"]
    for row in rows[first - 1 :]:
        head = "f" * 64 if row["n"] == first else row["head"]
        found = entry_hash(
            previous, row["n"], row["patient"], row["events"], head, row["recorded_at"]
        )
        values = {"head": head, "hash": found, "signature": keys.sign(found)}
        _spoil(record, update(t.log).where(t.log.c.n == row["n"]).values(values))
        previous = found


@pytest.mark.usefixtures("patients")
@QUICK
@pytest.mark.parametrize("head_file", [True, False])
def test_history_made_anew_with_the_old_key_is_found(record: Record, head_file: bool) -> None:
    """The old signing key leaked: that is what it was renewed for."""
    done = renewed(record)
    if not head_file:
        record.keys.path.with_name("record.head").unlink()
    _forged(record, record.keys, 3)
    found = _found(done.record)
    assert ("log_altered", done.entry) in found
    assert ("signature", 3) in found or ("signature", done.entry) in found


@pytest.mark.usefixtures("patients")
@QUICK
def test_a_log_cut_off_before_the_handover_is_found_without_the_head(record: Record) -> None:
    done = renewed(record)
    record.keys.path.with_name("record.head").unlink()
    _spoil(record, delete(t.log).where(t.log.c.n == done.entry), delete(t.handovers))
    assert _found(done.record) == {("log_cut_off", done.entry), ("handover", done.entry)}


@pytest.mark.usefixtures("patients")
@QUICK
def test_a_head_signed_with_the_old_key_is_one_of_before(record: Record) -> None:
    done = renewed(record)
    path = record.keys.path.with_name("record.head")
    for n, fits in ((done.entry - 1, True), (done.entry, False), (done.entry + 9, False)):
        (row,) = (row for row in columns(record, "log") if row["n"] == min(n, done.entry))
        head = {"n": n, "hash": row["hash"]}
        path.write_text(json.dumps({**head, "signature": record.keys.sign(f"{n} {row['hash']}")}))
        if fits:
            assert done.record.heads.known() == (n, row["hash"])
        else:
            with pytest.raises(InputError, match="a head signed"):
                done.record.heads.known()


@QUICK
def test_nobody_is_given_the_id_of_the_record_itself(record: Record) -> None:
    with pytest.raises(InputError, match="the record does not use itself"):
        record.append(t.RECORD_ITSELF, [words("x")], NURSE)


def test_tables_do_not_go_back_once_keys_were_renewed(record: Record) -> None:
    migrate(record.engine, "0004")
    migrate(record.engine)
    renewed(record)
    with pytest.raises(InputError, match="keys were renewed"):
        migrate(record.engine, "0004")
    assert columns(record, "handovers")


@QUICK
def test_a_pending_file_of_another_record_is_left_alone(
    record: Record, clock: SettableClock, tmp_path: Path
) -> None:
    other = new_keys(tmp_path / "other")
    beside = keys_pending.pending_path(record.keys.path)
    beside.write_bytes(other.path.read_bytes())
    beside.chmod(0o600)
    assert open_record(record.engine, record.keys, clock).keys.public == record.keys.public
    assert beside.exists()
