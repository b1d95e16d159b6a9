"""``antagonist record``: write and read what comes back from patients."""

from __future__ import annotations

from typing import TYPE_CHECKING, Annotated, Any

import typer

from antagonist.cli.common import JsonOption, guarded, print_json, say
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

if TYPE_CHECKING:
    from datetime import datetime

    from antagonist.feedback.events import Event

SCHEMA = "antagonist.record/1"
record_app = typer.Typer(
    no_args_is_help=True, help="Keep what comes back from patients: append, read, verify, restore."
)
PatientOption = Annotated[str, typer.Option("--patient", help="The record's id of the patient.")]


@record_app.command()
@guarded
def init(database: DatabaseOption = DATABASE, keys: KeysOption = KEYS) -> None:
    """Make an empty record: its tables, and its keys beside it, outside the database."""
    from antagonist.feedback.database import current_revision, engine_on, migrate
    from antagonist.feedback.keys import create_keyring
    from antagonist.foundation.errors import InputError

    with engine_on(database) as engine:
        if current_revision(engine) is not None:
            raise InputError("record", "database", database, "an empty database")
        create_keyring(keys)
        migrate(engine)
    say(f"made {database}")
    say(f"keys {keys}: keep a copy elsewhere, not with the database")


@record_app.command()
@guarded
def migrate(
    database: DatabaseOption = DATABASE,
    to: Annotated[str, typer.Option(help="Revision, or 'head'.")] = "head",
) -> None:
    """Bring the record's tables to this version, or to a stated revision."""
    from antagonist.feedback.database import current_revision, engine_on
    from antagonist.feedback.database import migrate as migrated

    with engine_on(database) as engine:
        migrated(engine, to)
        say(f"revision {current_revision(engine)}")


@record_app.command()
@guarded
def create(
    author: AuthorOption,
    role: RoleOption,
    identifier: Annotated[
        list[str], typer.Option(help="SYSTEM=VALUE, matched exactly; repeat for several.")
    ],
    name: Annotated[str | None, typer.Option(help="Name, kept sealed.")] = None,
    source: SourceOption = "command line",
    database: DatabaseOption = DATABASE,
    keys: KeysOption = KEYS,
    json: JsonOption = False,
) -> None:
    """Begin a patient's record; name and identifiers are sealed with a key of the patient's own."""
    from antagonist.feedback.identity import create_patient

    names = {"name": name} if name else {}
    who, known_by = actor(author, role, source), [_identifier(text) for text in identifier]
    with opened(database, keys) as record:
        found = create_patient(record, who, names, known_by)
    if json:
        print_json(SCHEMA, {"patient": found})
    else:
        say(found)


@record_app.command()
@guarded
def find(
    identifier: Annotated[str, typer.Argument(help="SYSTEM=VALUE, matched exactly.")],
    database: DatabaseOption = DATABASE,
    keys: KeysOption = KEYS,
    json: JsonOption = False,
) -> None:
    """Find a patient by an identifier; two candidates are refused with both named."""
    from antagonist.feedback.identity import find as found_by

    with opened(database, keys) as record:
        found = found_by(record, *_identifier(identifier))
    if json:
        print_json(SCHEMA, {"patient": found})
    else:
        say(found)


@record_app.command()
@guarded
def identify(
    patient: PatientOption,
    identifier: Annotated[str, typer.Argument(help="SYSTEM=VALUE.")],
    author: AuthorOption,
    role: RoleOption,
    source: SourceOption = "command line",
    database: DatabaseOption = DATABASE,
    keys: KeysOption = KEYS,
) -> None:
    """Give a patient another identifier; one that stands for somebody else is refused."""
    from antagonist.feedback.identity import add_identifier

    who = actor(author, role, source)
    with opened(database, keys) as record:
        add_identifier(record, who, patient, *_identifier(identifier))
    say("added")


def _identifier(text: str) -> tuple[str, str]:
    from antagonist.foundation.errors import InputError

    system, separator, value = text.partition("=")
    if not separator or not system.strip() or not value.strip():
        raise InputError("", "identifier", text, "SYSTEM=VALUE, such as clinic=4711")
    return system.strip(), value.strip()


@record_app.command()
@guarded
def add(
    patient: PatientOption,
    kind: Annotated[str, typer.Option(help="Kind of event, such as dose, lab, symptom.")],
    at: Annotated[str, typer.Option(help="When it happened, with an offset.")],
    author: AuthorOption,
    role: RoleOption,
    values: Annotated[
        list[str] | None, typer.Argument(help="Fields, such as dose_mg=50 status=observed.")
    ] = None,
    key: Annotated[
        str | None, typer.Option(help="Key of this request: sent twice, it is written once.")
    ] = None,
    expected: Annotated[
        int | None, typer.Option(help="Events the patient has, as you saw it.")
    ] = None,
    source: SourceOption = "command line",
    database: DatabaseOption = DATABASE,
    keys: KeysOption = KEYS,
    json: JsonOption = False,
) -> None:
    """Append an event. On the disk when the command ends; `alarms check` raises its alarms."""
    from antagonist.feedback.events import NewEvent
    from antagonist.feedback.payloads.registry import MODELS, NEWEST, OWN_CALLS
    from antagonist.foundation.errors import InputError

    if kind in OWN_CALLS:
        allowed = f"one of {', '.join(sorted(MODELS.keys() - OWN_CALLS))}; others have own commands"
        raise InputError("", "kind", kind, allowed)
    new = NewEvent(kind, _time(at), _payload(values or []), NEWEST.get(kind, 1))
    who = actor(author, role, source)
    with opened(database, keys) as record:
        written = record.append(patient, [new], who, expected=expected, key=key)
    show_events(written, json=json)


@record_app.command()
@guarded
def correct(
    patient: PatientOption,
    event: Annotated[str, typer.Option(help="Event that was wrong, by id.")],
    author: AuthorOption,
    role: RoleOption,
    values: Annotated[
        list[str] | None, typer.Argument(help="All fields anew; none takes the event back.")
    ] = None,
    reason: Annotated[str, typer.Option(help="Why.")] = "",
    at: Annotated[str | None, typer.Option(help="When it really happened.")] = None,
    source: SourceOption = "command line",
    database: DatabaseOption = DATABASE,
    keys: KeysOption = KEYS,
    json: JsonOption = False,
) -> None:
    """Correct an event by a new one, or take it back; nothing is deleted."""
    from antagonist.feedback.events import RETRACTION, NewEvent
    from antagonist.foundation.errors import InputError

    if not values and not reason:
        raise InputError("", "reason", reason, "why the event is taken back")
    who = actor(author, role, source)
    with opened(database, keys) as record:
        wrong = next((e for e in record.all(patient) if e.event_id == event), None)
        if wrong is None:
            raise InputError("record", "event", event, "an event of this patient")
        when = _time(at) if at is not None else wrong.occurred_at
        if values:
            new = NewEvent(wrong.kind, when, _payload(values), wrong.version, event)
        else:
            new = NewEvent(RETRACTION, when, {"reason": reason}, 1, event)
        written = record.append(patient, [new], who)
    show_events(written, json=json)


@record_app.command()
@guarded
def show(
    patient: PatientOption,
    valid_at: Annotated[str | None, typer.Option(help="Only what had happened by then.")] = None,
    known_at: Annotated[str | None, typer.Option(help="Only what was on record by then.")] = None,
    every: Annotated[
        bool, typer.Option("--every", help="Every event as written, corrected ones too.")
    ] = False,
    database: DatabaseOption = DATABASE,
    keys: KeysOption = KEYS,
    json: JsonOption = False,
) -> None:
    """Show a patient's events, as of when they happened and when they were known."""
    from antagonist.feedback.merging import history_of_all

    valid, known = (_time(text) if text else None for text in (valid_at, known_at))
    with opened(database, keys) as record:
        if every:
            found = record.all(patient)
        else:
            found = history_of_all(record, patient, valid_at=valid, known_at=known)
    show_events(found, json=json)


def _time(text: str) -> datetime:
    from antagonist.foundation.clock import parse_time

    return parse_time(text, None, "", "at")


def _payload(values: list[str]) -> dict[str, Any]:
    """Fields as YAML reads them, so that 50 is a number and yes a truth value."""
    import yaml

    from antagonist.foundation.errors import InputError

    found: dict[str, Any] = {}
    for text in values:
        name, separator, value = text.partition("=")
        if not separator or not name:
            raise InputError("", "values", text, "FIELD=VALUE, such as dose_mg=50")
        read = yaml.safe_load(value)
        found[name] = value if hasattr(read, "isoformat") else read
    return found


def show_events(events: tuple[Event, ...], *, json: bool) -> None:
    """Print events, as lines or as the JSON document."""
    from dataclasses import asdict

    if json:
        print_json(SCHEMA, {"events": [asdict(event) for event in events]})
        return
    for event in events:
        what = ", ".join(f"{name} {value}" for name, value in event.payload.items())
        corrected = f" corrects {event.corrects}" if event.corrects else ""
        say(
            f"{event.n:>5}  {event.occurred_at:%Y-%m-%d %H:%M} UTC  {event.kind}{corrected}: {what}"
        )
        say(
            f"       on record {event.recorded_at:%Y-%m-%d %H:%M} UTC by {event.author}, "
            f"{event.role}, {event.source}; {event.event_id}"
        )
