"""Today's list for programs."""

from __future__ import annotations

from datetime import datetime
from typing import Annotated

from fastapi import APIRouter, Depends, Query
from pydantic import BaseModel, Field

from antagonist.web.actions.today import todays
from antagonist.web.visit import Visit, program
from antagonist.web.words.today import said_of

router = APIRouter(tags=["today"])
Skip = Annotated[int, Query(ge=0, description="So many are passed over.")]
Limit = Annotated[int, Query(ge=1, le=500, description="So many at most.")]


class Line(BaseModel):
    """One line of the list."""

    patient: str = Field(description="The record's id of the patient.")
    section: str = Field(description="By urgency: now, urgent, due, soon, overdue, info.")
    kind: str = Field(description="Such as injection, lab, alarm, hold, protection, challenge.")
    what: str = Field(description="Id of the check or the alarm's rule, or the kind of dose.")
    event: str = Field(description="What it follows from: id of an event, or of the challenge.")
    due_at: datetime = Field(description="Of a day's task the end of that day.")
    overdue: bool
    severity: str | None = Field(description="Of an alarm or hold: stop, urgent, soon, info.")
    who: str | None = Field(description="Of an alarm or hold: the role that acts.")
    do: str = Field(description="What to do, in the language of the token's owner.")
    why: str = Field(description="Why, in the same language.")
    source: str | None = Field(description="Of the rule behind it.")


class TodayList(BaseModel):
    """The list, by urgency, the longest due first."""

    at: datetime
    kinds: dict[str, int] = Field(description="How many lines of each kind there are.")
    count: int = Field(description="Lines of the kinds asked for.")
    lines: list[Line]


@router.get("/today")
def get_today(
    visit: Annotated[Visit, Depends(program("today.read"))],
    kind: Annotated[str | None, Query(description="Only lines of this kind.")] = None,
    skip: Skip = 0,
    limit: Limit = 100,
) -> TodayList:
    """What is due, overdue, open or under way now, for the patients that the account sees."""
    found = todays(visit, kind)
    items = [item for part in found.sections.values() for item in part]
    lines = [
        Line(
            patient=s.item.patient, section=s.item.section, kind=s.item.kind, what=s.item.what,
            event=s.item.event, due_at=s.item.due_at, overdue=s.item.overdue,
            severity=s.item.severity, who=s.item.who, do=s.do, why=s.why, source=s.source,
        )
        for s in said_of(visit, items[skip : skip + limit])
    ]  # fmt: skip
    return TodayList(at=found.at, kinds=dict(found.kinds), count=len(items), lines=lines)
