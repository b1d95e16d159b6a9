"""Situations on treatment: asked on what is on record, the answer kept as a decision."""

from __future__ import annotations

from collections.abc import Mapping
from dataclasses import dataclass
from typing import Any, get_args

from antagonist.feedback.decisions import DECISION, decide_forecast
from antagonist.feedback.events import Event
from antagonist.feedback.kept import kept_situation
from antagonist.foundation.clock import parse_time, zone
from antagonist.foundation.data import near_match
from antagonist.foundation.errors import InputError
from antagonist.planning.situation_model import Situation, SituationKind
from antagonist.web.actions.files import file_of
from antagonist.web.actions.told import told_of
from antagonist.web.errors import NotFoundError
from antagonist.web.visit import Visit

KINDS: tuple[SituationKind, ...] = get_args(SituationKind)
FORECAST = "forecast"
# What each needs to be told, beside the record: fields of `details`, and those that are times.
DETAILS: Mapping[str, tuple[str, ...]] = {
    "missed_dose": ("planned_at", "planned_mg", "next_at", "spaced"),
    "switch": ("from", "to"),
    "surgery": ("at",),
}
TIMES = ("planned_at", "next_at", "at")
FORMS = ("oral", "im_xr", "implant")
MOST_MG = 10_000.0  # as for a dose on record


@dataclass(frozen=True)
class Answered:
    """An answer on record. details: what was told for it."""

    event: Event
    situation: Situation
    details: Mapping[str, Any]


def ask(visit: Visit, patient: str, kind: str, details: Mapping[str, Any]) -> Event:
    """Ask what to do in a situation and keep the answer as a decision.

    details: of DETAILS; times without an offset are the clinic's wall clock.
    Raises InputError for an unknown situation, a detail that is wrong or missing, and a record
    without what the answer needs; then nothing is kept.
    """
    if kind not in KINDS:
        raise InputError("", "kind", kind, near_match(kind, KINDS))
    told = told_of(visit, patient)
    clinic = visit.clinic
    file = file_of(clinic.record, patient, told.at, clinic.tz)
    return decide_forecast(
        clinic.record, patient, visit.actor, file=file, situation=kind,
        details=_checked(visit, kind, details), as_of=told.at,
        jurisdiction=clinic.config.jurisdiction,
    )  # fmt: skip


def answer_on_record(visit: Visit, patient: str, event: str) -> Answered:
    """A kept answer. Raises NotFoundError for anything else."""
    found = next((e for e in told_of(visit, patient).written if e.event_id == event), None)
    if found is None or found.kind != DECISION or found.payload["what"] != FORECAST:
        raise NotFoundError
    document = found.payload["result"].get("situation")
    if document is None:
        raise NotFoundError
    tz = zone(found.payload["inputs"]["patient"]["timezone"], "record", "timezone")
    details = found.payload["asked"].get("details", {})
    return Answered(found, kept_situation(document, tz), details)


def _checked(visit: Visit, kind: str, details: Mapping[str, Any]) -> dict[str, Any]:
    """The details of a kind, each there and of its own form."""
    found: dict[str, Any] = {}
    taken = DETAILS.get(kind, ())
    for name, value in details.items():
        if value is not None and name not in taken:
            raise InputError("", name, value, f"nothing: {kind} is not told it")
    for name in taken:
        value = details.get(name)
        if value is None:
            raise InputError("", name, None, "an answer; it was left empty")
        if name in TIMES:
            value = parse_time(str(value), visit.clinic.tz, "", name).isoformat()
        elif name in ("from", "to") and value not in FORMS:
            raise InputError("", name, value, near_match(str(value), FORMS))
        found[name] = value
    mg = found.get("planned_mg")
    if mg is not None and not 0 < mg <= MOST_MG:
        raise InputError("", "planned_mg", mg, f"more than 0, at most {MOST_MG:g} mg")
    return found
