"""Payloads as parts of a patient's file, in the form that the label reads.

payload: as the record keeps it, newest version. at: the event's time. source: who says so.
"""

from __future__ import annotations

from collections.abc import Mapping
from datetime import UTC, datetime
from functools import lru_cache
from typing import Any, Literal

from pydantic import BaseModel, ConfigDict

from antagonist.feedback.contents import FEEDBACK_DATA
from antagonist.feedback.payloads.findings import VitalSigns
from antagonist.foundation.data import Lines, near_match, read_yaml, validated
from antagonist.foundation.errors import InputError
from antagonist.label.side_effects import side_effects
from antagonist.label.stated import stated_types

Payload = Mapping[str, Any]
Entry = dict[str, Any]
SYMPTOM_FACTS = FEEDBACK_DATA / "symptom_facts.yaml"


class SymptomFacts(BaseModel):
    """Terms of side effects that are a fact: term -> fact."""

    model_config = ConfigDict(frozen=True, extra="forbid")

    source: str
    provenance: Literal["own"]
    facts: Mapping[str, str]


@lru_cache(maxsize=1)
def symptom_facts() -> Mapping[str, str]:
    """Terms that are a fact: term -> fact.

    Raises InputError for a term or a fact that is not known, or a fact that is no yes or no.
    """
    name = SYMPTOM_FACTS.name
    found = validated(SymptomFacts, read_yaml(SYMPTOM_FACTS), name, Lines(SYMPTOM_FACTS))
    terms, facts = side_effects().terms, stated_types()
    for term, fact in found.facts.items():
        if term not in terms:
            raise InputError(name, "facts", term, near_match(term, terms))
        if fact not in facts or facts[fact].kind != "yes_no":
            raise InputError(name, f"facts.{term}", fact, "a yes-or-no fact that is stated")
    return found.facts


def when_text(at: datetime) -> str:
    """A time as a patient's file has it: whole seconds, UTC."""
    return at.astimezone(UTC).strftime("%Y-%m-%dT%H:%M:%SZ")


def stated(kind: str, payload: Payload, source: str) -> Mapping[str, Entry]:
    """Facts that an event states, by fact, as entries of the file; none for other kinds.

    An entry without a date of its own is of the event's time.
    """
    match kind:
        case "lab":
            entry = _only(payload, "value", "unit", "upper_limit")
            return {payload["test"]: {**entry, "source": source}}
        case "fact":
            names = ("value", "unit", "upper_limit", "date", "source")
            return {payload["fact"]: _only(payload, *names)}
        case "vital_signs":
            return {
                name: {"value": payload[name], "unit": unit, "source": source}
                for name, unit in stated_signs().items()
                if name in payload
            }
        case "symptom" if payload["term"] in symptom_facts():
            return {symptom_facts()[payload["term"]]: _present(payload, source)}
        case _:
            return {}


def _present(payload: Payload, source: str) -> Entry:
    return {"value": payload["present"], "source": source}


@lru_cache(maxsize=1)
def stated_signs() -> Mapping[str, str | None]:
    """Vital signs that are a fact of the dictionary, with the fact's own unit."""
    facts = stated_types()
    return {name: facts[name].unit for name in VitalSigns.model_fields if name in facts}


def _only(payload: Payload, *names: str) -> Entry:
    return {name: payload[name] for name in names if name in payload}


def urine_test(payload: Payload, source: str) -> Entry:
    """A urine sample of the file."""
    return {**payload, "source": source}


def score_sheet(payload: Payload, at: datetime, source: str) -> Entry:
    """A score sheet of the file; a total that stands without items is its only value."""
    values = payload["values"] or {"total": payload.get("total")}
    sheet = {"score": payload["score"], "values": values}
    return {**sheet, "date": when_text(at), "source": source}


def exposure(payload: Payload) -> Entry:
    """An exposure of the opioid history, from a reported use."""
    return {
        "opioid": payload["opioid"],
        "route": payload.get("route"),
        "dose": payload.get("amount"),
        "last_use": payload["last_use"],
        "source": payload["reported_by"],
    }
