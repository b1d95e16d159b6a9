"""What events may say: one typed model for each kind and version of payload."""

from __future__ import annotations

from collections.abc import Mapping
from typing import Any

from pydantic import BaseModel

from antagonist.feedback.chain import canonical
from antagonist.feedback.events import NewEvent
from antagonist.feedback.payloads.checks import check
from antagonist.feedback.payloads.registry import MODELS, NEWEST, upgraded
from antagonist.feedback.payloads.years import check_years
from antagonist.foundation.data import near_match, validated
from antagonist.foundation.errors import InputError

__all__ = ["checked_payload", "payload_models", "read_payload", "upgraded"]


def payload_models() -> Mapping[str, Mapping[int, type[BaseModel]]]:
    """Every model by kind and version."""
    return MODELS


def checked_payload(event: NewEvent) -> str:
    """An event's payload as the text that the record keeps: checked, canonical, without nulls.

    Raises InputError naming kind and field for what the model refuses, a year that cannot be meant,
    or what the label's data do not know.
    """
    model, place = _model(event.kind, event.version), f"event {event.kind}"
    check_years(event.occurred_at, place, "occurred_at")
    found = validated(model, event.payload, place)
    check_years(found, place)
    plain = found.model_dump(mode="json", by_alias=True, exclude_none=True)
    check(event.kind, upgraded(event.kind, event.version, plain), event.occurred_at)
    return canonical(plain)


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
