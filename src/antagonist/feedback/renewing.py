"""New keys for a record: everything that the old ones sealed is sealed anew, or nothing is.

Patients get new keys of their own too, since whoever had the master key may know theirs. The log is
not signed again: the old signing key hands over to the new one, see ``handover``.
"""

from __future__ import annotations

from collections import Counter
from collections.abc import Callable, Iterator, Mapping, Sequence
from dataclasses import dataclass, replace
from pathlib import Path

from sqlalchemy import Connection, delete, func, insert, select, update

from antagonist.feedback import tables as t
from antagonist.feedback.chain import entry_hash
from antagonist.feedback.database import leave_no_copies, reading, writing
from antagonist.feedback.events import Actor, checked_actor, checked_text
from antagonist.feedback.handover import Handover, check_keys, row_of, take_keys
from antagonist.feedback.heads import Heads
from antagonist.feedback.identity import Identity, digest_of, sealed_with, unsealed_from
from antagonist.feedback.keys import Keyring, Retired, new_keyring
from antagonist.feedback.keys_pending import lay_beside, old_path, settled
from antagonist.feedback.log_check import is_signed
from antagonist.feedback.record import Head, Record, log_head, recording_time
from antagonist.foundation.errors import InputError

PATIENTS_AT_ONCE = 500
Counts = Mapping[str, int]
Progress = Callable[[int], None]
# With new keys what a caller's own tables hold is sealed anew; without them it is only opened.
Resealing = Callable[[Connection, Keyring, Keyring | None], Counts]
TABLES = ("identities", "identifiers")


@dataclass(frozen=True, slots=True)
class More:
    """What the caller's own tables hold sealed. tables: their names, for cleaning up."""

    reseal: Resealing
    tables: tuple[str, ...]


@dataclass(frozen=True, slots=True)
class Renewed:
    """What a renewal did. sealed: how many, by what. record: open with the new keys.

    entry: of the log, which hands over. old_keys: file of the old ones.
    """

    sealed: Counts
    record: Record
    entry: int
    old_keys: Path


def look(record: Record, more: Sequence[More] = (), progress: Progress | None = None) -> Counts:
    """Open everything that a renewal would seal anew; how many, by what. Nothing is written.

    progress: told how many patients were read.
    Raises InputError as ``renew``.
    """
    with reading(record.engine) as connection:
        check_keys(connection, record.keys)
        _refuse_unproved(connection, record)
        return _all(connection, record.keys, None, more, progress)


def renew(
    record: Record,
    actor: Actor,
    reason: str,
    more: Sequence[More] = (),
    progress: Progress | None = None,
) -> Renewed:
    """Put new keys in force: one transaction, and the key file after it.

    more: tables of the caller that hold what the master key seals; to leave them out would leave
    it sealed with the old key. progress: told how many patients were done.
    Cut off at any moment, old or new keys are wholly in force; ``open_record`` finds out which.
    Raises InputError where something is sealed with another key or does not fit its digest, where
    the log's end is not signed or not known, and where the keys' folder cannot be written to.
    """
    checked_actor(actor)
    checked_text(reason, "reason")
    old, new = record.keys, new_keyring(record.keys.path)
    aside = old_path(old)
    with writing(record.engine) as connection:
        take_keys(connection, old)
        _refuse_unproved(connection, record)
        sealed = _all(connection, old, new, more, progress)
        new, head = _hand_over(connection, record, new, actor, reason)
        lay_beside(new)
    new = settled(record.engine, old)
    Heads(new).keep(head)
    tables = (*TABLES, *(name for one in more for name in one.tables))
    leave_no_copies(record.engine, tables, rewrite=True)
    return Renewed(sealed, replace(record, keys=new), head.n, aside)


def _refuse_unproved(connection: Connection, record: Record) -> None:
    """What is handed over is vouched for: the log's end is signed, and is the one that is known."""
    head, known = log_head(connection), record.heads.known()
    if head.n and not is_signed(connection, record.keys, head.n):
        allowed = "a log whose end these keys signed; 'record verify' says more"
        raise InputError("record", "keys", None, allowed)
    if known is None:
        return
    query = select(t.log.c.hash).where(t.log.c.n == known[0])
    if connection.execute(query).scalar() != known[1]:
        allowed = (
            f"entry {known[0]} as the file beside the keys knows it; 'record verify' says more"
        )
        raise InputError("record", "log", head.n, allowed)


def _all(
    connection: Connection, old: Keyring, new: Keyring | None, more: Sequence[More],
    progress: Progress | None,
) -> Counts:  # fmt: skip
    sealed = Counter(_identities(connection, old, new, progress))
    for one in more:
        sealed.update(one.reseal(connection, old, new))
    return sealed


def _identities(
    connection: Connection, old: Keyring, new: Keyring | None, progress: Progress | None
) -> Counts:
    patients = identifiers = 0
    for batch in _batches(connection, old):
        digests = {
            (digest_of(old, identifier), patient)
            for patient, identity in batch
            for identifier in identity.identifiers
        }
        _refuse_other_digests(connection, [patient for patient, _ in batch], digests)
        patients, identifiers = patients + len(batch), identifiers + len(digests)
        if new is not None:
            _seal(connection, new, batch)
        if progress is not None:
            progress(patients)
    rows = connection.execute(select(func.count()).select_from(t.identifiers)).scalar_one()
    if rows != identifiers:
        allowed = f"{identifiers} digests of identifiers that were sealed: the table was altered"
        raise InputError("record", "identifiers", rows, allowed)
    return {"patients": patients, "identifiers": identifiers}


def _batches(connection: Connection, keys: Keyring) -> Iterator[list[tuple[str, Identity]]]:
    """Identities that were not erased, opened, some hundred at once: rows are written meanwhile."""
    table = t.identities.c
    last = ""
    query = select(table.patient, table.wrapped_key, table.sealed).where(
        table.wrapped_key.is_not(None) | table.sealed.is_not(None)
    )
    while True:
        here = query.where(table.patient > last).order_by(table.patient).limit(PATIENTS_AT_ONCE)
        rows = connection.execute(here).all()
        if not rows:
            return
        yield [(row[0], _opened(keys, *row)) for row in rows]
        last = rows[-1][0]


def _opened(keys: Keyring, patient: str, wrapped: bytes | None, sealed: bytes | None) -> Identity:
    try:
        return unsealed_from(keys, patient, wrapped or b"", sealed or b"")[1]
    except InputError as error:
        raise InputError("record", "patient", patient, error.allowed) from None


def _refuse_other_digests(
    connection: Connection, patients: Sequence[str], wanted: set[tuple[str, str]]
) -> None:
    """Digests cannot be turned back: one that no sealed identifier explains would be lost."""
    query = select(t.identifiers.c.digest, t.identifiers.c.patient)
    rows = connection.execute(query.where(t.identifiers.c.patient.in_(patients)))
    for patient in sorted({patient for _, patient in {tuple(row) for row in rows} ^ wanted}):
        allowed = "digests that fit what was sealed: the table identifiers was altered"
        raise InputError("record", "identifier", patient, allowed)


def _seal(connection: Connection, keys: Keyring, batch: Sequence[tuple[str, Identity]]) -> None:
    digests = []
    for patient, identity in batch:
        values = sealed_with(keys, patient, identity)
        here = t.identities.c.patient == patient
        connection.execute(update(t.identities).where(here).values(values))
        digests += [
            {"digest": digest_of(keys, identifier), "patient": patient}
            for identifier in identity.identifiers
        ]
    patients = [patient for patient, _ in batch]
    connection.execute(delete(t.identifiers).where(t.identifiers.c.patient.in_(patients)))
    if digests:
        connection.execute(insert(t.identifiers), digests)


def _hand_over(
    connection: Connection, record: Record, new: Keyring, actor: Actor, reason: str
) -> tuple[Keyring, Head]:
    """The statement that the old key signs, and the entry of the log that the new key does."""
    old, before = record.keys, log_head(connection)
    n, now = before.n + 1, recording_time(record, before)
    statement = Handover(
        n, now, actor.author, actor.role, actor.source, reason, old.public, new.public
    )
    signature = old.sign(statement.text())
    connection.execute(insert(t.handovers), row_of(statement, signature))
    place, head = len(old.retired) + 1, statement.hash(signature)
    found = entry_hash(before.hash, n, t.RECORD_ITSELF, place, head, now)
    row = {
        "n": n, "patient": t.RECORD_ITSELF, "events": place, "head": head, "recorded_at": now,
        "hash": found, "signature": new.sign(found),
    }  # fmt: skip
    connection.execute(insert(t.log), row)
    retired = (*old.retired, Retired(old.public, n, found))
    return replace(new, retired=retired), Head(n, found, now)
