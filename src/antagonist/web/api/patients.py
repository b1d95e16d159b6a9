"""The list of patients, finding one, taking one in, for programs."""

from __future__ import annotations

from datetime import datetime
from typing import Annotated

from fastapi import APIRouter, Depends, Query, Response
from pydantic import BaseModel, Field

from antagonist.web.accounts.rules import rules
from antagonist.web.actions.patients import (
    NewPatient,
    Row,
    Sort,
    found_by_identifier,
    rows,
    take_in,
)
from antagonist.web.api.common import PREFIX, Day, Key, Sent, etag
from antagonist.web.api.today import Limit, Skip
from antagonist.web.errors import NotFoundError
from antagonist.web.forms import once
from antagonist.web.visit import Visit, limited, program

router = APIRouter(tags=["patients"])
Short = Annotated[str, Field(min_length=1, max_length=100)]


class IdentifierModel(Sent):
    """An identifier of a patient. system: whose number it is."""

    system: Short
    value: Short


class LastDoseModel(BaseModel):
    """The last dose that counts."""

    route: str = Field(description="oral, im_xr or implant.")
    at: datetime
    dose_mg: float
    stopped: bool = Field(description="Treatment was stopped after it.")


class NextDueModel(BaseModel):
    """What the plan waits for first. at: end of its day."""

    kind: str
    at: datetime
    overdue: bool


class PatientRow(BaseModel):
    """A patient in the list."""

    patient: str
    name: str
    identifiers: list[IdentifierModel]
    events: int = Field(description="Events of the patient, as for If-Match.")
    form: str = Field(description="oral, im_xr, implant or none.")
    last_dose: LastDoseModel | None
    open_alarms: int
    worst_alarm: str | None
    doses_on_hold: bool = Field(
        description="An alarm that says STOP, seen to or not, allows no dose."
    )
    next_due: NextDueModel | None


class PatientList(BaseModel):
    """Patients that the account sees."""

    count: int
    patients: list[PatientRow]


class NewPatientSent(Sent):
    """Who is taken in. What is left out is not known."""

    family: Short
    given: Short
    middle: Short | None = None
    birth_date: Day | None = None
    identifier: IdentifierModel | None = None
    programme: Short | None = None


class PatientRef(BaseModel):
    """A patient by the record's id."""

    patient: str


@router.get("/patients")
def get_patients(
    visit: Annotated[Visit, Depends(program("patients.read"))],
    sort: Annotated[Sort, Query(description="By name, by what is due next, by alarms.")] = "name",
    skip: Skip = 0,
    limit: Limit = 100,
) -> PatientList:
    """Patients with their form of treatment, last dose, open alarms and what is due next."""
    found = rows(visit, sort)
    return PatientList(count=len(found), patients=[_row(r) for r in found[skip : skip + limit]])


def _row(row: Row) -> PatientRow:
    last, coming = row.last, row.next
    return PatientRow(
        patient=row.patient, name=row.name, events=row.events, form=row.form,
        identifiers=[
            IdentifierModel.model_construct(system=s, value=v) for s, v in row.identifiers
        ],
        last_dose=None if last is None else LastDoseModel(
            route=last.route, at=last.at, dose_mg=last.dose_mg, stopped=last.stopped
        ),
        open_alarms=row.alarms, worst_alarm=row.worst, doses_on_hold=row.held,
        next_due=None if coming is None else NextDueModel(
            kind=coming.kind, at=coming.at, overdue=coming.overdue
        ),
    )  # fmt: skip


@router.post("/patients", status_code=201)
def post_patients(
    visit: Annotated[Visit, Depends(program("patient.create"))],
    sent: NewPatientSent,
    key: Key,
    response: Response,
) -> PatientRef:
    """Take a patient in, once for each Idempotency-Key; whoever takes one in may see them."""
    identifier = (
        None if sent.identifier is None else (sent.identifier.system, sent.identifier.value)
    )
    new = NewPatient(
        sent.family, sent.given, sent.middle, sent.birth_date, identifier, sent.programme
    )
    with once(visit, key) as claim:
        if claim.location is None:
            claim.location = f"{PREFIX}/patients/{take_in(claim.visit, new)}"
    response.headers["Location"] = claim.location
    response.headers.update(etag(1))
    return PatientRef(patient=claim.location.rsplit("/", 1)[1])


@router.post("/patients/find")
def find_patient(
    visit: Annotated[Visit, Depends(program("patients.search"))], sent: IdentifierModel
) -> PatientRef:
    """The patient whom an identifier stands for, by exact match; 404 for nobody one may see."""
    limited(visit, f"search:{visit.account.account}", rules().limits.search)
    found = found_by_identifier(visit, sent.system, sent.value)
    if found is None:
        raise NotFoundError
    return PatientRef(patient=found)
