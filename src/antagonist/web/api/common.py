"""What every endpoint shares: its errors, the key of a request, the state that a writer saw."""

from __future__ import annotations

from collections.abc import Mapping
from datetime import date, datetime
from typing import Annotated, Any, TypeVar

from fastapi import Header, Path
from pydantic import (
    AfterValidator,
    AwareDatetime,
    BaseModel,
    BeforeValidator,
    ConfigDict,
    Field,
    field_validator,
)

from antagonist.feedback.events import BREAKS, Event, can_be_seen
from antagonist.foundation.clock import FIRST_YEAR, LAST_YEAR, YEARS_ALLOWED, begins_with_a_day
from antagonist.foundation.errors import InputError
from antagonist.web.answers import PROBLEM
from antagonist.web.logs import API

PREFIX = API
D = TypeVar("D", bound=date)


class Sent(BaseModel):
    """What a program sends: exactly these fields, of exactly these types.

    A day is ``Day``, a time ``Moment``, a tuple not strict: JSON has no types of its own for them.
    """

    model_config = ConfigDict(frozen=True, extra="forbid", allow_inf_nan=False, strict=True)

    @field_validator("*", mode="before")
    @classmethod
    def _seen(cls, value: object) -> object:
        """No database keeps every character that JSON can hold."""
        for text in value if isinstance(value, list) else [value]:
            if isinstance(text, str) and not can_be_seen(text, BREAKS):
                raise ValueError("text whose characters can be seen")
        return value


def _text(value: object) -> object:
    """A number, or digits alone, would be read as seconds since 1970, which nobody meant."""
    if value is not None and not (isinstance(value, str) and begins_with_a_day(value)):
        raise ValueError("text in the format ISO 8601")
    return value


def _line(value: str) -> str:
    if not can_be_seen(value):
        raise ValueError("one line of characters that can be seen")
    return value


def _year(value: D) -> D:
    if not FIRST_YEAR <= value.year <= LAST_YEAR:
        raise ValueError(YEARS_ALLOWED)
    return value


Day = Annotated[date, BeforeValidator(_text), AfterValidator(_year), Field(strict=False)]
Moment = Annotated[
    AwareDatetime, BeforeValidator(_text), AfterValidator(_year), Field(strict=False)
]


class KeptEvent(BaseModel):
    """An event as it is kept. event: its id. n: its place in the patient's chain."""

    event: str
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


def kept(event: Event) -> dict[str, Any]:
    """An event as ``KeptEvent`` has it."""
    names = [name for name in KeptEvent.model_fields if name != "event"]
    return {"event": event.event_id, **{name: getattr(event, name) for name in names}}


class FieldProblem(BaseModel):
    """One thing that is not right. value: what was found; secrets are not shown."""

    field: str
    value: str | None
    allowed: str


class Problem(BaseModel):
    """An error (RFC 9457). request: the id under which logs and audit have it."""

    type: str
    title: str
    status: int
    request: str
    errors: list[FieldProblem] = []


def _problem(description: str) -> dict[str, Any]:
    schema = {"$ref": "#/components/schemas/Problem"}
    return {"model": Problem, "description": description, "content": {PROBLEM: {"schema": schema}}}


ERRORS: Mapping[int | str, dict[str, Any]] = {
    400: _problem("The request cannot be read, such as a body that is no UTF-8"),
    401: _problem("No token, or one that holds no longer"),
    403: _problem("The token's owner may not do this"),
    404: _problem("No such thing, or not this person's to see"),
    409: _problem("Somebody else wrote meanwhile"),
    413: _problem("The body is too large"),
    422: _problem("Something is not allowed; the field, the value and what is allowed"),
    429: _problem("Too many requests of this kind"),
    503: _problem("The database does not answer; nothing was written"),
}

PatientId = Annotated[
    str, Path(description="The record's id of the patient.", min_length=36, max_length=36)
]
Key = Annotated[
    str,
    Header(
        alias="Idempotency-Key", min_length=8, max_length=200,
        description="The request's own key: sent again with it, it is done once.",
    ),
]  # fmt: skip
IfMatch = Annotated[
    str | None,
    Header(
        alias="If-Match",
        description='ETag of the patient as read, such as `"12"`; another writer since is a 409.',
    ),
]
Text = Annotated[str, Field(min_length=1, max_length=2000)]
Line = Annotated[str, AfterValidator(_line)]


def expected_of(if_match: str | None) -> int | None:
    """Events the patient had when the writer read it; None = not looked at.

    Raises InputError for anything but a quoted number.
    """
    if if_match is None:
        return None
    bare = if_match.strip().strip('"')
    if not bare.isdecimal() or not bare.isascii():
        raise InputError("", "If-Match", if_match, 'the ETag as read, such as "12"')
    return int(bare)


def etag(events: int) -> dict[str, str]:
    """The header that says how many events a patient has."""
    return {"ETag": f'"{events}"'}
