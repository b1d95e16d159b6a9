"""What events may say: one typed model for each kind and version of payload."""

from __future__ import annotations

from collections.abc import Mapping
from typing import Any

from pydantic import BaseModel

from antagonist.feedback.chain import canonical
from antagonist.feedback.events import NewEvent
from antagonist.feedback.payloads.checks import check
from antagonist.feedback.payloads.meant import check_numbers, check_texts, check_years
from antagonist.feedback.payloads.registry import MODELS, NEWEST, upgraded
from antagonist.foundation.data import near_match, validated
from antagonist.foundation.errors import InputError

__all__ = ["check_types", "checked_payload", "payload_models", "read_payload", "upgraded"]

# What the program itself writes is as large as its answers are.
OF_PROGRAM = frozenset(("decision", "alarm_raised"))


def payload_models() -> Mapping[str, Mapping[int, type[BaseModel]]]:
    """Every model by kind and version."""
    return MODELS


def checked_payload(event: NewEvent) -> str:
    """An event's payload as the text that the record keeps: checked, canonical, without nulls.

    Raises InputError naming kind and field for what the model refuses, a year or number that cannot
    be meant, or what the label's data do not know.
    """
    model, place = _model(event.kind, event.version), f"event {event.kind}"
    check_years(event.occurred_at, place, "occurred_at")
    if event.kind not in OF_PROGRAM:
        check_numbers(event.payload, place)
    found = validated(model, event.payload, place)
    check_years(found, place)
    plain = found.model_dump(mode="json", by_alias=True, exclude_none=True)
    check(event.kind, upgraded(event.kind, event.version, plain), event.occurred_at)
    return canonical(plain)


def check_types(kind: str, payload: Mapping[str, Any]) -> None:
    """Whether people or programs may send it: the very types that JSON has, texts to be seen.

    Cells of tables and words of a command line are read more freely: they have text alone.
    payload: plain values, of the kind's newest version. Raises InputError naming kind and field.
    """
    model, place = _model(kind, NEWEST[kind]), f"event {kind}"
    check_numbers(payload, place)
    check_texts(payload, place)
    validated(model, payload, place, strict=True)


def read_payload(kind: str, version: int, payload: Mapping[str, Any]) -> BaseModel:
    """A kept payload as its kind's newest model; older versions are brought up first.

    Raises InputError for an unknown kind or version, or a payload that its model refuses.
    """
    _model(kind, version)
    newest = MODELS[kind][NEWEST[kind]]
    return validated(newest, upgraded(kind, version, payload), f"event {kind}")


def _model(kind: str, version: int) -> type[BaseModel]:
    if kind not in MODELS:
        raise InputError("event", "kind", kind, near_match(kind, MODELS))
    versions = MODELS[kind]
    if version not in versions:
        allowed = "a version of it: " + ", ".join(map(str, versions))
        raise InputError(f"event {kind}", "version", version, allowed)
    return versions[version]
