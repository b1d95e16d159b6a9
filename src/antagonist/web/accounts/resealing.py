"""What the clinic's own tables hold sealed with the record's master key, sealed with another."""

from __future__ import annotations

from collections.abc import Mapping
from typing import Any

from sqlalchemy import Column, Connection, inspect, select, update

from antagonist.feedback.keys import Keyring
from antagonist.foundation.errors import InputError
from antagonist.web.accounts import tables as t
from antagonist.web.accounts.second_factor import unsealed

TABLES = ("accounts", "sessions")
# What is sealed, the column that names its row, and what it is called where it is counted.
_SEALED: tuple[tuple[Column[Any], Column[Any], str], ...] = (
    (t.accounts.c.secret, t.accounts.c.account, "second factors"),
    (t.sessions.c.pending, t.sessions.c.session, "second factors being set up"),
)


def has_clinic(connection: Connection) -> bool:
    """Whether a record's database holds a clinic's tables too."""
    return inspect(connection).has_table(t.accounts.name)


def reseal(connection: Connection, old: Keyring, new: Keyring | None) -> Mapping[str, int]:
    """Seal second factors with new keys; how many, by what. new: None = only open them.

    Raises InputError for one that the old key does not open, with the row's id.
    """
    if not has_clinic(connection):
        return {}
    counts = {}
    for sealed, named, what in _SEALED:
        rows = select(named, sealed).where(sealed.is_not(None))
        if new is not None:
            rows = rows.with_for_update()  # a factor that is removed meanwhile stays removed
        found = connection.execute(rows).all()
        for name, kept in found:
            secret = _opened(old, kept, f"{what}: {name}")
            if new is not None:
                values = {sealed.name: new.seal(secret.encode(), new.master)}
                connection.execute(update(named.table).where(named == name).values(values))
        counts[what] = len(found)
    return counts


def _opened(keys: Keyring, kept: bytes, what: str) -> str:
    try:
        return unsealed(keys, kept)
    except InputError as error:
        raise InputError("record", "secret", what, error.allowed) from None
