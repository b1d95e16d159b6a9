"""``antagonist record renew-keys``: everything sealed anew with other keys."""

from __future__ import annotations

from collections.abc import Mapping
from typing import TYPE_CHECKING, Annotated

import typer

from antagonist.cli.common import guarded, progress, say
from antagonist.cli.record_common import (
    DATABASE,
    KEYS,
    DatabaseOption,
    KeysOption,
    SourceOption,
    actor,
    opened,
)
from antagonist.cli.record_files import record_app

if TYPE_CHECKING:
    from sqlalchemy import Connection, Engine

    from antagonist.feedback.events import Actor
    from antagonist.feedback.keys import Keyring
    from antagonist.feedback.renewing import More

__all__ = ["record_app"]

LATER = """\
The server may be started again. {old} is needed only for backups made before: they open with it
alone. Move it to where the copies of the keys are kept, apart from the backups; when the last of
those is gone, destroy it: shred -u {old}
Keep a copy of {keys} elsewhere now: the copies made before do not open this database.
If a copy of the database may have been taken too, its names are known and second factors with
them: antagonist clinic account reset-factor NAME"""


@record_app.command("renew-keys")
@guarded
def renew_keys(
    author: Annotated[str | None, typer.Option("--author", help="Who does it.")] = None,
    role: Annotated[str | None, typer.Option("--role", help="As what: administrator ...")] = None,
    reason: Annotated[str | None, typer.Option(help="Why; kept.")] = None,
    check: Annotated[
        bool, typer.Option("--check", help="Only count what would be sealed anew.")
    ] = False,
    source: SourceOption = "command line",
    database: DatabaseOption = DATABASE,
    keys: KeysOption = KEYS,
) -> None:
    """Make new keys and seal everything anew with them; the server must be stopped."""
    from antagonist.feedback.alone import refuse_shared
    from antagonist.feedback.renewing import look, renew

    who = None if check else actor(author or "", role or "", source)
    with opened(database, keys) as record:
        more = (_clinic(record.engine, who),)
        if who is None:
            with progress("Opening") as advance:
                counts = look(record, more, advance)
            say(f"would be sealed anew: {_told(counts)}; nothing was written")
            return
        refuse_shared(record.engine)
        with progress("Sealing") as advance:
            done = renew(record, who, reason or "", more, advance)
    say(f"sealed anew: {_told(done.sealed)}")
    say(f"new keys in {keys}, in force from entry {done.entry} of the log; 'record verify'")
    say(LATER.format(old=done.old_keys, keys=keys))


def _told(counts: Mapping[str, int]) -> str:
    return ", ".join(f"{count} {what}" for what, count in counts.items())


def _clinic(engine: Engine, who: Actor | None) -> More:
    """The clinic's own tables, where the record has them, and a line of their audit."""
    from antagonist.cli.clinic_common import noted
    from antagonist.feedback.database import check_revision, reading
    from antagonist.feedback.record import system_clock
    from antagonist.feedback.renewing import More
    from antagonist.web.accounts.resealing import TABLES, has_clinic, reseal
    from antagonist.web.accounts.tables import CLINIC

    with reading(engine) as connection:
        there = has_clinic(connection)
    if there:
        check_revision(engine, CLINIC)

    def sealed(connection: Connection, old: Keyring, new: Keyring | None) -> Mapping[str, int]:
        counts = reseal(connection, old, new)
        if there and new is not None and who is not None:
            noted(connection, system_clock(), "record.keys-renewed", author=who.author)
        return counts

    return More(sealed, TABLES if there else ())
