"""A full disk and a held database: a clear error, nothing half-written, and writing goes on."""

from __future__ import annotations

import shutil
import sqlite3
import subprocess
import tempfile
import threading
from collections.abc import Iterator
from contextlib import closing
from pathlib import Path

import psycopg
import pytest
from tests.faults.kill_rounds import PATIENCE_S, check_chain
from tests.support.records import NURSE, SettableClock, database_on, new_keys, opened, words

from antagonist.feedback import database
from antagonist.feedback.keys import Keyring
from antagonist.feedback.record import Record
from antagonist.foundation.errors import InputError

SHORT_MS = 200
DISK_MB = 24
ROOM_BYTES = 4_000_000  # left for rows; ballast takes the rest, and is more than they are


@pytest.fixture
def small_disk() -> Iterator[Path]:
    """A disk of a few MB. Mounting one needs root."""
    outer = Path(tempfile.mkdtemp(prefix="antagonist-disk-"))
    outer.chmod(0o711)  # the server runs as a user of its own
    folder = outer / "disk"
    folder.mkdir()
    mount = ["mount", "-t", "tmpfs", "-o", f"size={DISK_MB}m", "tmpfs", str(folder)]
    if shutil.which("mount") is None or subprocess.call(mount) != 0:
        shutil.rmtree(outer)
        pytest.skip("NOT TESTED: a full disk; mounting a small one needs root")
    yield folder
    subprocess.run(["umount", str(folder)], check=True)
    shutil.rmtree(outer)


def _fill_until_refused(record: Record) -> tuple[int, InputError]:
    """How many calls returned, and the error of the one that did not."""
    for number in range(10_000):
        try:
            record.append("p", [words("x" * 1_000)] * 20, NURSE)
        except InputError as error:
            return number, error
    raise AssertionError("the disk does not fill up")


def test_a_full_disk(backend: str, small_disk: Path, keys: Keyring, clock: SettableClock) -> None:
    ballast = small_disk / "ballast"
    with database_on(backend, small_disk) as url, opened(url, keys, clock) as record:
        ballast.write_bytes(bytes(shutil.disk_usage(small_disk).free - ROOM_BYTES))
        done, error = _fill_until_refused(record)
        assert done > 0
        assert "space on the disk" in str(error)
        ballast.unlink()
        assert [event.n for event in record.all("p")] == list(range(1, 20 * done + 1))
        check_chain(record)
        record.append("p", [words("room again")], NURSE, expected=20 * done)
        check_chain(record)


@pytest.mark.parametrize("before", [0, 1])
def test_a_full_disk_of_the_keys(
    record_url: str, small_disk: Path, clock: SettableClock, before: int
) -> None:
    """The head beside the keys is written after the event, which by then is on record.

    The first head needs room; the later ones may not. Whichever it is: an error says that the
    event was written, the same request again writes nothing twice, and the head catches up.
    """
    ballast = small_disk / "ballast"
    with opened(record_url, new_keys(small_disk), clock) as record:
        for _ in range(before):
            record.append("p", [words("a")], NURSE)
        ballast.write_bytes(bytes(shutil.disk_usage(small_disk).free))
        error = None
        try:
            record.append("p", [words("b")], NURSE, key="k")
        except InputError as found:
            error = found
        assert "were written" in str(error) if error else before, "the first head needs room"
        ballast.unlink()
        record.append("p", [words("b")], NURSE, key="k")
        texts = [event.payload["text"] for event in record.all("p")]
        assert texts == ["a"] * before + ["b"]
        head = record.heads.known()
        assert head is not None
        assert head[0] == before + 1
        check_chain(record)


def _append_in_time(record: Record) -> InputError:
    """The error of an append that must end by itself though the database is held."""
    raised: list[InputError] = []

    def append() -> None:
        with pytest.raises(InputError) as found:
            record.append("p", [words("b")], NURSE)
        raised.append(found.value)

    thread = threading.Thread(target=append, daemon=True)
    thread.start()
    thread.join(PATIENCE_S / 10)
    assert not thread.is_alive(), "it waits for ever"
    return raised[0]


def test_a_database_that_another_program_holds(
    backend: str, record_url: str, record: Record, monkeypatch: pytest.MonkeyPatch
) -> None:
    monkeypatch.setattr(database, "BUSY_MS", SHORT_MS)
    record.append("p", [words("a")], NURSE)
    before = record.all("p")
    if backend == "sqlite":
        held = closing(sqlite3.connect(record_url.removeprefix("sqlite:///"), isolation_level=None))
        with held as other:
            other.execute("BEGIN IMMEDIATE")
            error = _append_in_time(record)
    else:
        with psycopg.connect(record_url) as other:
            other.execute("SELECT pg_advisory_xact_lock(%s)", (database.LOG_LOCK,))
            error = _append_in_time(record)
    assert "another program holds it" in str(error)
    assert record.all("p") == before
    record.append("p", [words("b")], NURSE, expected=1)
    check_chain(record)
