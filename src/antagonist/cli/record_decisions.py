"""``antagonist record`` on decisions and identities, and on the tables made from events."""

from __future__ import annotations

from typing import TYPE_CHECKING, Annotated

import typer

from antagonist.cli.common import JsonOption, guarded, say
from antagonist.cli.record import PatientOption, record_app, show_events
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
from antagonist.cli.screen import JurisdictionOption, RulesOption

if TYPE_CHECKING:
    from datetime import datetime

    from antagonist.feedback.record import Record
    from antagonist.label.patient import Patient

__all__ = ["record_app"]

BirthOption = Annotated[
    str | None, typer.Option("--birth-date", help="Date of birth: the events do not hold it.")
]


@record_app.command()
@guarded
def screen(
    patient: PatientOption,
    author: AuthorOption,
    role: RoleOption,
    product: Annotated[
        list[str] | None, typer.Option(help="Product, by id; repeat for several. Default all.")
    ] = None,
    birth_date: BirthOption = None,
    jurisdiction: JurisdictionOption = None,
    rules: RulesOption = None,
    timezone: ZoneOption = "UTC",
    at: AtOption = None,
    source: SourceOption = "command line",
    database: DatabaseOption = DATABASE,
    keys: KeysOption = KEYS,
    json: JsonOption = False,
) -> None:
    """Screen a patient on what is on record, and keep the decision with its rules."""
    from antagonist.feedback.decisions import decide_screen

    who, moment = actor(author, role, source), clinic_time(at, timezone)
    with opened(database, keys) as record:
        event = decide_screen(
            record, patient, who, file=_file(record, patient, moment, timezone, birth_date),
            products=product or (), jurisdiction=jurisdiction, as_of=moment, clinic=rules,
        )  # fmt: skip
    if not json:
        for answer in event.payload["result"]["answers"]:
            say(f"{answer['product']}: {answer['verdict']}")
        say(f"kept as {event.event_id}")
        return
    show_events((event,), json=True)


@record_app.command()
@guarded
def plan(
    patient: PatientOption,
    author: AuthorOption,
    role: RoleOption,
    product: Annotated[str, typer.Option(help="Product, by id.")],
    regimen: Annotated[str, typer.Option(help="Regimen, by id.")],
    prescriber: Annotated[str, typer.Option(help="Who prescribes.")],
    months: Annotated[int, typer.Option(help="Length of the course, months.")] = 6,
    birth_date: BirthOption = None,
    jurisdiction: JurisdictionOption = None,
    rules: RulesOption = None,
    timezone: ZoneOption = "UTC",
    at: AtOption = None,
    source: SourceOption = "command line",
    database: DatabaseOption = DATABASE,
    keys: KeysOption = KEYS,
    json: JsonOption = False,
) -> None:
    """Plan a course on what is on record, and keep the decision, the plan or the refusal."""
    from antagonist.feedback.decisions import decide_plan

    who, moment = actor(author, role, source), clinic_time(at, timezone)
    asked = {
        "product": product,
        "regimen": regimen,
        "prescriber": prescriber,
        "months": months,
        "jurisdiction": jurisdiction,
    }
    with opened(database, keys) as record:
        event = decide_plan(
            record, patient, who, file=_file(record, patient, moment, timezone, birth_date),
            request={k: v for k, v in asked.items() if v is not None}, as_of=moment, clinic=rules,
        )  # fmt: skip
    if not json:
        made = "plan" in event.payload["result"]
        say(f"{'planned' if made else 'refused'}; kept as {event.event_id}")
        return
    show_events((event,), json=True)


def _file(
    record: Record, patient: str, at: datetime, timezone: str, birth_date: str | None
) -> Patient:
    from antagonist.feedback.merging import history_of_all
    from antagonist.feedback.state import folded
    from antagonist.feedback.state_file import patient_file

    events = history_of_all(record, patient, valid_at=at)
    return patient_file(folded(events, at), timezone, patient=patient, birth_date=birth_date)


@record_app.command()
@guarded
def override(
    decision: Annotated[str, typer.Option(help="The decision's event id.")],
    patient: PatientOption,
    author: AuthorOption,
    role: RoleOption,
    reason: Annotated[str, typer.Option(help="Why; kept.")],
    second_person: Annotated[str, typer.Option(help="Somebody else who answers for it.")],
    source: SourceOption = "command line",
    database: DatabaseOption = DATABASE,
    keys: KeysOption = KEYS,
) -> None:
    """Go on against a decision, with a reason and a second person; both are kept."""
    from antagonist.feedback.merging import history_of_all
    from antagonist.feedback.overrides import record_override
    from antagonist.foundation.errors import InputError

    who = actor(author, role, source)
    with opened(database, keys) as record:
        events = history_of_all(record, patient)
        found = next((e for e in events if e.event_id == decision), None)
        if found is None:
            raise InputError("record", "decision", decision, "a decision of this patient")
        event = record_override(record, found, who, reason, second_person)
    say(f"overridden: {event.event_id}")


@record_app.command()
@guarded
def merge(
    keep: Annotated[str, typer.Option(help="Patient that is kept.")],
    other: Annotated[str, typer.Option(help="Patient that is the same person.")],
    author: AuthorOption,
    role: RoleOption,
    reason: Annotated[str, typer.Option(help="Why; kept.")],
    undo: Annotated[bool, typer.Option("--undo", help="They are two people after all.")] = False,
    source: SourceOption = "command line",
    database: DatabaseOption = DATABASE,
    keys: KeysOption = KEYS,
) -> None:
    """Say that two records are of one person, or take that back; both stay as written."""
    from antagonist.feedback.merging import merge as merged
    from antagonist.feedback.merging import unmerge

    who = actor(author, role, source)
    with opened(database, keys) as record:
        (unmerge if undo else merged)(record, who, keep, other, reason)
    say("unmerged" if undo else "merged")


@record_app.command()
@guarded
def erase(
    patient: PatientOption,
    author: AuthorOption,
    role: RoleOption,
    reason: Annotated[str, typer.Option(help="Why; kept.")],
    source: SourceOption = "command line",
    database: DatabaseOption = DATABASE,
    keys: KeysOption = KEYS,
) -> None:
    """Destroy the key of a patient's name and identifiers; the events stay, and still verify."""
    from antagonist.feedback.identity import erase as erased

    who = actor(author, role, source)
    with opened(database, keys) as record:
        erased(record, who, patient, reason)
    say("erased")


@record_app.command()
@guarded
def rebuild(
    timezone: ZoneOption = "UTC",
    database: DatabaseOption = DATABASE,
    keys: KeysOption = KEYS,
) -> None:
    """Write every derived table anew from the events."""
    from antagonist.feedback.derived import rebuild as rebuilt
    from antagonist.foundation.clock import zone

    with opened(database, keys) as record:
        patients = rebuilt(record, zone(timezone, "", "timezone"))
    say(f"rebuilt for {patients} patients")
