"""What the own model may learn from, out of a patient's state on the record."""

from __future__ import annotations

from datetime import datetime, timedelta

from antagonist.feedback.own_model.case import Case
from antagonist.feedback.own_model.known import Dose, Known, MeasuredLevel, UrineResult
from antagonist.feedback.state_file import patient_file
from antagonist.feedback.state_model import DoseOnRecord, Noted, PatientState
from antagonist.foundation.clock import hours_between, zone
from antagonist.foundation.errors import InputError
from antagonist.label.formulary import product
from antagonist.label.gathered import gathered
from antagonist.pharmacology.dosing.records import Course, Covariate, EventRecord, Subject
from antagonist.planning.covariates import covariates_of
from antagonist.planning.treatment import USUAL

SOURCE = "record"
INTAKE = "6_beta_naltrexol"
# A planned dose and one on record so near each other are the same.
SAME_H = 12.0
FORECAST_H = 14 * 24.0


def case_of(
    state: PatientState, timezone: str, *, birth_date: str | None = None,
    forecast_h: float = FORECAST_H,
) -> Case:  # fmt: skip
    """The patient's doses with their evidence, levels and urine, up to the state's moment.

    timezone: the clinic's. forecast_h: how far beyond the moment a forecast goes.
    A dose of the plan of which nobody said anything counts as ``unknown``. The record has no pill
    counts. Covariates are those known now, for all of the past.
    Raises InputError for a patient without any dose, and a product that the model does not know.
    """
    given = [d for d in state.doses if d.at <= state.at]
    planned = _unsaid(state, given)
    if not given and not planned:
        raise InputError(SOURCE, "doses", None, "a patient with a dose on record")
    origin = min([*(d.at for d in given), *(at for at, _ in planned)])

    def hour(at: datetime) -> float:
        return hours_between(origin, at)

    doses = [
        Dose(hour(d.at), d.dose_mg, _product(d), _evidence(d), id=d.event_id) for d in given
    ] + [Dose(hour(at), mg, USUAL["oral"], "unknown") for at, mg in planned]
    doses.sort(key=lambda d: d.time_h)
    known = Known(
        tuple(doses), _levels(state, origin), _urine(state, origin),
        covariates=_covariates(state, timezone, birth_date),
    )  # fmt: skip
    records = tuple(
        EventRecord(d.time_h, 1, amt_mg=d.dose_mg, product=d.product)
        for d in doses
        if d.evidence not in ("missed", "held", "refused")
    )
    now_h = hour(state.at)
    name = state.patient or "patient"
    subject = Subject(name, records, origin, known.covariates)
    return Case(Course(name, subject, now_h, now_h + forecast_h, timezone), known)


def _unsaid(state: PatientState, given: list[DoseOnRecord]) -> list[tuple[datetime, float]]:
    """Oral doses of the plan, since it holds, that no dose on record stands for."""
    if state.plan is None:
        return []
    oral = [d for d in given if d.route == "oral"]
    said = {d.planned_at for d in oral}
    near = timedelta(hours=SAME_H)
    return [
        (dose.at, dose.dose_mg)
        for dose in state.plan.doses
        if dose.kind not in ("injection", "implant")
        and state.plan.since <= dose.at <= state.at
        and dose.at.isoformat() not in said
        and not any(abs(d.at - dose.at) < near for d in oral)
    ]


def _evidence(dose: DoseOnRecord) -> str:
    return "observed_mouth_checked" if dose.mouth_checked else dose.status


def _product(dose: DoseOnRecord) -> str:
    if dose.product is not None:
        found = product(dose.product).release_model
        if found is not None:
            return found
    if dose.product is None and dose.route in USUAL:
        return USUAL[dose.route]
    allowed = "a product that the model knows"
    raise InputError(SOURCE, f"dose {dose.event_id}.product", dose.product, allowed)


def _levels(state: PatientState, origin: datetime) -> tuple[MeasuredLevel, ...]:
    found = []
    for noted in state.noted("level"):
        said = noted.payload
        if said["matrix"] == "plasma":
            found.append(MeasuredLevel(
                hours_between(origin, noted.at), said["analyte"], said.get("value_ng_per_ml"),
                said["limit_ng_per_ml"], id=noted.event_id,
            ))  # fmt: skip
    return tuple(found)


def _urine(state: PatientState, origin: datetime) -> tuple[UrineResult, ...]:
    found = [
        UrineResult(hours_between(origin, n.at), not n.payload["below_limit"], n.event_id)
        for n in state.noted("level")
        if n.payload["matrix"] == "urine" and n.payload["analyte"] == INTAKE
    ]
    for noted in state.noted("urine_drug_test"):
        result = noted.payload["results"].get(INTAKE)
        if result in ("positive", "negative"):
            at = hours_between(origin, _taken(noted))
            found.append(UrineResult(at, result == "positive", noted.event_id))
    return tuple(sorted(found, key=lambda u: u.time_h))


def _taken(noted: Noted) -> datetime:
    """When the sample was passed; a day without a time counts as the moment on record."""
    try:
        at = datetime.fromisoformat(str(noted.payload["taken"]))
    except ValueError:
        return noted.at
    return at if at.tzinfo is not None else noted.at


def _covariates(state: PatientState, timezone: str, birth_date: str | None) -> dict[str, Covariate]:
    patient = patient_file(state, timezone, birth_date=birth_date)
    at = state.at.astimezone(zone(timezone, SOURCE, "timezone"))
    found = covariates_of(gathered(patient, at).facts)
    return {
        name: ("yes" if value else "no") if isinstance(value, bool) else value
        for name, value in found.items()
    }
