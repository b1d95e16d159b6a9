"""What a decision comes to, from what was asked and put in: the same when made and when replayed.

Everything that goes in and comes out is plain (JSON) values; no record and no clock is read.
"""

from __future__ import annotations

import math
from collections.abc import Callable, Iterator, Mapping
from dataclasses import fields, is_dataclass
from datetime import date, datetime
from functools import lru_cache
from pathlib import Path
from typing import Any, cast
from zoneinfo import ZoneInfo

from pydantic import BaseModel

from antagonist.foundation.clock import parse_time
from antagonist.foundation.data import content_hash, near_match, validated
from antagonist.foundation.errors import InputError
from antagonist.label.assess import assessed
from antagonist.label.clinic_rules import book_for
from antagonist.label.gathered import moment
from antagonist.label.patient import Patient, parse_patient
from antagonist.label.rulebook import Rulebook
from antagonist.pharmacology.settings import Settings, settings
from antagonist.planning.plan_model import PlanRequest, Refusal
from antagonist.planning.planner import planned_with_outlook
from antagonist.planning.situation_figures import figures
from antagonist.planning.situation_model import Situation, Treatment
from antagonist.planning.situation_surgery import acute_pain, surgery
from antagonist.planning.situation_switch import switch
from antagonist.planning.situations import late_injection, missed_oral, stop
from antagonist.planning.treatment import treatment_of

Plain = dict[str, Any]
COURSE = "course"


def answered(
    what: str, asked: Mapping[str, Any], inputs: Mapping[str, Any], clinic: Path | None = None
) -> Plain:
    """The result of a decision.

    what: screen, plan, forecast or alarm. asked, inputs: as the decision's event keeps them.
    clinic: folder of the clinic's own rules.
    Raises InputError for anything that is wrong in what was asked or put in.
    """
    if what not in _ANSWERS:
        raise InputError("decision", "what", what, near_match(what, _ANSWERS))
    return _ANSWERS[what](asked, inputs, clinic)


def plain(value: Any) -> Any:
    """A value as JSON knows it: dates as ISO text, sets in order; not finite becomes nothing."""
    if isinstance(value, BaseModel):
        return plain(value.model_dump(mode="json", by_alias=True))
    if is_dataclass(value) and not isinstance(value, type):
        return {field.name: plain(getattr(value, field.name)) for field in fields(value)}
    if isinstance(value, Mapping):
        return {str(key): plain(item) for key, item in value.items()}
    if isinstance(value, list | tuple):
        return [plain(item) for item in value]
    if isinstance(value, set | frozenset):
        return sorted(plain(item) for item in value)
    if isinstance(value, date):
        return value.isoformat()
    if isinstance(value, float):
        return value if math.isfinite(value) else None
    return value if value is None or isinstance(value, bool | int | str) else str(value)


def plain_patient(patient: Patient, name: str) -> Plain:
    """A patient's file as plain values. name: what stands for the file's own code."""
    content = patient.model_dump(mode="json", by_alias=True, exclude_none=True)
    return {**content, "patient": name}


def answers_in(result: Mapping[str, Any]) -> Iterator[Mapping[str, Any]]:
    """Every answer of the label inside a decision's result."""
    yield from result.get("answers", ())
    plan, refusal = result.get("plan"), result.get("refusal")
    if plan is not None:
        yield from (plan["screening"], plan["limits"])
    if refusal is not None:
        yield refusal["answer"]
    if result.get("situation") is not None:
        yield result["situation"]["answer"]


def _screen(asked: Mapping[str, Any], inputs: Mapping[str, Any], clinic: Path | None) -> Plain:
    patient = _patient(inputs)
    at = moment(patient, asked["as_of"])
    answers = assessed(
        patient,
        at,
        asked["products"],
        label=asked.get("jurisdiction"),
        question=asked["question"],
        book=book_on(at.date(), clinic),
    )
    return {"answers": plain(answers)}


def _plan(asked: Mapping[str, Any], inputs: Mapping[str, Any], clinic: Path | None) -> Plain:
    request = validated(PlanRequest, asked["request"], "plan")
    made = planned_with_outlook(
        _patient(inputs),
        request,
        as_of=asked["as_of"],
        book=book_on(request.start, clinic),
        chosen=model_settings(asked["model"]),
    )
    return {"refusal" if isinstance(made, Refusal) else "plan": plain(made)}


def _forecast(asked: Mapping[str, Any], inputs: Mapping[str, Any], clinic: Path | None) -> Plain:
    if clinic is not None:
        raise InputError("forecast", "clinic", str(clinic), "no rules of the clinic's own")
    patient = _patient(inputs)
    at, chosen = moment(patient, asked["as_of"]), model_settings(asked["model"])
    treatment = treatment_of(patient, at, asked.get("jurisdiction"), chosen)
    kind, details = asked["situation"], asked.get("details", {})
    if kind == COURSE:
        return {"figures": plain(figures(treatment))}
    if kind not in _SITUATIONS:
        allowed = near_match(str(kind), (COURSE, *_SITUATIONS))
        raise InputError("forecast", "situation", kind, allowed)
    try:
        return {"situation": plain(_SITUATIONS[kind](treatment, details))}
    except KeyError as missing:
        field = f"details.{missing.args[0]}"
        raise InputError("forecast", field, None, f"what a {kind} needs") from None


def _alarm(asked: Mapping[str, Any], inputs: Mapping[str, Any], _clinic: Path | None) -> Plain:
    from antagonist.feedback.alarms.deciding import decided  # alarms keep decisions themselves

    return cast("Plain", plain(decided(asked, inputs)))


_ANSWERS: Mapping[str, Callable[[Mapping[str, Any], Mapping[str, Any], Path | None], Plain]] = {
    "screen": _screen,
    "plan": _plan,
    "forecast": _forecast,
    "alarm": _alarm,
}


def _missed(treatment: Treatment, details: Mapping[str, Any]) -> Situation:
    planned, following = (_time(treatment, details, name) for name in ("planned_at", "next_at"))
    amount, spaced = float(details["planned_mg"]), bool(details["spaced"])
    return missed_oral(treatment, planned, amount, following, spaced=spaced)


_SITUATIONS: Mapping[str, Callable[[Treatment, Mapping[str, Any]], Situation]] = {
    "missed_dose": _missed,
    "late_injection": lambda treatment, _: late_injection(treatment),
    "switch": lambda treatment, given: switch(treatment, given["from"], given["to"]),
    "surgery": lambda treatment, given: surgery(treatment, _time(treatment, given, "at")),
    "acute_pain": lambda treatment, _: acute_pain(treatment),
    "stop": lambda treatment, _: stop(treatment),
}


def _time(treatment: Treatment, details: Mapping[str, Any], name: str) -> datetime:
    tz = cast("ZoneInfo", treatment.as_of.tzinfo)
    return parse_time(details[name], tz, "forecast", f"details.{name}")


def _patient(inputs: Mapping[str, Any]) -> Patient:
    return parse_patient(inputs["patient"], "decision")


def model_settings(model: Mapping[str, Any]) -> Settings:
    """Settings of a forecast. model: draws, seed, blocked_fraction and parameter_set."""
    found = settings(
        draws=model["draws"],
        seed=model["seed"],
        threshold_blocked_fraction=model["blocked_fraction"],
    )
    return Settings(
        found.draws, found.seed, found.threshold, found.step_h, str(model["parameter_set"])
    )


def book_on(on: date, clinic: Path | None) -> Rulebook:
    """The rules of a day, with a clinic's own where a folder is given; compiled once."""
    if clinic is None:
        return book_for(on)
    return _clinic_book(on, clinic, content_hash(clinic.glob("*.yaml")))


@lru_cache(maxsize=8)
def _clinic_book(on: date, clinic: Path, _digest: str) -> Rulebook:
    """Compiled once for the content of a folder, which its owner may edit meanwhile."""
    return book_for(on, clinic)
