"""Rounds of the kill test: a writer is killed at a random moment, then the record is looked at."""

from __future__ import annotations

import multiprocessing
import os
import random
import signal
import time
from collections import Counter
from collections.abc import Callable
from dataclasses import dataclass
from multiprocessing.context import ForkServerContext, ForkServerProcess
from pathlib import Path

from sqlalchemy import text
from tests.faults import writer

from antagonist.feedback import tables as t
from antagonist.feedback.chain import FIRST, entry_hash, event_hash
from antagonist.feedback.database import engine_of, reading
from antagonist.feedback.keys import Keyring
from antagonist.feedback.record import Record
from antagonist.feedback.verify import verify

LONGEST_LIFE_S = 0.12  # of a writer, from its first acknowledgement or, at times, from its start
PATIENCE_S = 30.0
EVENTS = f"SELECT {', '.join(t.HASHED)}, hash FROM events ORDER BY patient, n"
LOG = "SELECT n, patient, events, head, recorded_at, hash FROM log ORDER BY n"


@dataclass(frozen=True, slots=True)
class Round:
    """What one round came to. unacknowledged: requests on record whose call had not returned."""

    acknowledged: int
    unacknowledged: int


@dataclass(frozen=True)
class Place:
    """Where rounds are run. folder: for the lists of acknowledgements."""

    url: str
    keys: Keyring
    folder: Path


Harm = Callable[[], None]  # something done to the database while the writer runs


def processes() -> ForkServerContext:
    """Processes that start with the record's code already loaded, and share no state with us."""
    context = multiprocessing.get_context("forkserver")
    context.set_forkserver_preload([writer.__name__])
    return context


def kill_round(place: Place, number: int, chosen: random.Random, harm: Harm | None = None) -> Round:
    """Let a writer write, kill it with SIGKILL, and check every promise of the record.

    number: of the round. harm: done before the kill; the writer must then get one call more
    through. Raises AssertionError for a promise that was not kept.
    """
    name = f"round-{number}"
    path = place.folder / f"{name}.acknowledged"
    path.touch()
    context = processes()
    receiver, sender = context.Pipe(duplex=False)
    keeper = context.Process(target=writer.keep, args=(receiver, str(path)))
    seed = chosen.randrange(2**32)
    arguments = (place.url, str(place.keys.path), name, seed, sender)
    written = context.Process(target=writer.write, args=arguments)
    keeper.start()
    written.start()
    # Only the children hold the ends now: the keeper's input ends with the writer.
    receiver.close()
    sender.close()
    if harm is not None or chosen.random() < 0.8:
        _wait_for_more(path, 0, written)
    time.sleep(chosen.uniform(0, LONGEST_LIFE_S))
    if harm is not None:
        harm()
        _wait_for_more(path, path.stat().st_size, written)
    _kill(written)
    keeper.join(PATIENCE_S)
    assert keeper.exitcode == 0, "the keeper must end with its input"
    return _checked(place, name, seed, path.read_text(encoding="utf-8").split())


def _wait_for_more(path: Path, size: int, written: ForkServerProcess) -> None:
    end = time.monotonic() + PATIENCE_S
    while path.stat().st_size <= size:
        assert written.is_alive(), "the writer ended by itself"
        assert time.monotonic() < end, "the writer does not get through"
        time.sleep(0.001)


def _kill(written: ForkServerProcess) -> None:
    assert written.pid is not None
    os.kill(written.pid, signal.SIGKILL)
    written.join(PATIENCE_S)
    assert written.exitcode == -signal.SIGKILL, "the writer must have been alive until the kill"


def _checked(place: Place, name: str, seed: int, acknowledged: list[str]) -> Round:
    engine = engine_of(place.url)
    try:
        record = Record(engine, place.keys)
        check_chain(record)
        return _all_there(record, name, seed, acknowledged)
    finally:
        engine.dispose()


def _all_there(record: Record, name: str, seed: int, acknowledged: list[str]) -> Round:
    """Every acknowledged request is on record, whole and once, and at most one other."""
    query = text("SELECT patient, payload FROM events WHERE payload LIKE :mine ORDER BY seq")
    with reading(record.engine) as connection:
        found = connection.execute(query, {"mine": f'%"{name}-%'})
        there = Counter((str(row[0]), str(row[1])) for row in found)
    made = writer.requests(name, seed)
    for key in acknowledged:
        expected, patient, texts = next(made)
        assert key == expected
        for each in texts:
            assert there.pop((patient, f'{{"text":"{each}"}}'), 0) == 1, f"{each} is lost or twice"
    if there:
        _, patient, texts = next(made)
        assert there == Counter({(patient, f'{{"text":"{each}"}}'): 1 for each in texts})
    return Round(len(acknowledged), int(bool(there)))


def check_chain(record: Record) -> None:
    """Chains, log and derived tables agree, worked out here and by the record's own check."""
    ends: dict[str, tuple[int, str]] = {}
    with reading(record.engine) as connection:
        for row in connection.execute(text(EVENTS)):
            patient, n, found = row[1], row[2], row[-1]
            before, previous = ends.get(patient, (0, FIRST))
            assert n == before + 1, f"{patient}: event {before + 1} is missing"
            assert found == event_hash(previous, tuple(row[:-1])), f"{patient}: {n} was altered"
            ends[patient] = (n, found)
        kept = connection.execute(text("SELECT patient, events, head FROM patients"))
        assert {row[0]: (row[1], row[2]) for row in kept} == ends
        last, logged = (0, FIRST), dict[str, tuple[int, str]]()
        for n, patient, events, head, at, found in connection.execute(text(LOG)):
            assert n == last[0] + 1, f"log entry {last[0] + 1} is missing"
            assert found == entry_hash(last[1], n, patient, events, head, at)
            last, logged[patient] = (n, found), (events, head)
        signed = text("SELECT signature FROM log WHERE n = :last")
        signature = connection.execute(signed, {"last": last[0]}).scalar()
    assert logged == ends
    assert last == (0, FIRST) or record.keys.signed(last[1], str(signature))
    known = record.heads.known()
    assert known is None or known[0] <= last[0], "the head beside the keys is ahead of the log"
    assert verify(record).problems == ()
