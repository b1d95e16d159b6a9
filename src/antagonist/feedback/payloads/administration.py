"""Payloads about the record itself: patients created, merged, erased; events taken back."""

from __future__ import annotations

from antagonist.feedback.payloads.base import EventId, PatientId, Payload, Text


class PatientCreated(Payload):
    """A patient's record begins."""

    program: Text | None = None


class IdentifierAdded(Payload):
    """The patient has another identifier. system: whose; the value is not in the events."""

    system: Text


class Merged(Payload):
    """Two records are one person's. other: the other record. kept: the one read from now on."""

    other: PatientId
    kept: PatientId | None = None
    reason: Text | None = None


class Unmerged(Payload):
    """Two records are two persons' after all. event: the merger that is undone."""

    other: PatientId
    event: EventId
    reason: Text | None = None


class IdentityErased(Payload):
    """Name and identifiers were erased."""

    reason: Text


class Retraction(Payload):
    """The event that this one corrects did not happen."""

    reason: Text
