"""Decisions: what the program said, kept with all that is needed to say it again."""

from __future__ import annotations

import platform
from collections.abc import Mapping, Sequence
from datetime import date, datetime
from functools import lru_cache
from importlib.metadata import version
from pathlib import Path
from typing import Any, get_args

from sqlalchemy import Connection

from antagonist.feedback import contents
from antagonist.feedback.answering import (
    Plain,
    answered,
    answers_in,
    plain,
    plain_patient,
)
from antagonist.feedback.database import writing
from antagonist.feedback.events import Actor, Event, NewEvent
from antagonist.feedback.record import Record, append_in
from antagonist.foundation.data import content_hash, near_match, validated
from antagonist.foundation.errors import InputError
from antagonist.label.gathered import moment
from antagonist.label.jurisdictions import chosen
from antagonist.label.patient import Patient, parse_patient
from antagonist.label.rulebook import label_files
from antagonist.label.rules import Question
from antagonist.pharmacology.settings import settings
from antagonist.planning.plan_model import PlanRequest
from antagonist.planning.planner import DRAWS

DECISION = "decision"
# Which bundles a decision rests on, by what was decided.
RESTS_ON: Mapping[str, tuple[str, ...]] = {
    "screen": (contents.LABEL,),
    "plan": (contents.LABEL, contents.PHARMACOLOGY),
    "forecast": (contents.LABEL, contents.PHARMACOLOGY),
    "alarm": (contents.LABEL, contents.PHARMACOLOGY, contents.FEEDBACK),
}
# Packages whose version can change a number or a date of an answer.
_PACKAGES = ("antagonist", "holidays", "numpy", "pydantic", "pyyaml", "scipy", "tzdata")
File = Patient | Mapping[str, Any]
When = datetime | date | str | None


@lru_cache(maxsize=1)
def software() -> str:
    """What computed an answer: Python, machine and the packages that its numbers rest on."""
    found = [f"{name} {version(name)}" for name in _PACKAGES]
    return "; ".join([*found, f"python {platform.python_version()}", platform.machine()])


@lru_cache(maxsize=1)
def _rules_hash() -> str:
    return content_hash(label_files())


def decision_payload(
    connection: Connection,
    what: str,
    *,
    asked: Mapping[str, Any],
    inputs: Mapping[str, Any],
    result: Mapping[str, Any],
    rules_hash: str | None = None,
    clinic: Path | None = None,
) -> Plain:
    """The payload of a decision's event; what it rests on is stored in the same transaction.

    what: screen, plan, alarm or forecast. asked, inputs: all that ``answering.answered`` needs to
    come to the result again; any values. rules_hash: of the rules; None = as the result states it,
    else of the label's. clinic: folder of the clinic's own rules.
    Raises InputError for another kind of decision.
    """
    if what not in RESTS_ON:
        raise InputError("decision", "what", what, near_match(what, RESTS_ON))
    kept = [
        contents.keep(connection, kind, contents.present_bundle(kind)) for kind in RESTS_ON[what]
    ]
    if clinic is not None:
        kept.append(contents.keep(connection, contents.CLINIC, contents.bundle_of_clinic(clinic)))
    return {
        "what": what,
        "asked": plain(asked),
        "inputs": plain(inputs),
        "result": plain(result),
        "rules_hash": rules_hash or rules_hash_of(result) or _rules_hash(),
        "contents": kept,
        "software": software(),
    }


def decide_screen(
    record: Record,
    patient: str,
    actor: Actor,
    *,
    file: File,
    products: Sequence[str] = (),
    jurisdiction: str | None = None,
    question: Question = "start",
    as_of: When = None,
    clinic: Path | None = None,
    expected: int | None = None,
) -> Event:
    """Screen a patient and keep the decision: one answer for each product.

    file: the patient's file; its own code is replaced by ``patient``, the record's id, so that an
    erased identity stays erased. products: none = all that can be planned under the jurisdiction.
    as_of: aware; None = the file's own. clinic: folder of the clinic's own rules.
    expected: events the patient has, as the asker saw it; None = not looked at.
    Raises InputError as ``antagonist.screen`` does, and ConflictError where the patient has more
    events than expected; then nothing is kept.
    """
    if question not in get_args(Question):
        raise InputError("screen", "question", question, near_match(question, get_args(Question)))
    found = _file(file)
    asked = {
        "products": list(products),
        "jurisdiction": chosen(jurisdiction),
        "question": question,
        "as_of": _as_of(found, as_of),
    }
    return _decided(record, patient, actor, "screen", asked, found, clinic, expected)


def decide_plan(
    record: Record,
    patient: str,
    actor: Actor,
    *,
    file: File,
    request: Mapping[str, Any],
    as_of: When = None,
    clinic: Path | None = None,
    draws: int = DRAWS,
    seed: int | None = None,
    expected: int | None = None,
) -> Event:
    """Plan a course and keep the decision: the plan with its outlook, or the refusal.

    request: fields of ``PlanRequest``; start: default the day of ``as_of``. draws, seed: of the
    model. Else as ``decide_screen``. Raises InputError as ``antagonist.plan`` does.
    """
    found = _file(file)
    at = _as_of(found, as_of)
    wanted = validated(PlanRequest, {"start": at[:10], **request}, "plan")
    asked = {"request": plain(wanted), "as_of": at, "model": _model(draws, seed)}
    return _decided(record, patient, actor, "plan", asked, found, clinic, expected)


def decide_forecast(
    record: Record,
    patient: str,
    actor: Actor,
    *,
    file: File,
    situation: str = "course",
    details: Mapping[str, Any] | None = None,
    jurisdiction: str | None = None,
    as_of: When = None,
    draws: int = DRAWS,
    seed: int | None = None,
) -> Event:
    """Forecast the course of a patient's file and keep the decision.

    situation: ``course`` (blocked now and the stated times if nothing more is taken), or one of
    ``planning.situation_model.SituationKind``. details: of a missed dose ``planned_at``,
    ``planned_mg``, ``next_at``, ``spaced``; of a switch ``from``, ``to``; of surgery ``at``.
    Raises InputError for an unknown situation, what it needs, and a file without a course.
    """
    found = _file(file)
    asked = {
        "situation": situation,
        "details": dict(details or {}),
        "jurisdiction": jurisdiction,
        "as_of": _as_of(found, as_of),
        "model": _model(draws, seed),
    }
    return _decided(record, patient, actor, "forecast", plain(asked), found, None)


def _decided(
    record: Record,
    patient: str,
    actor: Actor,
    what: str,
    asked: Mapping[str, Any],
    file: Patient,
    clinic: Path | None,
    expected: int | None = None,
) -> Event:
    inputs = {"patient": plain_patient(file, patient)}
    result = answered(what, asked, inputs, clinic)
    with writing(record.engine) as connection:
        payload = decision_payload(
            connection,
            what,
            asked=asked,
            inputs=inputs,
            result=result,
            clinic=clinic,
        )
        event = NewEvent(DECISION, record.clock(), payload)
        written = append_in(connection, record, patient, [event], actor, expected=expected)
    record.keep_head(written.head)
    return written.events[0]


def rules_hash_of(result: Mapping[str, Any]) -> str | None:
    """Content hash of the rules that a result names, without a clinic's own (after a plus)."""
    stated = result.get("rules_hash")
    found = next((answer["rules_hash"] for answer in answers_in(result)), stated)
    return None if found is None else str(found).split("+")[0]


def _file(file: File) -> Patient:
    return file if isinstance(file, Patient) else parse_patient(file, "patient")


def _as_of(file: Patient, as_of: When) -> str:
    """The moment asked for, to the second, with its offset."""
    if isinstance(as_of, datetime) and as_of.tzinfo is None:
        raise InputError("", "as_of", as_of.isoformat(), "a time with its zone or offset")
    if isinstance(as_of, datetime):
        as_of = as_of.isoformat(timespec="seconds")
    text = as_of.isoformat() if isinstance(as_of, date) else as_of
    return moment(file, text).isoformat(timespec="seconds")


def _model(draws: int, seed: int | None) -> Plain:
    """How the model is asked, with this process's defaults written out."""
    found = settings(draws=draws, seed=seed)
    return {
        "draws": found.draws,
        "seed": found.seed,
        "blocked_fraction": found.threshold.blocked_fraction,
        "parameter_set": found.parameter_set,
    }
