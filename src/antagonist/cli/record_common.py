"""What the commands of the record share: where it lies, who writes, and when."""

from __future__ import annotations

from collections.abc import Iterator
from contextlib import contextmanager
from pathlib import Path
from typing import TYPE_CHECKING, Annotated

import typer

if TYPE_CHECKING:
    from datetime import datetime

    from antagonist.feedback.events import Actor
    from antagonist.feedback.record import Record

DATABASE, KEYS = "sqlite:///antagonist.db", Path("antagonist-keys/record.keys")

DatabaseOption = Annotated[
    str,
    typer.Option(
        "--database", envvar="ANTAGONIST_DATABASE", help="sqlite:///FILE or postgresql://..."
    ),
]
KeysOption = Annotated[
    Path,
    typer.Option(
        "--keys", envvar="ANTAGONIST_KEYS", help="File of the record's keys, outside the database."
    ),
]
AuthorOption = Annotated[str, typer.Option("--author", help="Who writes.")]
RoleOption = Annotated[
    str, typer.Option("--role", help="As what: nurse, prescriber, laboratory, patient ...")
]
SourceOption = Annotated[str, typer.Option("--source", help="Where it comes from.")]
ZoneOption = Annotated[str, typer.Option("--timezone", help="The clinic's IANA time zone.")]
AtOption = Annotated[str | None, typer.Option("--at", help="Moment asked for; default now.")]


@contextmanager
def opened(database: str, keys: Path) -> Iterator[Record]:
    """The record, closed afterwards. Raises InputError for a database or keys that do not fit."""
    from antagonist.feedback.database import engine_on
    from antagonist.feedback.keys import load_keyring
    from antagonist.feedback.opening import open_record

    with engine_on(database) as engine:
        yield open_record(engine, load_keyring(keys))


def actor(author: str, role: str, source: str) -> Actor:
    """Who writes. Raises InputError for an empty name or an unknown role."""
    from antagonist.feedback.events import ROLES, Actor
    from antagonist.foundation.errors import InputError

    if not author.strip():
        raise InputError("", "author", author, "the name or code of who writes")
    for known in ROLES:
        if role == known:
            return Actor(author.strip(), known, source)
    raise InputError("", "role", role, "one of " + ", ".join(ROLES))


def clinic_time(at: str | None, timezone: str) -> datetime:
    """A moment in the clinic's zone, now where none is stated."""
    from datetime import datetime

    from antagonist.foundation.clock import parse_time, zone

    tz = zone(timezone, "", "timezone")
    return datetime.now(tz) if at is None else parse_time(at, tz, "", "at")
