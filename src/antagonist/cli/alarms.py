"""``antagonist alarms``: raise, list, answer, and how much they burden."""

from __future__ import annotations

from typing import TYPE_CHECKING, Annotated

import typer

from antagonist.cli.common import (
    JsonOption,
    Language,
    LanguageOption,
    answers,
    guarded,
    print_json,
    progress,
    say,
)
from antagonist.cli.record_common import (
    DATABASE,
    KEYS,
    AtOption,
    AuthorOption,
    DatabaseOption,
    KeysOption,
    RoleOption,
    SourceOption,
    ZoneOption,
    actor,
    clinic_time,
    opened,
)

if TYPE_CHECKING:
    from antagonist.feedback.events import Event

SCHEMA = "antagonist.alarms/1"
alarms_app = typer.Typer(
    no_args_is_help=True, help="Alarms on the record: check, list, answer, and their burden."
)


@alarms_app.command()
@guarded
def check(
    patient: Annotated[
        str | None, typer.Option(help="One patient; default everybody on record.")
    ] = None,
    timezone: ZoneOption = "UTC",
    at: AtOption = None,
    language: LanguageOption = Language.en,
    database: DatabaseOption = DATABASE,
    keys: KeysOption = KEYS,
    json: JsonOption = False,
) -> None:
    """Raise what is due, withdraw what no longer holds; say what was written."""
    from dataclasses import asdict

    from antagonist.feedback.alarms.raising import evaluate
    from antagonist.feedback.database import reading
    from antagonist.feedback.history import patients_of

    moment = clinic_time(at, timezone)
    written: list[Event] = []
    with opened(database, keys) as record:
        with reading(record.engine) as connection:
            everybody = [patient] if patient is not None else list(patients_of(connection))
        with progress("Checking alarms", len(everybody)) as advance:
            for done, each in enumerate(everybody, start=1):
                written += evaluate(record, each, moment)
                advance(done)
    if json:
        print_json(SCHEMA, {"events": [asdict(event) for event in written]})
        return
    from antagonist.report.alarm_text import print_alarm_events

    print_alarm_events(written, answers(), language.value, moment.tzinfo)


@alarms_app.command("list")
@guarded
def list_open(
    patient: Annotated[str, typer.Option(help="The record's id of the patient.")],
    timezone: ZoneOption = "UTC",
    language: LanguageOption = Language.en,
    database: DatabaseOption = DATABASE,
    keys: KeysOption = KEYS,
    json: JsonOption = False,
) -> None:
    """List a patient's alarms with what was answered to them."""
    from dataclasses import asdict

    from antagonist.feedback.merging import history_of_all

    with opened(database, keys) as record:
        held = history_of_all(record, patient)
    found = [event for event in held if event.kind.startswith("alarm_")]
    if json:
        print_json(SCHEMA, {"events": [asdict(event) for event in found]})
        return
    from antagonist.report.alarm_text import print_alarm_events

    print_alarm_events(found, answers(), language.value, clinic_time(None, timezone).tzinfo)


@alarms_app.command()
@guarded
def acknowledge(
    alarm: Annotated[str, typer.Argument(help="The alarm's event id.")],
    author: AuthorOption,
    role: RoleOption,
    note: Annotated[str | None, typer.Option(help="What was done.")] = None,
    source: SourceOption = "command line",
    database: DatabaseOption = DATABASE,
    keys: KeysOption = KEYS,
) -> None:
    """An alarm was seen to."""
    from antagonist.feedback.alarms.answers import acknowledge as acknowledged

    who = actor(author, role, source)
    with opened(database, keys) as record:
        event = acknowledged(record, alarm, who, note)
    say(f"acknowledged: {event.event_id}")


@alarms_app.command()
@guarded
def override(
    alarm: Annotated[str, typer.Argument(help="The alarm's event id.")],
    author: AuthorOption,
    role: RoleOption,
    reason: Annotated[str, typer.Option(help="Why it is set aside; kept.")],
    source: SourceOption = "command line",
    database: DatabaseOption = DATABASE,
    keys: KeysOption = KEYS,
) -> None:
    """An alarm is set aside, with a reason."""
    from antagonist.feedback.alarms.answers import override as overridden

    who = actor(author, role, source)
    with opened(database, keys) as record:
        event = overridden(record, alarm, who, reason)
    say(f"overridden: {event.event_id}")


@alarms_app.command()
@guarded
def burden(
    first: Annotated[str, typer.Option("--from", help="Beginning, with an offset.")],
    last: Annotated[str, typer.Option("--to", help="End, with an offset.")],
    database: DatabaseOption = DATABASE,
    keys: KeysOption = KEYS,
    json: JsonOption = False,
) -> None:
    """How often each rule was shown, accepted, overridden, ignored."""
    from dataclasses import asdict

    from antagonist.feedback.alarms.burden import burden as burdened
    from antagonist.foundation.clock import parse_time

    start, end = parse_time(first, None, "", "from"), parse_time(last, None, "", "to")
    with opened(database, keys) as record:
        found = burdened(record, start, end)
    if json:
        print_json(SCHEMA, asdict(found))
        return
    from rich.table import Table

    names = ("shown", "acknowledged", "in_time", "overridden", "withdrawn", "open", "unanswered")
    table = Table("alarm", "severity", "role", *(name.replace("_", " ") for name in names))
    for row in found.rows:
        counts = [str(getattr(row, name)) for name in names]
        table.add_row(row.alarm, row.severity, row.role, *counts)
    answers().print(table)
    rate = found.per_100_patient_days
    shown = "unknown" if rate is None else f"{rate:.2f}"
    say(f"{found.patients} patients, {found.patient_days:.0f} patient-days, {shown} alarms per 100")
