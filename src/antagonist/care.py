"""The Python API of the label: a patient's file in, an answer or a plan out.

    from antagonist import load_patient, plan, screen

Everything here is decision support for professionals, not a certified medical device.
"""

from __future__ import annotations

from collections.abc import Mapping, Sequence
from datetime import date, datetime
from pathlib import Path
from typing import TYPE_CHECKING, Any, TypeAlias, get_args

from antagonist.foundation.data import near_match, validated
from antagonist.foundation.errors import InputError
from antagonist.label.answers import Answer
from antagonist.label.assess import assessed
from antagonist.label.clinic_rules import book_for
from antagonist.label.gathered import moment
from antagonist.label.patient import Patient, parse_patient
from antagonist.label.patient import load_patient as _from_file
from antagonist.label.rules import Question

if TYPE_CHECKING:
    from antagonist.planning.plan_model import Plan, Refusal

__all__ = ["load_patient", "plan", "screen"]

Given: TypeAlias = Patient | Mapping[str, Any] | str | Path
Moment: TypeAlias = str | date | datetime | None


def load_patient(patient: Given) -> Patient:
    """A patient from a file, or from the same keys as the file has.

    patient: path of a YAML or JSON file, or a mapping (docs/reference/schemas/patient-1.json).
    Raises InputError naming file, line, field and what is allowed. Values of single facts are
    read when a question is asked.
    """
    if isinstance(patient, Patient):
        return patient
    if isinstance(patient, Mapping):
        return parse_patient(patient, "patient")
    return _from_file(Path(patient))


def screen(
    patient: Given,
    products: str | Sequence[str] = (),
    *,
    as_of: Moment = None,
    jurisdiction: str | None = None,
    question: Question = "start",
    rules: str | Path | None = None,
) -> tuple[Answer, ...]:
    """Whether treatment may start or go on: one answer for each product.

    patient: as for ``load_patient``. products: ids of the formulary; none = all that can be
    planned. as_of: a day, an aware time, or text as in the file; None = the file's own.
    jurisdiction: the clinic's label or country; None = the stricter of all applies.
    rules: folder of the clinic's own rules. ``Answer.permits`` says whether the verdict lets
    treatment go on; unknown does not.
    Raises InputError for anything in the file that is wrong, an unknown product, jurisdiction or
    question, a naive time, and where neither file nor caller states a day.
    """
    if question not in get_args(Question):
        raise InputError("screen", "question", question, near_match(question, get_args(Question)))
    found = load_patient(patient)
    at = moment(found, _text(as_of))
    wanted = (products,) if isinstance(products, str) else tuple(products)
    book = book_for(at.date(), _folder(rules))
    return assessed(found, at, wanted, label=jurisdiction, question=question, book=book)


def plan(
    patient: Given,
    *,
    as_of: Moment = None,
    rules: str | Path | None = None,
    **request: Any,
) -> Plan | Refusal:
    """A course on the calendar with what the model says of it, or the refusal with its rule.

    patient, as_of, rules: as for ``screen``. request: fields of
    ``antagonist.planning.plan_model.PlanRequest``: product, regimen and what else is wanted
    (start, months, clock, prescriber, clinic_days, supervised_days, holidays, jurisdiction,
    gluteal_side); start: None = the day of ``as_of``.
    Raises InputError for a wrong file or request, a regimen that is not for the patient's
    indication, and a start before ``as_of``.
    """
    from antagonist.planning.plan_model import PlanRequest
    from antagonist.planning.planner import planned_with_outlook

    found = load_patient(patient)
    at = moment(found, _text(as_of))
    given = {name: value for name, value in request.items() if value is not None}
    asked = validated(PlanRequest, {"start": at.date(), **given}, "plan")
    book = book_for(asked.start, _folder(rules))
    return planned_with_outlook(found, asked, as_of=_text(as_of), book=book)


def _text(as_of: Moment) -> str | None:
    """A moment as the file would write it."""
    if isinstance(as_of, datetime) and as_of.tzinfo is None:
        raise InputError("", "as_of", as_of.isoformat(), "a time with its zone or offset")
    if isinstance(as_of, datetime):
        return as_of.isoformat(timespec="seconds")
    return as_of.isoformat() if isinstance(as_of, date) else as_of


def _folder(rules: str | Path | None) -> Path | None:
    return None if rules is None else Path(rules)
