"""Events: what can be recorded, recording, correcting, taking back."""

from __future__ import annotations

from collections.abc import Mapping
from typing import Annotated, Any

from fastapi import APIRouter, Depends, Path, Response
from pydantic import BaseModel, Field

from antagonist.feedback.events import Event
from antagonist.feedback.payloads.registry import MODELS, NEWEST, OWN_CALLS
from antagonist.web.actions import recording
from antagonist.web.actions.doubts import Name, doubts_when_written
from antagonist.web.actions.recording import Wish, new_event
from antagonist.web.actions.told import told_of
from antagonist.web.api.common import (
    IfMatch,
    KeptEvent,
    Key,
    Line,
    Moment,
    PatientId,
    Sent,
    Text,
    etag,
    expected_of,
    kept,
)
from antagonist.web.entry.model import kinds
from antagonist.web.visit import Visit, program
from antagonist.web.words.doubts import doubts_said

router = APIRouter(tags=["events"])
Writing = Annotated[Visit, Depends(program("record.write"))]
Correcting = Annotated[Visit, Depends(program("record.correct"))]
EventPath = Annotated[
    str, Path(description="Id of an event of the patient.", min_length=1, max_length=36)
]
Payload = Annotated[
    dict[str, Any], Field(description="What the event says, by the schema of its kind.")
]
Happened = Annotated[
    Moment, Field(description="When it happened, with its offset; not in the future.")
]


class NewEventSent(Sent):
    """An event to be recorded."""

    kind: Annotated[str, Field(min_length=1, max_length=40, description="Of `GET /kinds`.")]
    occurred_at: Happened
    payload: Payload


class CorrectionSent(Sent):
    """An event that stands for an earlier one of the same kind."""

    occurred_at: Happened
    payload: Payload
    reason: Annotated[Line, Field(min_length=1, max_length=recording.LONGEST_REASON)]


class RetractionSent(Sent):
    """Why an event did not happen."""

    reason: Text


class DoubtOut(BaseModel):
    """One thing that looks wrong about a dose. text: in the language of the token's owner."""

    name: Name
    text: str


class Recorded(KeptEvent):
    """An event that was written.

    alarms: those it raised. doubts: what looks wrong about a dose by what was on record before it;
    a page would have asked to look once more. It is recorded all the same: show them to whoever
    gave it, and correct what was a slip.
    """

    alarms: list[str]
    alarms_checked: bool = Field(
        description="Whether they could be checked after it; if not, none here is not none due."
    )
    doubts: list[DoubtOut]


class Title(BaseModel):
    """A name in both languages."""

    en: str
    ru: str


class KindOut(BaseModel):
    """A kind of event. own_call: written by a call of its own, and refused here.

    payload: JSON schema of the newest version.
    """

    kind: str
    version: int
    title: Title
    own_call: bool
    payload: Mapping[str, Any]


@router.get("/kinds")
def every_kind(_visit: Annotated[Visit, Depends(program("label.read"))]) -> list[KindOut]:
    """Every kind of event with the schema of its payload."""
    return [
        KindOut(
            kind=kind,
            version=NEWEST[kind],
            title=Title(en=form.title.en, ru=form.title.ru),
            own_call=kind in OWN_CALLS,
            payload=MODELS[kind][NEWEST[kind]].model_json_schema(),
        )
        for kind, form in sorted(kinds().items())
    ]


@router.post("/patients/{patient}/events", status_code=201)
def record(
    visit: Writing, patient: PatientId, sent: NewEventSent, key: Key,
    response: Response, if_match: IfMatch = None,
) -> Recorded:  # fmt: skip
    """Record one event. The same request with the same key writes nothing and gives the same."""
    event = new_event(sent.kind, sent.occurred_at, sent.payload)
    written = recording.write(visit, Wish(patient, expected_of(if_match), key), event)
    return _recorded(visit, written, response)


@router.post("/patients/{patient}/events/{event}/correct", status_code=201)
def correct(
    visit: Correcting, patient: PatientId, event: EventPath, sent: CorrectionSent, key: Key,
    response: Response, if_match: IfMatch = None,
) -> Recorded:  # fmt: skip
    """Record an event in the place of an earlier one, which stays readable."""
    old = recording.event_in(told_of(visit, patient), event)
    new = new_event(old.kind, sent.occurred_at, sent.payload)
    wish = Wish(old.patient, expected_of(if_match), key)
    return _recorded(visit, recording.correct(visit, wish, old, new, sent.reason), response)


@router.post("/patients/{patient}/events/{event}/retract", status_code=201)
def retract(
    visit: Correcting, patient: PatientId, event: EventPath, sent: RetractionSent, key: Key,
    response: Response, if_match: IfMatch = None,
) -> Recorded:  # fmt: skip
    """Say that an event did not happen."""
    old = recording.event_in(told_of(visit, patient), event)
    wish = Wish(old.patient, expected_of(if_match), key)
    return _recorded(visit, recording.take_back(visit, wish, old, sent.reason), response)


def _recorded(visit: Visit, event: Event, response: Response) -> Recorded:
    """An event as programs read it; the patient's state after it goes into the ETag."""
    told = told_of(visit, event.patient)
    response.headers.update(etag(recording.chain(told, event.patient)[-1].n))
    raised = [one.event_id for one in recording.alarms_by(told, event)]
    doubts = doubts_when_written(told, event)
    said = zip(doubts, doubts_said(doubts, visit.reader), strict=True)
    return Recorded(
        **kept(event), alarms=raised, alarms_checked=not visit.unchecked,
        doubts=[DoubtOut(name=doubt.name, text=text) for doubt, text in said],
    )  # fmt: skip
