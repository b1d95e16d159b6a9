"""The audit for programs, a page at a time."""

from __future__ import annotations

import json
from dataclasses import asdict
from typing import Annotated, Any, Literal
from uuid import UUID

from fastapi import APIRouter, Depends, Query
from pydantic import BaseModel, Field

from antagonist.web.actions.auditing import filter_of, page_of
from antagonist.web.api.common import Day
from antagonist.web.visit import Visit, program

router = APIRouter(tags=["audit"])
Reads = Annotated[Visit, Depends(program("audit.read"))]
MOST_N = 2**53  # what JSON readers hold exactly


class LineOut(BaseModel):
    """One line. request: the id that logs and errors carry too."""

    n: int
    at: str
    account: str | None
    name: str
    role: str
    action: str
    outcome: Literal["allowed", "refused", "failed"]
    patient: str | None
    request: str
    detail: dict[str, Any]


class AuditPage(BaseModel):
    """Lines, newest first."""

    lines: list[LineOut]
    before: int | None = Field(description="Where the next page begins; null = there is none")


@router.get("/audit")
def read(
    visit: Reads,
    first: Annotated[Day | None, Query(description="From this day on, reader's zone")] = None,
    last: Annotated[Day | None, Query(description="To this day")] = None,
    name: Annotated[str, Query(max_length=80, description="Of the account")] = "",
    patient: Annotated[UUID | None, Query(description="The record's id")] = None,
    action: Annotated[str, Query(max_length=60, description="By its id")] = "",
    outcome: Annotated[
        Literal["", "allowed", "refused", "failed"], Query(description="Only of this one")
    ] = "",
    before: Annotated[
        int | None, Query(ge=1, le=MOST_N, description="Only lines before this one")
    ] = None,
) -> AuditPage:
    """Lines of the audit, 100 at a time."""
    asked = {
        "first": first.isoformat() if first else "", "last": last.isoformat() if last else "",
        "name": name, "patient": str(patient or ""), "action": action, "outcome": outcome,
    }  # fmt: skip
    found, rest = page_of(visit, filter_of(asked, visit.reader.tz), before)
    rows = [asdict(line) | {"detail": json.loads(line.detail)} for line in found]
    return AuditPage(lines=[LineOut.model_validate(row) for row in rows], before=rest)
