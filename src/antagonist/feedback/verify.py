"""Whether a record is as it was written: every event, every patient, the log and its end.

Two passes, each over rows as they lie in the database, so that ten million events need no sort:
the log gives each patient's last hash, the events must lead to it. What does not fit is looked at
again patient by patient, to say which event it is.
"""

from __future__ import annotations

import hashlib
from collections.abc import Callable, Mapping
from dataclasses import dataclass, field
from typing import Any

from sqlalchemy import Connection, select

from antagonist.feedback import tables as t
from antagonist.feedback.chain import FIRST, event_hash
from antagonist.feedback.database import reading
from antagonist.feedback.diagnosis import Row, misfits
from antagonist.feedback.handover import Handover, handovers_in, misfits_of
from antagonist.feedback.log_check import End, LogRead, Problem, read_log
from antagonist.feedback.record import Record
from antagonist.feedback.streaming import streamed
from antagonist.foundation.errors import InputError

PROGRESS_EVERY = 100_000
Progress = Callable[[int], None]


@dataclass(frozen=True, slots=True)
class Report:
    """What was looked at and what does not fit.

    head_known: whether a file beside the keys says where the log ended; without it, a log cut off
    at its end cannot be found. handovers: from one signing key to the next, the first one first.
    """

    events: int
    patients: int
    entries: int
    head_known: bool
    problems: tuple[Problem, ...]
    handovers: tuple[Handover, ...]


@dataclass
class _Chains:
    """The events as read: where each patient's chain ends, and whose do not hold."""

    events: int = 0
    ends: dict[str, End] = field(default_factory=dict)
    broken: set[str] = field(default_factory=set)


def verify(record: Record, progress: Progress | None = None) -> Report:
    """Look at the whole record. progress: told how many events were read, now and then.

    Finds events altered, missing, reordered or cut off, patients missing, and a log altered,
    signed with a key not in use then, or shorter than the files of the keys say.
    Raises InputError where the database cannot be read.
    """
    # Before the snapshot: whatever is written meanwhile, the log is never behind this head.
    known, problems = _known_head(record)
    with reading(record.engine) as connection:
        log = read_log(connection, record.keys, known)
        chains = _read_events(connection, progress)
        problems += log.problems
        doubtful = chains.broken | {
            patient for patient, end in chains.ends.items() if log.ends.get(patient) != end
        }
        for patient in sorted(log.ends.keys() - chains.ends.keys()):
            events = log.ends[patient][0]
            detail = f"the log has {events} events of this patient; none is there"
            problems.append(Problem("missing_patient", patient, 1, detail))
        for patient in sorted(doubtful):
            problems += _look_again(connection, patient, log)
        problems += _wrong_ends(connection, chains.ends, doubtful)
        problems += _wrong_contents(connection)
        handovers = handovers_in(connection)
    wrong = misfits_of(handovers, record.keys, log.handovers)
    problems += [Problem("handover", None, n, detail) for n, detail in sorted(wrong.items())]
    return Report(
        chains.events, len(chains.ends), log.entries, known is not None, tuple(problems),
        tuple(statement for statement, _ in handovers),
    )  # fmt: skip


def _known_head(record: Record) -> tuple[End | None, list[Problem]]:
    try:
        return record.heads.known(), []
    except InputError as error:
        return None, [Problem("head_altered", None, None, str(error))]


def _read_events(connection: Connection, progress: Progress | None) -> _Chains:
    """Events in the order they were written, which keeps each patient's own order."""
    chains = _Chains()
    ends, broken = chains.ends, chains.broken
    width = len(t.HASHED)
    at_patient, at_n = t.HASHED.index("patient"), t.HASHED.index("n")
    columns = [t.events.c[name] for name in t.HASHED]
    query = select(*columns, t.events.c.hash).order_by(t.events.c.seq)
    start: End = (0, FIRST)
    count = 0
    for count, row in enumerate(streamed(connection, query), start=1):
        patient, n, found = row[at_patient], row[at_n], row[width]
        before, previous = ends.get(patient, start)
        if n != before + 1 or event_hash(previous, row[:width]) != found:
            broken.add(patient)
        ends[patient] = (n, found)
        if progress is not None and count % PROGRESS_EVERY == 0:
            progress(count)
    chains.events = count
    return chains


def _look_again(connection: Connection, patient: str, log: LogRead) -> list[Problem]:
    columns = [t.events.c[name] for name in t.HASHED]
    query = (
        select(*columns, t.events.c.hash)
        .where(t.events.c.patient == patient)
        .order_by(t.events.c.seq)
    )
    place = t.HASHED.index("n")
    rows = [Row(row[place], row[:-1], row[-1]) for row in streamed(connection, query)]
    asked = select(t.log.c.n, t.log.c.events, t.log.c.head).where(t.log.c.patient == patient)
    entries = list(streamed(connection, asked.order_by(t.log.c.n)))
    logged = {events: head for n, events, head in entries if log.holds(n)}
    whole = all(log.holds(n) for n, _, _ in entries)
    return [Problem(kind, patient, n, detail) for kind, n, detail in misfits(rows, logged, whole)]


def _wrong_ends(
    connection: Connection, ends: Mapping[str, End], doubtful: set[str]
) -> list[Problem]:
    """Table patients, which the next append goes by, against the events."""
    query = select(t.patients.c.patient, t.patients.c.events, t.patients.c.head)
    found: dict[str, Any] = {row[0]: (row[1], row[2]) for row in streamed(connection, query)}
    wrong = {p for p in found.keys() | ends.keys() if found.get(p) != ends.get(p)} - doubtful
    detail = "its row in table patients is not where its events end"
    return [
        Problem("end_altered", patient, ends.get(patient, (0, ""))[0], detail)
        for patient in sorted(wrong)
    ]


def _wrong_contents(connection: Connection) -> list[Problem]:
    """Rules and parameters that decisions used, against the hashes that name them."""
    query = select(t.contents.c.hash, t.contents.c.content)
    return [
        Problem("content_altered", None, None, f"content {name} is not what its hash names")
        for name, content in streamed(connection, query)
        if hashlib.sha256(content).hexdigest() != name
    ]
