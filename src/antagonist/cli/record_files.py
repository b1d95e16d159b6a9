"""``antagonist record`` on whole records: verify, back up, restore, import, export."""

from __future__ import annotations

from collections.abc import Iterable
from pathlib import Path
from typing import TYPE_CHECKING, Annotated

import typer

from antagonist.cli.common import BAD_INPUT, JsonOption, guarded, print_json, progress, say
from antagonist.cli.record import SCHEMA
from antagonist.cli.record_common import (
    DATABASE,
    KEYS,
    AuthorOption,
    DatabaseOption,
    KeysOption,
    RoleOption,
    SourceOption,
    actor,
    opened,
)
from antagonist.cli.record_decisions import record_app

if TYPE_CHECKING:
    from antagonist.feedback.log_check import Problem

__all__ = ["record_app"]

FOUND = 1  # exit code: the record does not verify, or lines were refused


@record_app.command()
@guarded
def verify(
    database: DatabaseOption = DATABASE, keys: KeysOption = KEYS, json: JsonOption = False
) -> None:
    """Look for events altered, missing, moved or cut off, and for missing patients.

    Exit code 1 where something does not fit.
    """
    from dataclasses import asdict

    from antagonist.feedback.verify import verify as verified

    with opened(database, keys) as record, progress("Verifying") as advance:
        report = verified(record, advance)
    if json:
        print_json(SCHEMA, asdict(report))
    else:
        head = "" if report.head_known else "; the end of the log is not known beside the keys"
        say(
            f"{report.events} events of {report.patients} patients, {report.entries} log entries: "
            f"{len(report.problems)} problems{head}"
        )
        for one in report.handovers:
            when = f"{one.recorded_at[:16].replace('T', ' ')} UTC, entry {one.n}"
            say(f"keys renewed {when}, by {one.author}, {one.role}: {one.reason}")
        _tell(report.problems)
    if report.problems:
        raise typer.Exit(FOUND)


def _tell(problems: Iterable[Problem]) -> None:
    for found in problems:
        where = f"patient {found.patient}, event {found.n}"
        say(f"{found.kind}: {where}: {found.detail}")


@record_app.command()
@guarded
def backup(
    path: Annotated[Path, typer.Argument(help="File to write; it must not be there yet.")],
    database: DatabaseOption = DATABASE,
    keys: KeysOption = KEYS,
) -> None:
    """Write the whole record to one file and read it back. The keys are not in it."""
    from antagonist.feedback.backup import backup as backed_up

    with opened(database, keys) as record, progress("Backing up"):
        backed_up(record, path)
    say(f"written {path}; the keys ({keys}) are not in it: keep a copy apart")


@record_app.command()
@guarded
def restore(
    path: Annotated[Path, typer.Argument(help="A backup.")],
    database: DatabaseOption = DATABASE,
    keys: KeysOption = KEYS,
) -> None:
    """Restore a backup into an empty database, and verify it with the record's keys."""
    from antagonist.feedback.archive import import_archive
    from antagonist.feedback.database import engine_of
    from antagonist.feedback.keys import load_keyring

    engine, ring = engine_of(database), load_keyring(keys)
    try:
        with progress("Restoring"):
            report = import_archive(path, engine, ring)
    finally:
        engine.dispose()
    say(f"restored {report.events} events of {report.patients} patients")
    _tell(report.problems)
    if report.problems:
        raise typer.Exit(FOUND)


@record_app.command("import")
@guarded
def import_(
    path: Annotated[Path, typer.Argument(help="Events: .csv, .yaml or .jsonl.")],
    author: AuthorOption,
    role: RoleOption,
    source: SourceOption = "import",
    partial: Annotated[
        bool, typer.Option("--partial", help="Write the accepted lines although some are refused.")
    ] = False,
    database: DatabaseOption = DATABASE,
    keys: KeysOption = KEYS,
    json: JsonOption = False,
) -> None:
    """Import events; with one line refused nothing is written, unless asked for."""
    from dataclasses import asdict

    from antagonist.feedback.transfer import import_events

    who = actor(author, role, source)
    with opened(database, keys) as record, progress("Importing"):
        report = import_events(record, path, who, partial=partial)
    if json:
        print_json(SCHEMA, asdict(report))
    else:
        known = f"{report.repeated} known already"
        say(f"{report.accepted} written, {known}, {len(report.refused)} refused")
        for refused in report.refused:
            say(f"line {refused.line}: {refused.field}: {refused.reason}", err=True)
    if report.refused:
        raise typer.Exit(BAD_INPUT)


@record_app.command()
@guarded
def export(
    path: Annotated[Path, typer.Argument(help="File to write: .csv, .yaml or .jsonl.")],
    patient: Annotated[str | None, typer.Option(help="One patient; default all.")] = None,
    database: DatabaseOption = DATABASE,
    keys: KeysOption = KEYS,
) -> None:
    """Export events as they can be imported again."""
    from antagonist.feedback.transfer import export_events

    with opened(database, keys) as record:
        written = export_events(record, patient, path)
    say(f"{written} events written to {path}")
