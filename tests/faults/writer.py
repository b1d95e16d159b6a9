"""Processes of the kill test: one writes to a record, another keeps what was acknowledged.

A call is acknowledged when it has returned; the writer then names it to the keeper, which brings
the name to the disk before it takes the next one. The two share only a pipe, so that a SIGKILL of
the writer takes nothing from the keeper.
"""

from __future__ import annotations

import os
import random
import time
from collections.abc import Iterator
from datetime import UTC, datetime, timedelta
from multiprocessing.connection import Connection
from pathlib import Path

from antagonist.feedback.database import engine_of
from antagonist.feedback.events import Actor, NewEvent
from antagonist.feedback.keys import load_keyring
from antagonist.feedback.opening import open_record
from antagonist.feedback.record import ConflictError, Record
from antagonist.foundation.errors import InputError

WRITER = Actor("writer", "program", "kill test")
PATIENTS = 3
MOST_EVENTS = 5  # of one call
AGAIN_S = 0.02  # before a call that failed is made once more


def write(url: str, keys: str, name: str, seed: int, acknowledged: Connection) -> None:
    """Append until killed, and name each request once its call has returned.

    name: of this writer, part of its requests' keys. A call that fails, as when the server goes
    away, is made again with the same key.
    """
    record = open_record(engine_of(url), load_keyring(Path(keys)))
    for key, patient, texts in requests(name, seed):
        said = datetime.now(UTC) - timedelta(hours=1)
        new = [NewEvent("words", said, {"text": text}) for text in texts]
        _append_until_kept(record, patient, new, key)
        acknowledged.send_bytes(key.encode())


def requests(name: str, seed: int) -> Iterator[tuple[str, str, list[str]]]:
    """Key, patient and texts of one request after another; the same for the same seed."""
    chosen, number = random.Random(seed), 0
    while True:
        key = f"{name}-{number}"
        count = chosen.randint(1, MOST_EVENTS)
        patient = f"patient-{chosen.randrange(PATIENTS)}"
        yield key, patient, [f"{key} {part}/{count}" for part in range(1, count + 1)]
        number += 1


def _append_until_kept(record: Record, patient: str, new: list[NewEvent], key: str) -> None:
    while True:
        try:
            record.append(patient, new, WRITER, key=key)
        except ConflictError:
            raise
        except InputError:
            time.sleep(AGAIN_S)
        else:
            return


def keep(acknowledged: Connection, path: str) -> None:
    """Bring each name to the disk, until no writer is left that could send one."""
    with open(path, "ab") as file:
        while True:
            try:
                name = acknowledged.recv_bytes()
            except EOFError:
                return
            file.write(name + b"\n")
            file.flush()
            os.fsync(file.fileno())


def count_up(url: str, keys: str, patient: str, times: int) -> None:
    """Write the next number for a patient, so many times; start over where another was first."""
    record = open_record(engine_of(url), load_keyring(Path(keys)))
    done = 0
    while done < times:
        seen = record.all(patient)
        last = int(seen[-1].payload["text"]) if seen else 0
        event = NewEvent("words", datetime.now(UTC), {"text": str(last + 1)})
        try:
            record.append(patient, [event], WRITER, expected=len(seen))
        except ConflictError:
            continue
        done += 1
