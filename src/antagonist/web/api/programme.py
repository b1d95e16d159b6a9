"""The programme's figures for programs: the latest, a new computation, and how far it is."""

from __future__ import annotations

from typing import Annotated, Any, Literal

from fastapi import APIRouter, Depends, Path
from pydantic import BaseModel, Field

from antagonist.feedback.database import reading
from antagonist.web.actions import jobs, programme
from antagonist.web.actions.jobs import Job
from antagonist.web.api.common import Key, Sent
from antagonist.web.errors import NotFoundError
from antagonist.web.forms import once
from antagonist.web.visit import Visit, program

router = APIRouter(tags=["programme"])
Reads = Annotated[Visit, Depends(program("programme.read"))]
Runs = Annotated[Visit, Depends(program("programme.run"))]
RunId = Annotated[str, Path(description="Id of a computation.", min_length=36, max_length=36)]


class ComputeBody(Sent):
    """What to compute."""

    days: Literal[30, 90, 365] = Field(90, description="Period of alarms and overrides, days")


class Run(BaseModel):
    """A computation. status ``lost``: the process that did it is gone."""

    run: str
    status: Literal["running", "done", "failed", "lost"]
    done: int = Field(description="Patients done")
    total: int = Field(description="Patients in all; 0 = not known yet")
    asked_at: str
    error: str | None = Field(None, description="Of a failure: what is allowed")


class Figures(Run):
    """A computation with its figures; null in them = hidden, fewer than 5 people."""

    at: str | None = Field(None, description="Moment the figures are of")
    days: int | None = Field(None, description="Period of alarms and overrides, days")
    outcomes: dict[str, Any] | None = None
    burden: dict[str, Any] | None = Field(None, description="Alarms by rule")
    overrides: dict[str, Any] | None = Field(None, description="Decisions by rule")


def _figures(job: Job) -> Figures:
    content = job.content or {}
    failed = job.status == jobs.FAILED
    names = ("at", "days", "outcomes", "burden", "overrides")
    return Figures(
        run=job.report, status=job.status, done=job.done, total=job.total, asked_at=job.asked_at,
        error=content.get("allowed") if failed else None,
        **({} if failed else {name: content.get(name) for name in names}),
    )  # fmt: skip


@router.get("/programme")
def latest(visit: Reads) -> Figures:
    """The figures computed last; 404 before the first computation."""
    programme.refuse_partial_view(visit)
    with reading(visit.clinic.engine) as connection:
        found = jobs.latest(connection, programme.PROGRAMME, visit.clinic.now())
    if found is None:
        raise NotFoundError
    return _figures(found)


@router.post("/programme/run", status_code=202)
def run(visit: Runs, key: Key, sent: ComputeBody) -> Run:
    """Begin a computation; where one runs already, that one is the answer."""
    programme.refuse_partial_view(visit)
    with once(visit, key) as claim:
        if claim.location is None:
            claim.location = programme.compute(claim.visit, sent.days)
    job = programme.run_of(visit, claim.location)
    return Run(
        run=job.report, status=job.status, done=job.done, total=job.total,
        asked_at=job.asked_at, error=None,
    )  # fmt: skip


@router.get("/programme/runs/{run}")
def one(visit: Reads, run: RunId) -> Figures:
    """A computation: how far it is, or its figures."""
    programme.refuse_partial_view(visit)
    return _figures(programme.run_of(visit, run))
