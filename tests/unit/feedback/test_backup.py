"""The drill: back up, destroy, restore, verify; equal bit for bit on both databases."""

from __future__ import annotations

import stat
from collections.abc import Iterator
from contextlib import closing
from pathlib import Path

import pytest
from sqlalchemy import insert, inspect, select, text, update
from tests.support.records import (
    BACKENDS,
    SettableClock,
    empty_database,
    execute_postgres,
    migrated_database,
    opened,
    words,
)

from antagonist.feedback import tables as t
from antagonist.feedback.alarms import evaluate
from antagonist.feedback.archive import fingerprints
from antagonist.feedback.backup import backup, restore
from antagonist.feedback.database import engine_of, migrate, reading, writing
from antagonist.feedback.events import Actor, NewEvent
from antagonist.feedback.identity import create_patient, erase, find, identity_of
from antagonist.feedback.record import Record
from antagonist.feedback.renewing import renew
from antagonist.feedback.today import rebuild
from antagonist.feedback.verify import verify
from antagonist.foundation.errors import InputError

NAMES = {"family": "Петрова"}


@pytest.fixture
def first_filled(record: Record, actor: Actor, clock: SettableClock) -> Record:
    """A row at least in every table of the first version, and text that sorts not by its bytes."""
    patient = create_patient(record, actor, NAMES, [("clinic", "17")])
    erased = create_patient(record, actor, NAMES, [("clinic", "18")])
    for other in ("b", "B", "ä", "a-1", "a 2"):
        record.append(other, [words('"quoted"\n\x1f\\ и по-русски')], actor, key=f"key {other}")
        clock.advance(minutes=1)
    (event,) = record.append(patient, [words("first said")], actor)
    record.append(patient, [words("in truth", corrects=event.event_id)], actor, expected=2)
    dose = {"route": "oral", "dose_mg": 50.0, "status": "reported"}
    record.append(patient, [NewEvent("dose", clock.at, dose)], actor)
    lapse = {"substance": "opioid", "date": f"{clock.at:%Y-%m-%d}"}
    record.append(patient, [NewEvent("lapse", clock.at, lapse)], actor)
    evaluate(record, patient, clock.at)
    rebuild(record)
    erase(record, actor, erased, "asked for")
    with writing(record.engine) as connection:
        content = bytes(range(256))
        connection.execute(insert(t.contents).values(hash="0" * 64, kind="x", content=content))
    return record


@pytest.fixture
def filled(first_filled: Record, actor: Actor) -> Record:
    """A row at least in every table."""
    return renew(first_filled, actor, "a laptop was stolen").record


def _prints(record: Record) -> dict[str, str]:
    with reading(record.engine) as connection:
        return fingerprints(connection)


def test_the_fixture_has_rows_in_every_table(filled: Record) -> None:
    with filled.engine.connect() as connection:
        for table in t.metadata.sorted_tables:
            if table.name in inspect(connection).get_table_names():
                assert connection.execute(select(table).limit(1)).first() is not None, table.name


def _destroy(record: Record, url: str, tmp_path: Path) -> None:
    record.engine.dispose()
    if url.startswith("sqlite"):
        for path in tmp_path.glob("record.db*"):
            path.unlink()
        return
    name = record.engine.url.database
    execute_postgres(f"DROP DATABASE {name} WITH (FORCE)")
    execute_postgres(f"CREATE DATABASE {name} TEMPLATE template1")


def test_the_drill(
    filled: Record, record_url: str, clock: SettableClock, tmp_path: Path,
    actor: Actor,
) -> None:  # fmt: skip
    before, path = _prints(filled), tmp_path / "backup.tar"
    histories = {patient: filled.all(patient) for patient in ("b", "B", "ä")}
    manifest = backup(filled, path)
    _destroy(filled, record_url, tmp_path)
    assert restore(path, record_url) == manifest

    with opened(record_url, filled.keys, clock) as again:
        assert _prints(again) == before
        assert {patient: again.all(patient) for patient in histories} == histories
        problems = verify(again).problems
        # the one content that is not what its hash names was put there so
        assert [problem.kind for problem in problems] == ["content_altered"]
        assert identity_of(again, find(again, "clinic", "17")).names == NAMES
        again.append("b", [words("goes on")], actor, expected=1)
        assert [event.n for event in again.all("b")] == [1, 2]
        with pytest.raises(InputError, match="on record"):
            find(again, "clinic", "18")


@pytest.fixture
def other_url(backend: str, tmp_path: Path) -> Iterator[str]:
    """An empty database of the other kind."""
    (other,) = set(BACKENDS) - {backend}
    folder = tmp_path / "other"
    folder.mkdir()
    with empty_database(other, folder) as url:
        yield url


def test_a_backup_restores_into_the_other_database_and_is_the_same_file_from_there(
    filled: Record, other_url: str, clock: SettableClock, tmp_path: Path
) -> None:
    backup(filled, tmp_path / "first.tar")
    restore(tmp_path / "first.tar", other_url)
    with opened(other_url, filled.keys, clock) as other:
        assert _prints(other) == _prints(filled)
        backup(other, tmp_path / "second.tar")
    assert (tmp_path / "first.tar").read_bytes() == (tmp_path / "second.tar").read_bytes()


@pytest.mark.parametrize("backend", ["postgresql"], indirect=True)
def test_the_database_has_looked_at_what_was_restored(
    filled: Record, backend: str, tmp_path: Path
) -> None:
    """Until PostgreSQL has, it plans as for empty tables."""
    backup(filled, tmp_path / "backup.tar")
    folder = tmp_path / "restored"
    folder.mkdir()
    with empty_database(backend, folder) as url:
        restore(tmp_path / "backup.tar", url)
        engine = engine_of(url)
        with engine.connect() as connection:
            query = text("SELECT reltuples FROM pg_class WHERE relname = 'events'")
            assert connection.execute(query).scalar_one() > 0  # -1: never looked at
        engine.dispose()


def test_tables_without_rows_are_an_empty_database(
    filled: Record, backend: str, clock: SettableClock, tmp_path: Path
) -> None:
    backup(filled, tmp_path / "backup.tar")
    folder = tmp_path / "migrated"
    folder.mkdir()
    with migrated_database(backend, folder) as url:
        restore(tmp_path / "backup.tar", url)
        with opened(url, filled.keys, clock) as again:
            assert _prints(again) == _prints(filled)


def test_a_database_with_rows_is_refused_and_stays_as_it_was(
    filled: Record, record_url: str, tmp_path: Path
) -> None:
    backup(filled, tmp_path / "backup.tar")
    before = _prints(filled)
    with pytest.raises(InputError, match="an empty database"):
        restore(tmp_path / "backup.tar", record_url)
    assert _prints(filled) == before


def test_a_backup_is_never_written_over(filled: Record, tmp_path: Path) -> None:
    path = tmp_path / "backup.tar"
    path.write_text("something kept")
    with pytest.raises(InputError, match="not there yet"):
        backup(filled, path)
    assert path.read_text() == "something kept"


def test_a_backup_that_cannot_be_written_leaves_nothing(filled: Record, tmp_path: Path) -> None:
    with pytest.raises(InputError, match="can be written"):
        backup(filled, tmp_path / "no folder" / "backup.tar")
    assert not (tmp_path / "no folder").exists()


def test_only_the_owner_reads_a_backup_and_nothing_else_is_left(
    filled: Record, tmp_path: Path
) -> None:
    folder = tmp_path / "backups"
    folder.mkdir()
    backup(filled, folder / "backup.tar")
    assert [path.name for path in folder.iterdir()] == ["backup.tar"]
    assert stat.S_IMODE((folder / "backup.tar").stat().st_mode) == 0o600


@pytest.mark.parametrize("share", [0.1, 0.5, 0.99])
def test_a_backup_cut_short_is_refused(
    filled: Record, empty_url: str, tmp_path: Path, share: float
) -> None:
    path = tmp_path / "backup.tar"
    backup(filled, path)
    content = path.read_bytes()
    end = content.rindex(b"manifest.sig")  # what follows the last file is padding
    path.write_bytes(content[: int(end * share)])
    with pytest.raises(InputError):
        restore(path, empty_url)
    assert _tables(empty_url) == []


def test_a_backup_altered_is_refused(filled: Record, empty_url: str, tmp_path: Path) -> None:
    path = tmp_path / "backup.tar"
    backup(filled, path)
    content = path.read_bytes()
    assert content.count(b"first said") == 1
    path.write_bytes(content.replace(b"first said", b"never said"))
    with pytest.raises(InputError, match=r"events\.jsonl"):
        restore(path, empty_url)
    assert _tables(empty_url) == []


def test_what_is_no_backup_is_refused(empty_url: str, tmp_path: Path) -> None:
    path = tmp_path / "backup.tar"
    with pytest.raises(InputError, match="readable file"):
        restore(path, empty_url)
    path.write_text("not a tar archive")
    with pytest.raises(InputError, match="tar archive"):
        restore(path, empty_url)


def test_a_database_of_another_version_is_not_backed_up(filled: Record, tmp_path: Path) -> None:
    with writing(filled.engine) as connection:
        connection.exec_driver_sql("UPDATE alembic_version SET version_num = '9999'")
    with pytest.raises(InputError, match="newer Antagonist"):
        backup(filled, tmp_path / "backup.tar")
    assert not (tmp_path / "backup.tar").exists()


@pytest.mark.parametrize("has_tables", [False, True])
def test_a_backup_of_the_first_version_is_brought_up_to_date(
    first_filled: Record, backend: str, clock: SettableClock, tmp_path: Path,
    monkeypatch: pytest.MonkeyPatch, has_tables: bool,
) -> None:  # fmt: skip
    filled = first_filled
    migrate(filled.engine, "0001")
    with monkeypatch.context() as patched:
        patched.setattr("antagonist.feedback.archive.check_revision", lambda _engine: None)
        assert backup(filled, tmp_path / "old.tar").revision == "0001"
    folder = tmp_path / "again"
    folder.mkdir()
    with (migrated_database if has_tables else empty_database)(backend, folder) as url:
        restore(tmp_path / "old.tar", url)
        migrate(filled.engine)
        with opened(url, filled.keys, clock) as again:
            assert _prints(again) == _prints(filled)


def _tables(url: str) -> list[str]:
    engine = engine_of(url)
    try:
        return inspect(engine).get_table_names()
    finally:
        engine.dispose()


def test_rows_that_the_tables_do_not_take_leave_nothing(
    filled: Record, empty_url: str, clock: SettableClock, tmp_path: Path
) -> None:
    """Whole by its hashes, wrong by the tables' own rules: an identifier of nobody."""
    if filled.engine.dialect.name == "sqlite":
        with closing(filled.engine.raw_connection()) as raw:
            raw.cursor().execute("PRAGMA foreign_keys=OFF")
            raw.cursor().execute("UPDATE identifiers SET patient = 'nobody'")
    else:
        with writing(filled.engine) as connection:
            connection.exec_driver_sql(
                "ALTER TABLE identifiers DROP CONSTRAINT identifiers_patient_fkey"
            )
            connection.execute(update(t.identifiers).values(patient="nobody"))
    backup(filled, tmp_path / "backup.tar")
    with pytest.raises(InputError, match="nothing was imported"):
        restore(tmp_path / "backup.tar", empty_url)
    with opened(empty_url, filled.keys, clock) as empty:
        assert empty.all("b") == ()
