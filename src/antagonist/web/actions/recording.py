"""Writing on the record: a new event, a correction, a retraction; then the alarms it calls for."""

from __future__ import annotations

import hashlib
from collections.abc import Mapping
from dataclasses import dataclass, replace
from datetime import datetime
from typing import Any

from antagonist.feedback.alarms.raising import ABOUT_ALARMS, RAISED
from antagonist.feedback.decisions import DECISION
from antagonist.feedback.events import RETRACTION, Event, NewEvent, can_be_seen
from antagonist.feedback.payloads import check_types
from antagonist.feedback.payloads.registry import NEWEST, OWN_CALLS, upgraded
from antagonist.feedback.record import ConflictError
from antagonist.foundation.clock import parse_time
from antagonist.foundation.errors import InputError
from antagonist.web.actions.alarms import refreshed_later
from antagonist.web.actions.told import Told
from antagonist.web.errors import NotAllowedError, NotFoundError
from antagonist.web.visit import Visit

LONGEST_REASON = 150  # characters: it stands in the event's source, which the record limits to 200
PLAN_CHANGE = "plan_change"


@dataclass(frozen=True, slots=True)
class Wish:
    """A request to write. expected: events of the patient as the writer saw them; None = not
    looked at. key: of the request, so that it is done once.
    """

    patient: str
    expected: int | None
    key: str


def write(visit: Visit, wish: Wish, event: NewEvent) -> Event:
    """Write one event, then see to the patient's alarms; the same key again writes nothing.

    Alarms that cannot be checked take nothing back: see ``alarms.refreshed_later``.

    Raises ConflictError where others wrote meanwhile, InputError for what is not allowed; field
    names are the payload's.
    """
    _check_kind(visit, event.kind, event.payload)
    return _appended(visit, wish, event, "")


def correct(visit: Visit, wish: Wish, old: Event, event: NewEvent, reason: str) -> Event:
    """Write an event that stands for another of its kind. reason: why, kept in its source."""
    _check_kind(visit, event.kind, event.payload)
    if not 1 <= len(reason) <= LONGEST_REASON or not can_be_seen(reason):
        allowed = f"1 to {LONGEST_REASON} characters that can be seen, in one line"
        raise InputError("", "why", reason, allowed)
    return _appended(visit, wish, replace(event, corrects=old.event_id), f"; corrected: {reason}")


def take_back(visit: Visit, wish: Wish, old: Event, reason: str) -> Event:
    """Say that an event did not happen."""
    _check_kind(visit, old.kind, {})
    event = NewEvent(RETRACTION, old.occurred_at, {"reason": reason}, corrects=old.event_id)
    return _appended(visit, wish, event, "")


def _check_kind(visit: Visit, kind: str, payload: Mapping[str, Any]) -> None:
    """What is written by a call of its own is not written here, a plan least of all.

    A plan that holds is one that the label allowed or two people went past it for; a change of plan
    without one, such as its end, is the prescriber's.
    """
    if kind in OWN_CALLS or (kind == PLAN_CHANGE and payload.get("plan") is not None):
        raise InputError("", "kind", kind, "a kind that has no call of its own")
    if kind == PLAN_CHANGE and not visit.may("plan.make"):
        raise NotAllowedError("plan.make")


def new_event(kind: str, occurred_at: datetime, payload: Mapping[str, Any]) -> NewEvent:
    """An event of the kind's newest version. Raises InputError for a kind that is not known."""
    if kind not in NEWEST:
        raise InputError("", "kind", kind, "one of " + ", ".join(sorted(NEWEST)))
    parse_time(occurred_at, None, field="occurred_at")
    return NewEvent(kind, occurred_at, payload, version=NEWEST[kind])


def _appended(visit: Visit, wish: Wish, event: NewEvent, why: str) -> Event:
    actor = replace(visit.actor, source=visit.actor.source + why)
    try:
        check_types(event.kind, event.payload)
        (written,) = visit.clinic.record.append(
            wish.patient, [event], actor, expected=wish.expected, key=own_key(visit, wish.key)
        )
    except ConflictError:
        raise
    except InputError as error:
        raise InputError("", input_name(error.field), error.value, error.allowed) from None
    refreshed_later(visit, wish.patient)
    return written


def own_key(visit: Visit, key: str) -> str:
    """A request's key as the record knows it: of this person only, whatever its length."""
    return hashlib.sha256(f"{visit.account.account}\n{key}".encode()).hexdigest()


def input_name(field: str) -> str:
    """A place in a payload as forms name its input, ``taken[0].name`` as ``taken.0.name``."""
    return field.replace("[", ".").replace("]", "")


def chain(told: Told, patient: str) -> list[Event]:
    """Every event of one chain as written, which a merged patient has several of."""
    return sorted((e for e in told.written if e.patient == patient), key=lambda e: e.n)


def event_in(told: Told, event: str) -> Event:
    """One event of the patient. Raises NotFoundError."""
    here = next((each for each in told.written if each.event_id == event), None)
    if here is None:
        raise NotFoundError
    return here


def meanwhile(told: Told, patient: str, expected: int) -> tuple[Event, ...]:
    """What others wrote after the state that a writer saw; the program's own lines only where
    there is nothing else.
    """
    own = ABOUT_ALARMS | {DECISION}
    later = [event for event in chain(told, patient) if event.n > expected]
    return tuple(event for event in later if event.kind not in own) or tuple(later)


def alarms_by(told: Told, event: Event) -> tuple[Event, ...]:
    """Alarms that an event raised."""
    return tuple(
        one for one in told.written if one.kind == RAISED and event.event_id in one.payload["cause"]
    )


def correction_of(told: Told, event: Event) -> Event | None:
    """The event that corrected or took back another; None where it holds."""
    return next((one for one in told.written if one.corrects == event.event_id), None)


def payload_now(event: Event) -> Mapping[str, Any]:
    """What an event says, in its kind's newest version."""
    return upgraded(event.kind, event.version, event.payload)
