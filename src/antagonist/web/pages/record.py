"""Recording: what can be recorded, one form a kind, corrections, and what became of it."""

from __future__ import annotations

from typing import Annotated

from fastapi import APIRouter, Depends, Request
from starlette.responses import Response

from antagonist.feedback.events import Event
from antagonist.feedback.record import ConflictError
from antagonist.foundation.clock import parse_time
from antagonist.foundation.errors import InputError
from antagonist.web.actions import recording
from antagonist.web.actions.doubts import DoubtError, doubts_of, sure_of
from antagonist.web.actions.recording import Wish, new_event
from antagonist.web.actions.told import Told, told_of
from antagonist.web.entry.model import kinds, recordable
from antagonist.web.entry.reading import kept_of, payload_of, refuse_unknown
from antagonist.web.entry.showing import typed_form
from antagonist.web.entry.subjects import possible
from antagonist.web.entry.typed import OCCURRED, defaults, local, typed_of
from antagonist.web.errors import NotFoundError
from antagonist.web.forms import EXPECTED, KEY, Form, SignedForm, once
from antagonist.web.language import N_
from antagonist.web.pages.record_page import (
    SURE,
    Page,
    choices_page,
    form_page,
    list_page,
    recorded_page,
)
from antagonist.web.visit import Visit, page

router = APIRouter()
Writing = Annotated[Visit, Depends(page("record.write"))]
Correcting = Annotated[Visit, Depends(page("record.correct"))]
Reading = Annotated[Visit, Depends(page("patient.read"))]
SHOW = "show"  # a button that shows more rows or the total, and records nothing


@router.get("/patients/{patient}/record")
def every_kind(request: Request, visit: Writing, patient: str) -> Response:
    """All that can be recorded."""
    return list_page(request, visit, patient)


@router.get("/patients/{patient}/record/{kind}")
def ask(request: Request, visit: Writing, patient: str, kind: str) -> Response:
    """The form of a kind, or what it can be about."""
    _known(kind)
    if kinds()[kind].subjects:
        return choices_page(request, visit, patient, kind)
    return _asked(request, visit, patient, kind, None)


@router.get("/patients/{patient}/record/{kind}/{of}")
def ask_of(request: Request, visit: Writing, patient: str, kind: str, of: str) -> Response:
    """The form of a kind about something, such as a test or a score."""
    _known(kind, of)
    return _asked(request, visit, patient, kind, of)


@router.post("/patients/{patient}/record/{kind}")
def record(request: Request, visit: Writing, patient: str, kind: str, sent: SignedForm) -> Response:
    """Record one event."""
    _known(kind)
    return _sent(Page(request, visit, patient, kind, None), sent)


@router.post("/patients/{patient}/record/{kind}/{of}")
def record_of(
    request: Request, visit: Writing, patient: str, kind: str, of: str, sent: SignedForm
) -> Response:
    """Record one event about something."""
    _known(kind, of)
    return _sent(Page(request, visit, patient, kind, of), sent)


@router.get("/patients/{patient}/recorded/{event}")
def recorded(request: Request, visit: Reading, patient: str, event: str) -> Response:
    """What was recorded and which alarms it raised."""
    told = told_of(visit, patient)
    return recorded_page(request, visit, told, recording.event_in(told, event))


@router.get("/patients/{patient}/events/{event}/correct")
def ask_correction(request: Request, visit: Correcting, patient: str, event: str) -> Response:
    """The form of an event as it stands, to be corrected or taken back."""
    told = told_of(visit, patient)
    old = _correctable(told, event)
    shown = _of_event(request, visit, patient, old)
    typed = typed_of(shown.fields, recording.payload_now(old), visit.now)
    typed[OCCURRED] = local(old.occurred_at.astimezone(visit.reader.tz))
    return form_page(shown, told, typed)


@router.post("/patients/{patient}/events/{event}/correct")
def correct(
    request: Request, visit: Correcting, patient: str, event: str, sent: SignedForm
) -> Response:
    """Write an event in the place of another."""
    old = _correctable(told_of(visit, patient), event, sent)
    return _sent(_of_event(request, visit, patient, old), sent)


@router.post("/patients/{patient}/events/{event}/retract")
def take_back(
    request: Request, visit: Correcting, patient: str, event: str, sent: SignedForm
) -> Response:
    """Say that an event did not happen."""
    old = _correctable(told_of(visit, patient), event, sent)
    shown = _of_event(request, visit, patient, old)
    typed = {"taken_back": sent.get("taken_back", "")}
    try:
        reason = sent.needed("taken_back")
        with once(visit, sent.get(KEY)) as claim:
            if claim.location is None:
                written = recording.take_back(claim.visit, _wish(shown, sent), old, reason)
                claim.location = f"/patients/{patient}/recorded/{written.event_id}"
        return claim.leads()
    except InputError as error:
        if error.field == "reason":
            error = InputError("", "taken_back", error.value, error.allowed)
        told = told_of(visit, patient)
        typed |= typed_of(shown.fields, recording.payload_now(old), visit.now)
        typed[OCCURRED] = local(old.occurred_at.astimezone(visit.reader.tz))
        return form_page(shown, told, typed, error, sent)


def _known(kind: str, of: str | None = None) -> None:
    """Raises NotFoundError for a kind without a form, and what it cannot be about."""
    if kind not in recordable() or (of is not None and of not in possible(kind)):
        raise NotFoundError


def _asked(request: Request, visit: Visit, patient: str, kind: str, of: str | None) -> Response:
    told, shown = told_of(visit, patient), Page(request, visit, patient, kind, of)
    return form_page(shown, told, defaults(shown.fields, shown.known(told)))


def _correctable(told: Told, event: str, sent: Form | None = None) -> Event:
    """The event; a form sent for it is judged later, so that one sent twice is not refused."""
    old = recording.event_in(told, event)
    if old.kind not in recordable():
        raise NotFoundError
    if sent is None and recording.correction_of(told, old) is not None:
        raise ConflictError("record", "corrects", event, "an event not corrected yet")
    return old


def _of_event(request: Request, visit: Visit, patient: str, old: Event) -> Page:
    kind = kinds()[old.kind]
    payload = recording.payload_now(old)
    of = str(payload[kind.of_field]) if kind.of_field else None
    _known(old.kind, of)
    return Page(request, visit, patient, old.kind, of, old)


def _wish(shown: Page, sent: Form) -> Wish:
    expected = sent.whole(EXPECTED)
    if expected is None:
        raise InputError("", EXPECTED, None, N_("the number of entries seen; load the page again"))
    return Wish(shown.chain, expected, sent.get(KEY, ""))


def _sent(shown: Page, sent: Form) -> Response:
    """Record what a form says; where it is not right, the form again with all that was typed."""
    visit, patient = shown.visit, shown.patient
    try:
        if sent.text(SHOW):
            return form_page(shown, told_of(visit, patient), typed_form(sent), sent=sent)
        with once(visit, sent.get(KEY)) as claim:
            if claim.location is None:
                written = _written(shown, claim.visit, sent)
                claim.location = f"/patients/{patient}/recorded/{written.event_id}"
        return claim.leads()
    except InputError as error:
        return form_page(shown, told_of(visit, patient), typed_form(sent), error, sent)


def _written(shown: Page, visit: Visit, sent: Form) -> Event:
    tz = shown.tz
    wish = _wish(shown, sent)
    at = parse_time(sent.needed(OCCURRED), tz, field=OCCURRED)
    payload = payload_of(shown.kind, shown.of, sent, tz)
    old = {} if shown.old is None else recording.payload_now(shown.old)
    standing = set(typed_of(shown.fields, old, visit.now).values())
    refuse_unknown(shown.fields, sent, visit.reader.words, standing)
    kept = kept_of(shown.kind, shown.of, old)
    event = new_event(shown.kind, at, {**kept, **payload})
    doubts = doubts_of(told_of(visit, shown.patient), event, corrects=shown.old is not None)
    if doubts and sent.text(SURE) != sure_of(doubts):
        raise DoubtError(doubts)
    if shown.old is None:
        return recording.write(visit, wish, event)
    return recording.correct(visit, wish, shown.old, event, sent.needed("why"))
