"""From one signing key to the next: what the record keeps of it, and whose keys are in force.

The old key signs a statement that names the new one, who asked for it and why. An entry of the log
binds the statement and is signed with the new key. History is never signed again: the key file
keeps the old key's public half and the hash of that entry, so that the old key vouches for what is
older and a chain made anew with it does not fit.
"""

from __future__ import annotations

import hashlib
from collections.abc import Mapping, Sequence
from dataclasses import astuple, dataclass, fields
from typing import Any

from sqlalchemy import Connection, select, text

from antagonist.feedback import tables as t
from antagonist.feedback.chain import SEPARATOR
from antagonist.feedback.database import SQLITE
from antagonist.feedback.keys import Keyring, signed_with
from antagonist.foundation.errors import InputError

# Whoever seals with the master key shares it, a renewal has it alone: next after LOG_LOCK.
KEYS_LOCK = 0x616E7468
_IN_FORCE = select(t.handovers.c.new_public).order_by(t.handovers.c.n.desc()).limit(1)
IN_FORCE = _IN_FORCE.scalar_subquery()


class OtherKeysError(InputError):
    """The database is sealed with other keys than those at hand."""


@dataclass(frozen=True, slots=True)
class Handover:
    """From one signing key to the next, as the old one signed it.

    n: of the log's entry that binds it. old_public, new_public: halves of the keys, base64.
    """

    n: int
    recorded_at: str
    author: str
    role: str
    source: str
    reason: str
    old_public: str
    new_public: str

    def text(self) -> str:
        """As it is signed."""
        return SEPARATOR.join(str(value) for value in astuple(self))

    def hash(self, signature: str) -> str:
        """What the log's entry holds of it. signature: of the old key."""
        return hashlib.sha256(f"{self.text()}{SEPARATOR}{signature}".encode()).hexdigest()


def check_keys(connection: Connection, keys: Keyring) -> None:
    """Raises OtherKeysError where the database was sealed with other keys since, or before."""
    check_in_force(connection.execute(_IN_FORCE).scalar(), keys)


def check_in_force(found: str | None, keys: Keyring) -> None:
    """``check_keys`` on what was read. found: public half of the key in force; None = the first."""
    if found == (keys.public if keys.retired else None):
        return
    known = {old.public for old in keys.retired}
    if found is None or found in known:
        allowed = "the key file of that time: this database is older than the last renewal of keys"
    else:
        allowed = "the key file of now: keys were renewed; start again with it"
    raise OtherKeysError("record", "keys", "other keys", f"{allowed}; nothing was written")


def hold_keys(connection: Connection, keys: Keyring) -> None:
    """Keep keys in force until the transaction ends: before something is sealed with them.

    Raises OtherKeysError where they are not.
    """
    if connection.dialect.name != SQLITE:  # there a transaction that writes is alone anyway
        connection.execute(text("SELECT pg_advisory_xact_lock_shared(:key)"), {"key": KEYS_LOCK})
    check_keys(connection, keys)


def take_keys(connection: Connection, keys: Keyring) -> None:
    """Let nobody seal until the transaction ends. Raises OtherKeysError as ``check_keys``."""
    if connection.dialect.name != SQLITE:
        connection.execute(text("SELECT pg_advisory_xact_lock(:key)"), {"key": KEYS_LOCK})
    check_keys(connection, keys)


def is_in_force(connection: Connection, keys: Keyring) -> bool:
    """Whether a database was handed over to keys."""
    return connection.execute(_IN_FORCE).scalar() == keys.public


@dataclass(frozen=True, slots=True)
class Entry:
    """An entry of the log about the record itself. events: which handover, from 1."""

    n: int
    events: int
    head: str


def handovers_in(connection: Connection) -> list[tuple[Handover, str]]:
    """Every handover with its signature, the first one first."""
    names = [field.name for field in fields(Handover)]
    query = select(t.handovers).order_by(t.handovers.c.n)
    return [
        (Handover(**{name: row[name] for name in names}), str(row["signature"]))
        for row in connection.execute(query).mappings()
    ]


def misfits_of(
    found: Sequence[tuple[Handover, str]], keys: Keyring, logged: Sequence[Entry]
) -> Mapping[int, str]:
    """What does not fit between the database's handovers, its log and the keys: by entry.

    found: as ``handovers_in`` gives them. logged: the log's entries about the record itself.
    """
    wrong: dict[int, str] = {}
    publics = [*(old.public for old in keys.retired), keys.public]
    entries = {entry.n: entry for entry in logged}
    places = [old.n for old in keys.retired]
    for place, (statement, signature) in enumerate(found, start=1):
        n = statement.n
        entry = entries.pop(n, None)
        if entry != Entry(n, place, statement.hash(signature)):
            wrong[n] = "the handover of keys is not the one that the log binds"
        elif not signed_with(statement.old_public, statement.text(), signature):
            wrong[n] = "the handover of keys is not signed with the old key"
        elif place > len(places) or (n, statement.old_public, statement.new_public) != (
            places[place - 1], publics[place - 1], publics[place],
        ):  # fmt: skip
            wrong[n] = "the handover of keys is not the one that the key file knows"
    detail = "the log has a handover of keys; what it handed over is not there"
    wrong |= dict.fromkeys(entries, detail)
    known = {statement.n for statement, _ in found} | wrong.keys()
    detail = "the key file knows a handover of keys; it is not there"
    return wrong | {n: detail for n in places if n not in known}


def row_of(statement: Handover, signature: str) -> dict[str, Any]:
    """A handover as its table has it."""
    values = {field.name: getattr(statement, field.name) for field in fields(Handover)}
    return {**values, "signature": signature}
