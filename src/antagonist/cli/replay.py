"""``antagonist replay``: every decision again, on the data it was made with."""

from __future__ import annotations

from enum import StrEnum
from typing import Annotated

import typer

from antagonist.cli.common import JsonOption, print_json, progress, say
from antagonist.cli.record_common import DATABASE, KEYS, DatabaseOption, KeysOption, opened

SCHEMA = "antagonist.replay/1"
DIFFERENT = 1  # exit code
MOST_SHOWN = 50


class Under(StrEnum):
    """Whose rules and parameters a replay runs under."""

    own = "own"
    present = "present"


def replay(
    patient: Annotated[str | None, typer.Option(help="One patient; default all.")] = None,
    since: Annotated[
        str | None, typer.Option(help="Only decisions on record from then on, with an offset.")
    ] = None,
    under: Annotated[
        Under, typer.Option(help="The decision's own rules, or the present ones.")
    ] = Under.own,
    database: DatabaseOption = DATABASE,
    keys: KeysOption = KEYS,
    json: JsonOption = False,
) -> None:
    """Run every kept decision again and show each difference.

    Exit code 1 where one differs or could not be run.
    """
    from dataclasses import asdict

    from antagonist.feedback.replay import replay as replayed
    from antagonist.foundation.clock import parse_time

    start = parse_time(since, None, "", "since") if since is not None else None
    with opened(database, keys) as record, progress("Replaying") as advance:
        report = replayed(record, patient=patient, since=start, under=under.value, progress=advance)
    if json:
        print_json(SCHEMA, asdict(report))
    else:
        differing = len({found.event_id for found in report.differing})
        say(
            f"{report.replayed} decisions: {report.identical} identical, "
            f"{report.within_tolerance} within tolerance on other software, "
            f"{differing} differing, {len(report.not_run)} not run"
        )
        for found in report.differing[:MOST_SHOWN]:
            say(f"{found.event_id}: {found.path}: was {found.was!r}, is {found.now!r}")
        for missing in report.not_run[:MOST_SHOWN]:
            say(f"{missing.event_id}: not run: {missing.why}")
    if not report.agrees:
        raise typer.Exit(DIFFERENT)
