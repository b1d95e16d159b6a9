"""What the record knows of one patient, in the form that the own model learns from."""

from __future__ import annotations

from collections.abc import Mapping, Sequence
from dataclasses import dataclass
from datetime import datetime, time, timedelta

from antagonist.feedback.own_model.known import Dose, Known, MeasuredLevel, UrineResult
from antagonist.feedback.state_model import DoseOnRecord, Noted, PatientState
from antagonist.foundation.clock import hours_between
from antagonist.label.formulary import product
from antagonist.pharmacology.catalogue import formulations
from antagonist.planning.response import stated_covariates
from antagonist.planning.treatment import USUAL

CHECKED = "observed_mouth_checked"
# Older levels tell little of the patient of today, and older doses nothing of the levels kept.
LEVEL_DAYS, BEFORE_DAYS = 180, 60
# Doses of longer-lasting products are kept for longer before the first level.
BEFORE_SLOW_DAYS = 400
# The chart begins so many days before now, or before the last level if that is not long ago.
CHART_DAYS, BEFORE_LEVEL_DAYS, LONGEST_CHART_DAYS = 10, 5, 42


@dataclass(frozen=True)
class Read:
    """What is known, with hour 0. origin: local midnight, aware; earlier doses have hours below 0.

    left_out: event ids of doses that no model knows, and of implants that were taken out.
    """

    known: Known
    origin: datetime
    left_out: tuple[str, ...]


def read_record(
    state: PatientState, at: datetime, covariates: Mapping[str, float | str | bool]
) -> Read | None:
    """Doses with their evidence, levels and urine of a patient.

    at: now, aware, in the clinic's zone. covariates: as the model files name them.
    None where no dose can be modelled or there is neither a level nor a urine test of
    6-beta-naltrexol: then there is nothing to learn from. The record has no pill counts.
    """
    noted = [n for n in state.noted("level") if at - timedelta(days=LEVEL_DAYS) <= n.at <= at]
    doses = _modelled(state)
    if not noted or not doses:
        return None
    first = min(noted[0].at, at)
    kept = [(d, model) for d, model in doses if _counts(d, model, first, at)]
    if not kept:
        return None
    origin = _origin([_when(d) for d, _ in kept], noted, at)
    known = Known(
        tuple(_dose(d, model, origin) for d, model in kept),
        tuple(_level(n, origin) for n in noted if n.payload["matrix"] == "plasma"),
        tuple(
            UrineResult(hours_between(origin, n.at), not n.payload["below_limit"], n.event_id)
            for n in noted
            if n.payload["matrix"] == "urine" and n.payload["analyte"] == "6_beta_naltrexol"
        ),
        (),
        stated_covariates(covariates),
    )
    if not known.levels and not known.urine:
        return None
    modelled = {d.event_id for d, _ in doses}
    return Read(known, origin, tuple(d.event_id for d in state.doses if d.event_id not in modelled))


def _modelled(state: PatientState) -> list[tuple[DoseOnRecord, str]]:
    """Doses with the formulation that simulates each; those without one are left out."""
    outs = [noted.at for noted in state.noted("implant_out")]
    found = []
    for dose in state.doses:
        model = release_of(dose.route, dose.product)
        gone = dose.route == "implant" and any(out >= dose.at for out in outs)
        if model is not None and formulations()[model].status == "data" and not gone:
            found.append((dose, model))
    return found


def release_of(route: str, name: str | None) -> str | None:
    """The formulation that simulates a product, or a route's usual one; None where none does."""
    return USUAL.get(route) if name is None else product(name).release_model


def _counts(dose: DoseOnRecord, model: str, first: datetime, at: datetime) -> bool:
    slow = formulations()[model].route != "oral"
    days = BEFORE_SLOW_DAYS if slow else BEFORE_DAYS
    return first - timedelta(days=days) <= _when(dose) <= at


def _when(dose: DoseOnRecord) -> datetime:
    """When it was taken, or should have been."""
    if dose.taken or dose.planned_at is None:
        return dose.at
    return datetime.fromisoformat(dose.planned_at)


def _origin(doses: Sequence[datetime], noted: Sequence[Noted], at: datetime) -> datetime:
    last, start = noted[-1].at, at - timedelta(days=CHART_DAYS)
    if last >= at - timedelta(days=LONGEST_CHART_DAYS):
        start = min(start, last - timedelta(days=BEFORE_LEVEL_DAYS))
    begin = max(start, min(doses)).astimezone(at.tzinfo)
    return datetime.combine(begin.date(), time(0), at.tzinfo)


def _dose(dose: DoseOnRecord, model: str, origin: datetime) -> Dose:
    evidence: str = dose.status
    if dose.status == "observed" and dose.mouth_checked:
        evidence = CHECKED
    hour = hours_between(origin, _when(dose))
    return Dose(hour, dose.dose_mg, model, evidence, id=dose.event_id)


def _level(noted: Noted, origin: datetime) -> MeasuredLevel:
    said = noted.payload
    return MeasuredLevel(
        hours_between(origin, noted.at),
        said["analyte"],
        None if said["below_limit"] else float(said["value_ng_per_ml"]),
        float(said["limit_ng_per_ml"]),
        id=noted.event_id,
    )
