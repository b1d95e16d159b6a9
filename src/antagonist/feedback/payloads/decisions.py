"""Payloads of what was decided and raised: decisions, overrides, alarms."""

from __future__ import annotations

from collections.abc import Mapping
from typing import Annotated, Any, Literal

from pydantic import Field, model_validator

from antagonist.feedback.events import Role
from antagonist.feedback.payloads.base import Aware, EventId, Payload, Text

ContentHash = Annotated[str, Field(pattern=r"^[0-9a-f]{64}$")]


class Decision(Payload):
    """What the program said, with all that is needed to say it again.

    contents: hashes of the rules, products and parameters used, as kept in the record.
    """

    what: Literal["screen", "plan", "alarm", "forecast"]
    asked: Mapping[str, Any]
    inputs: Mapping[str, Any]
    result: Mapping[str, Any]
    rules_hash: ContentHash
    contents: tuple[ContentHash, ...]
    software: Text


class Override(Payload):
    """Going on although a decision or an alarm says otherwise; two people answer for it."""

    decision: EventId | None = None
    alarm: EventId | None = None
    reason: Annotated[str, Field(min_length=3)]
    second_person: Text

    @model_validator(mode="after")
    def _of_something(self) -> Override:
        if (self.decision is None) == (self.alarm is None):
            raise ValueError("a decision or an alarm, one of the two")
        return self


class AlarmRaised(Payload):
    """An alarm. key: the same key is the same alarm. who acts, by when."""

    alarm: Text
    cause: tuple[EventId, ...]
    key: Text
    severity: Text
    facts: tuple[Any, ...] = ()
    act: Text
    who: Role
    by: Aware


class AlarmWithdrawn(Payload):
    """An alarm whose cause was corrected or taken back. because: the event that did it."""

    alarm: EventId
    because: EventId


class AlarmAcknowledged(Payload):
    """Somebody has seen to an alarm."""

    alarm: EventId
    note: Text | None = None


class AlarmOverridden(Payload):
    """Somebody sets an alarm aside."""

    alarm: EventId
    reason: Annotated[str, Field(min_length=3)]
