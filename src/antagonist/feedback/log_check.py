"""The signed log read through: what each patient's chain must end with, and what is wrong in it."""

from __future__ import annotations

from dataclasses import dataclass, field
from typing import Literal

from sqlalchemy import Connection, select

from antagonist.feedback import tables as t
from antagonist.feedback.chain import FIRST, entry_hash
from antagonist.feedback.diagnosis import Misfit
from antagonist.feedback.handover import Entry
from antagonist.feedback.keys import Keyring
from antagonist.feedback.streaming import streamed

SIGNATURES_SAMPLED = 1_000
End = tuple[int, str]
Kind = (
    Misfit
    | Literal[
        "missing_patient", "end_altered", "content_altered",
        "log_altered", "log_missing", "log_cut_off", "signature", "head_altered", "handover",
    ]
)  # fmt: skip


@dataclass(frozen=True, slots=True)
class Problem:
    """What does not fit. n: of the patient's event, or of the entry where kind names the log.

    patient: None where no single patient is meant.
    """

    kind: Kind
    patient: str | None
    n: int | None
    detail: str


@dataclass
class LogRead:
    """The log as read. ends: by patient, how many events, and the hash of the last one.

    handovers: entries about the record itself, where one signing key handed over to the next.
    altered: numbers of entries not to be believed. unsigned_from: nor any from this one on.
    """

    entries: int = 0
    last: int = 0
    ends: dict[str, End] = field(default_factory=dict)
    handovers: list[Entry] = field(default_factory=list)
    altered: set[int] = field(default_factory=set)
    unsigned_from: int | None = None
    problems: list[Problem] = field(default_factory=list)

    def holds(self, n: int) -> bool:
        """Whether an entry can be believed."""
        return n not in self.altered and (self.unsigned_from is None or n < self.unsigned_from)

    def distrust(self, n: int, patient: str, detail: str) -> None:
        """Keep that an entry is not as it was written."""
        self.altered.add(n)
        self.problems.append(Problem("log_altered", patient, n, detail))


def read_log(connection: Connection, keys: Keyring, known: End | None) -> LogRead:
    """Read and check the log. known: where it ended, by the file beside the keys."""
    log = LogRead()
    columns = t.log.c
    query = select(
        columns.n, columns.patient, columns.events, columns.head, columns.recorded_at, columns.hash
    ).order_by(columns.n)
    known_n, known_hash = known or (0, FIRST)
    handed_over = {old.n: old.hash for old in keys.retired}
    ends = log.ends
    last, previous = 0, FIRST
    for n, patient, events, head, at, found in streamed(connection, query):
        if n != last + 1:
            detail = f"entries {last + 1} to {n - 1} are not there"
            log.problems.append(Problem("log_missing", None, last + 1, detail))
        elif entry_hash(previous, n, patient, events, head, at) != found:
            log.distrust(n, patient, "its hash is not that of its content and the entry before")
        if n == known_n and found != known_hash:
            log.distrust(n, patient, "its hash is not the one in the file beside the keys")
        if found != handed_over.get(n, found):
            log.distrust(n, patient, "its hash is not the one in the key file")
        if patient == t.RECORD_ITSELF:
            log.handovers.append(Entry(n, events, head))
        else:
            ends[patient] = (events, head)
        log.entries += 1
        last, previous = n, found
    log.last = last
    least = max(known_n, *handed_over, 0)
    if last < least:
        detail = f"the file beside the keys knows {least} entries; the log ends at {last}"
        log.problems.append(Problem("log_cut_off", None, last + 1, detail))
    _check_signatures(connection, keys, log)
    return log


def _check_signatures(connection: Connection, keys: Keyring, log: LogRead) -> None:
    """The last entry's signature binds all before; of the others a sample is looked at."""
    if log.last and not is_signed(connection, keys, log.last):
        log.unsigned_from = first = _first_unsigned(connection, keys, log.last)
        detail = f"entries {first} to {log.last} are not vouched for by the record's key"
        log.problems.append(Problem("signature", None, first, detail))
        return
    stride = max(1, log.last // SIGNATURES_SAMPLED)
    columns = t.log.c
    query = select(columns.n, columns.patient, columns.hash, columns.signature)
    sample = query.where(columns.n.in_(range(stride, log.last + 1, stride)))
    sample = sample.where(columns.signature.is_not(None))
    for n, patient, found, signature in streamed(connection, sample.order_by(columns.n)):
        if not keys.signed_at(n, found, signature):
            detail = "its signature is not that of the record's key over its hash"
            log.problems.append(Problem("signature", patient, n, detail))


def _first_unsigned(connection: Connection, keys: Keyring, last: int) -> int:
    """The first entry of those up to the last that no signature vouches for.

    A forger without the key can sign none of the entries from the first forged one on.
    """
    good, bad = 0, last
    while bad - good > 1:
        middle = (good + bad) // 2
        if is_signed(connection, keys, middle):
            good = middle
        else:
            bad = middle
    return bad


def is_signed(connection: Connection, keys: Keyring, n: int) -> bool:
    """Whether an entry, or the first after it that carries a signature, is signed as it should."""
    query = (
        select(t.log.c.n, t.log.c.hash, t.log.c.signature)
        .where(t.log.c.n >= n)
        .where(t.log.c.signature.is_not(None))
        .order_by(t.log.c.n)
    )
    found = connection.execute(query.limit(1)).first()
    return found is not None and keys.signed_at(found[0], found[1], found[2])
