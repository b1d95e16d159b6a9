"""What an event is: one thing that happened or was found out, never changed afterwards."""

from __future__ import annotations

import unicodedata
from collections.abc import Mapping
from dataclasses import dataclass
from datetime import UTC, datetime
from typing import Any, Literal, get_args

from antagonist.foundation.errors import InputError

Role = Literal[
    "patient", "nurse", "prescriber", "pharmacist", "laboratory", "administrator", "program"
]
ROLES: tuple[Role, ...] = get_args(Role)
RETRACTION = "retraction"
MOST_CHARACTERS = 200
UNSEEN = ("Cc", "Cs")  # control characters, and halves of a character
BREAKS = "\n\r\t"  # control characters that a text of several lines has


@dataclass(frozen=True, slots=True)
class Actor:
    """Who writes. source: where it comes from, such as a visit, a device, an import."""

    author: str
    role: Role
    source: str


def checked_actor(actor: Actor) -> Actor:
    """The actor itself. Raises InputError for an unknown role, and a name or source that is
    empty, too long or holds characters that cannot be seen.
    """
    if actor.role not in ROLES:
        raise InputError("record", "role", actor.role, "one of " + ", ".join(ROLES))
    for field in ("author", "source"):
        checked_text(getattr(actor, field), field)
    return actor


def can_be_seen(text: str, breaks: str = "") -> bool:
    """Whether no character of a text is unseen. breaks: control characters that may be there."""
    if text.isprintable():  # which most are, and quickly told
        return True
    return all(c in breaks or unicodedata.category(c) not in UNSEEN for c in text)


def checked_text(text: str, field: str) -> str:
    """A short text that every database keeps the same. Raises InputError otherwise.

    Characters that cannot be seen would make the text that is hashed ambiguous.
    """
    if not text.strip() or len(text) > MOST_CHARACTERS or not can_be_seen(text):
        allowed = f"1 to {MOST_CHARACTERS} characters that can be seen"
        raise InputError("record", field, text, allowed)
    return text


@dataclass(frozen=True, slots=True)
class NewEvent:
    """An event to be written.

    occurred_at: aware; when it happened. payload: plain values, checked by the kind's model.
    corrects: id of the event that this one replaces (same kind) or takes back (a retraction).
    """

    kind: str
    occurred_at: datetime
    payload: Mapping[str, Any]
    version: int = 1
    corrects: str | None = None


@dataclass(frozen=True, slots=True)
class Event:
    """An event as it is kept. n: its place in the patient's chain, from 1. Times are UTC."""

    event_id: str
    patient: str
    n: int
    kind: str
    version: int
    occurred_at: datetime
    recorded_at: datetime
    author: str
    role: str
    source: str
    corrects: str | None
    payload: Mapping[str, Any]
    hash: str


def stamp(at: datetime) -> str:
    """A time as the record writes it: UTC, microseconds, always 27 characters, so it sorts.

    Raises ValueError for a time without zone.
    """
    if at.tzinfo is None:
        raise ValueError("the record needs aware times")
    return at.astimezone(UTC).strftime("%Y-%m-%dT%H:%M:%S.%fZ")


def moment(text: str) -> datetime:
    """A time that the record wrote."""
    return datetime.fromisoformat(text)
