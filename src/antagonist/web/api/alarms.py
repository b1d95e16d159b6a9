"""A patient's alarms and the answers to them, for programs."""

from __future__ import annotations

from collections.abc import Callable
from datetime import datetime
from typing import Annotated

from fastapi import APIRouter, Depends, Path
from pydantic import BaseModel, Field

from antagonist.feedback.events import Event
from antagonist.web.actions.alarms import acknowledge, alarms_of, set_aside
from antagonist.web.api.common import Key, PatientId, Sent, Text
from antagonist.web.forms import once
from antagonist.web.visit import Visit, program
from antagonist.web.words.alarms import alarm_said

router = APIRouter(tags=["alarms"])
AlarmId = Annotated[str, Path(description="The alarm's event id.", max_length=36)]


class AlarmModel(BaseModel):
    """An alarm with what became of it."""

    alarm: str = Field(description="Its event id.")
    rule: str
    severity: str
    status: str = Field(description="open, withdrawn, acknowledged or overridden.")
    holds_doses: bool = Field(
        description="It says STOP and was not overridden: no further dose, seen to or not."
    )
    raised_at: datetime
    by: datetime = Field(description="Until when somebody has to act.")
    who: str = Field(description="The role that acts, in words.")
    text: str = Field(description="What is so, in the language of the token's owner.")
    act: str = Field(description="What to do.")
    source: str | None


class AlarmList(BaseModel):
    """Alarms, oldest first."""

    alarms: list[AlarmModel]


class Acknowledged(Sent):
    """note: what was done."""

    note: Text | None = None


class SetAside(Sent):
    """reason: why the alarm is set aside; it is kept."""

    reason: Annotated[str, Field(min_length=3, max_length=2000)]


class Answer(BaseModel):
    """The event that was written."""

    event: str


@router.get("/patients/{patient}/alarms")
def get_alarms(
    visit: Annotated[Visit, Depends(program("patient.read"))], patient: PatientId
) -> AlarmList:
    """Every alarm of a patient."""
    found = []
    for alarm in alarms_of(visit, patient):
        said = alarm_said(alarm.payload, visit.now, visit.reader)
        found.append(
            AlarmModel(
                alarm=alarm.event_id, rule=said.rule, severity=said.severity, status=alarm.status,
                holds_doses=alarm.holds,
                raised_at=alarm.at, by=said.by, who=said.who, text=said.sentence, act=said.act,
                source=said.rests_on,
            )
        )  # fmt: skip
    return AlarmList(alarms=found)


@router.post("/patients/{patient}/alarms/{alarm}/acknowledge", status_code=201)
def post_acknowledge(
    visit: Annotated[Visit, Depends(program("alarm.acknowledge"))],
    patient: PatientId,
    alarm: AlarmId,
    sent: Acknowledged,
    key: Key,
) -> Answer:
    """The alarm was seen to. One that says STOP goes on allowing no dose until it is overridden."""
    return _once(visit, key, lambda one: acknowledge(one, patient, alarm, sent.note))


@router.post("/patients/{patient}/alarms/{alarm}/override", status_code=201)
def post_override(
    visit: Annotated[Visit, Depends(program("alarm.override"))],
    patient: PatientId,
    alarm: AlarmId,
    sent: SetAside,
    key: Key,
) -> Answer:
    """The alarm is set aside for a reason."""
    return _once(visit, key, lambda one: set_aside(one, patient, alarm, sent.reason))


def _once(visit: Visit, key: str, do: Callable[[Visit], Event]) -> Answer:
    with once(visit, key) as claim:
        if claim.location is None:
            claim.location = do(claim.visit).event_id
    return Answer(event=claim.location)
