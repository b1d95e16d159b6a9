"""``antagonist clinic``: what the clinic's host does: tables, accounts, audit, the timer job."""

from __future__ import annotations

from pathlib import Path
from typing import Annotated

import typer

from antagonist.cli.clinic_common import account_named, end_all, noted, opened_clinic
from antagonist.cli.common import guarded, progress, say, tell_written
from antagonist.cli.record_common import (
    DATABASE,
    KEYS,
    DatabaseOption,
    KeysOption,
    ZoneOption,
    clinic_time,
    opened,
)
from antagonist.foundation.visible import visible_line

clinic_app = typer.Typer(
    no_args_is_help=True, help="The clinic's host: tables, accounts, audit, the timer job."
)
account_app = typer.Typer(no_args_is_help=True, help="Accounts, from the host's command line.")
audit_app = typer.Typer(no_args_is_help=True, help="The audit: as a file, and what is kept.")
clinic_app.add_typer(account_app, name="account")
clinic_app.add_typer(audit_app, name="audit")
NameArgument = Annotated[str, typer.Argument(help="Name that the account signs in with.")]


@clinic_app.command()
@guarded
def migrate(database: DatabaseOption = DATABASE) -> None:
    """Bring the tables of the record and of the clinic to this version."""
    from antagonist.feedback.database import RECORD, current_revision, engine_on
    from antagonist.feedback.database import migrate as migrated
    from antagonist.web.accounts.tables import CLINIC

    with engine_on(database) as engine:
        for name, tables in (("record", RECORD), ("clinic", CLINIC)):
            migrated(engine, of=tables)
            say(f"{name}: tables of revision {current_revision(engine, tables)}")


@clinic_app.command()
@guarded
def check(
    timezone: ZoneOption = "UTC",
    database: DatabaseOption = DATABASE,
    keys: KeysOption = KEYS,
) -> None:
    """Evaluate the alarms of all patients; a timer runs it, such as every 15 minutes."""
    from antagonist.feedback.alarms.raising import RAISED, WITHDRAWN, evaluate
    from antagonist.feedback.database import reading
    from antagonist.feedback.history import patients_of

    at = clinic_time(None, timezone)
    counts = {RAISED: 0, WITHDRAWN: 0}
    with opened(database, keys) as record:
        with reading(record.engine) as connection:
            everybody = list(patients_of(connection))
        with progress("Checking alarms", len(everybody)) as advance:
            for done, patient in enumerate(everybody, start=1):
                for event in evaluate(record, patient, at):
                    counts[event.kind] = counts.get(event.kind, 0) + 1
                advance(done)
    raised, withdrawn = counts[RAISED], counts[WITHDRAWN]
    say(f"{len(everybody)} patients: {raised} alarms raised, {withdrawn} withdrawn")


@account_app.command("add")
@guarded
def add(
    name: NameArgument,
    role: Annotated[str, typer.Option(help="viewer, nurse, prescriber or administrator.")],
    shown: Annotated[str | None, typer.Option(help="Name as colleagues read it.")] = None,
    language: Annotated[str, typer.Option(help="en or ru.")] = "en",
    timezone: Annotated[
        str | None, typer.Option(help="IANA time zone; default the clinic's.")
    ] = None,
    database: DatabaseOption = DATABASE,
) -> None:
    """Make an account that sees all patients; prints its activation code once."""
    from antagonist.web.accounts.activation import activation_code
    from antagonist.web.accounts.people import create_account

    with opened_clinic(database) as (connection, now):
        made = create_account(
            connection, now, name, role, shown=shown, language=language, timezone=timezone
        )
        code = activation_code(connection, now, made)
        noted(connection, now, "accounts.created", account_of=made.name, role=made.role)
    say(code)


@account_app.command("list")
@guarded
def list_accounts(database: DatabaseOption = DATABASE) -> None:
    """List accounts: name, role, whether active, second factor, patients."""
    from antagonist.web.accounts.people import everyone

    with opened_clinic(database) as (connection, _now):
        people = everyone(connection)
    for each in people:
        state = "disabled" if each.disabled else "active" if each.password else "not activated"
        factor = "second factor" if each.secret else "no second factor"
        sees = "all patients" if each.every_patient else "patients given"
        columns = (each.name, each.role, state, factor, sees)
        typer.echo("\t".join(map(visible_line, columns)))


@account_app.command()
@guarded
def disable(name: NameArgument, database: DatabaseOption = DATABASE) -> None:
    """Close an account; its sessions and tokens end at once."""
    from antagonist.web.accounts.people import change

    with opened_clinic(database) as (connection, now):
        found = account_named(connection, name)
        change(connection, found, disabled=True)
        end_all(connection, found.account)
        noted(connection, now, "accounts.disabled", account_of=found.name)
    say(f"disabled: {found.name}")


@account_app.command()
@guarded
def enable(name: NameArgument, database: DatabaseOption = DATABASE) -> None:
    """Open an account again."""
    from antagonist.web.accounts.people import change

    with opened_clinic(database) as (connection, now):
        found = account_named(connection, name)
        change(connection, found, disabled=False)
        noted(connection, now, "accounts.enabled", account_of=found.name)
    say(f"enabled: {found.name}")


@account_app.command("reset-factor")
@guarded
def reset_factor(name: NameArgument, database: DatabaseOption = DATABASE) -> None:
    """Forget a second factor, after its owner was seen; sessions and tokens end at once."""
    from antagonist.web.accounts.people import change

    with opened_clinic(database) as (connection, now):
        found = account_named(connection, name)
        change(connection, found, secret=None, last_step=None)
        end_all(connection, found.account)
        noted(connection, now, "accounts.factor-reset", account_of=found.name)
    say(f"second factor forgotten: {found.name}")


@account_app.command()
@guarded
def activation(name: NameArgument, database: DatabaseOption = DATABASE) -> None:
    """Print a new activation code, with which the owner sets a password; sessions end at once."""
    from antagonist.foundation.errors import InputError
    from antagonist.web.accounts.activation import activation_code

    with opened_clinic(database) as (connection, now):
        found = account_named(connection, name)
        if found.disabled:
            raise InputError("", "name", found.name, "an account that is not disabled")
        code = activation_code(connection, now, found)
        noted(connection, now, "accounts.activation", account_of=found.name)
    say(code)


@audit_app.command()
@guarded
def export(
    output: Annotated[Path, typer.Option(help="File to write: .csv or .jsonl.")],
    database: DatabaseOption = DATABASE,
) -> None:
    """Write the whole audit into a file, newest first; that it was taken is audited."""
    from antagonist.feedback.database import engine_on
    from antagonist.report.files import write_together
    from antagonist.web.accounts.audit import Filter, every_entry
    from antagonist.web.accounts.audit_export import written

    kind = output.suffix.removeprefix(".")
    with engine_on(database) as engine:
        _media, lines = written(every_entry(engine, Filter()), kind)
        with opened_clinic(database) as (connection, now):
            noted(connection, now, "audit.exported", format=kind)
        write_together(output.parent, {output.name: "".join(lines).encode()})
    tell_written([str(output)], json=False)


@audit_app.command()
@guarded
def prune(
    keep_days: Annotated[int, typer.Option(help="Days that are kept; 365 at least.")],
    database: DatabaseOption = DATABASE,
) -> None:
    """Delete lines older than the days that are kept; that they were is audited."""
    from datetime import timedelta

    from antagonist.foundation.errors import InputError
    from antagonist.web.accounts.audit import prune as pruned

    try:
        keep = timedelta(days=keep_days)
    except OverflowError:
        raise InputError("audit", "days", keep_days, "fewer") from None
    with opened_clinic(database) as (connection, now):
        count = pruned(connection, now, keep)
        noted(connection, now, "audit.pruned", lines=count, kept_days=keep_days)
    say(f"{count} lines deleted")
