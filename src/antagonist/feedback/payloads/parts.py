"""Payloads as parts of a patient's file, in the form that the label reads.

payload: as the record keeps it, newest version. at: the event's time. source: who says so.
"""

from __future__ import annotations

from collections.abc import Mapping
from datetime import UTC, datetime
from functools import lru_cache
from typing import Any

from antagonist.foundation.data import read_yaml
from antagonist.foundation.errors import InputError
from antagonist.label.facts import fact_types
from antagonist.label.stated import stated_types

Payload = Mapping[str, Any]
Stated = tuple[tuple[str, dict[str, Any]], ...]
STATES = frozenset({"fact", "lab", "vital_signs", "symptom"})


def when_text(at: datetime) -> str:
    """A time as a patient's file has it: whole seconds, UTC."""
    return at.astimezone(UTC).strftime("%Y-%m-%dT%H:%M:%SZ")


@lru_cache(maxsize=1)
def symptom_facts() -> Mapping[str, str]:
    """Terms of side effects that are a fact of the dictionary: term -> fact."""
    path = __file__
    return read_yaml(path)


def stated(kind: str, payload: Payload, at: datetime, source: str) -> Stated:
    """Facts that an event states, as (fact, entry of the file)."""
