"""The challenge test: chosen, begun where it is permitted, and led step by step."""

from __future__ import annotations

from collections.abc import Mapping
from typing import Annotated, Any

from fastapi import APIRouter, Depends, Request
from pydantic import ValidationError
from starlette.responses import Response

from antagonist.feedback.database import reading
from antagonist.feedback.record import ConflictError
from antagonist.foundation.errors import InputError
from antagonist.label.provocation import protocol as protocol_of
from antagonist.label.provocation import provocation_data
from antagonist.report.label_text import in_language, jurisdictions_text
from antagonist.web.actions import challenge_rows, challenges, decisions
from antagonist.web.actions.challenge_rows import Entry
from antagonist.web.actions.naming import names_of
from antagonist.web.answers import field_error
from antagonist.web.forms import Form, SignedForm, once
from antagonist.web.language import N_
from antagonist.web.rendering import render
from antagonist.web.visit import Visit, page
from antagonist.web.words.challenges import stepper
from antagonist.web.words.decisions import jurisdiction_choices, product_choices

router = APIRouter()
Reading = Annotated[Visit, Depends(page("screening.read"))]
Running = Annotated[Visit, Depends(page("challenge.run"))]
LIST = "/patients/{patient}/challenge"
ONE = LIST + "/{challenge}"
SECONDS = 60.0
# What the two buttons of an observation say; no word is not «nothing seen».
SEEN: Mapping[str, bool] = {"none": False, "signs": True}


@router.get(LIST)
def ask(request: Request, visit: Reading, patient: str) -> Response:
    """Choose protocol and product; tests that were begun before."""
    return _form(request, visit, patient, {"jurisdiction": visit.clinic.config.jurisdiction or ""})


@router.post(LIST)
def begin(request: Request, visit: Running, patient: str, sent: SignedForm) -> Response:
    """Screen for the test; where that permits it, begin, else show why not."""
    try:
        with once(visit, sent.get("key")) as claim:
            if claim.location is None:
                decision, made = challenges.begin(
                    claim.visit, patient, sent.needed("product"), sent.needed("protocol"),
                    sent.text("jurisdiction"), never_tested=sent.box("never_tested"),
                )  # fmt: skip
                claim.location = (
                    f"/patients/{patient}/decisions/{decision.event_id}"
                    if made is None
                    else f"/patients/{patient}/challenge/{made.challenge}"
                )
        return claim.leads()
    except InputError as error:
        return _form(request, visit, patient, sent, error)


@router.get(ONE)
def show(request: Request, visit: Reading, patient: str, challenge: str) -> Response:
    """Where the test stands: what to give, what to look for, until when."""
    return _shown(request, visit, patient, challenge)


@router.post(ONE)
def step(
    request: Request, visit: Running, patient: str, challenge: str, sent: SignedForm
) -> Response:
    """Write down what was done or seen now."""

    def do(one: Visit) -> None:
        challenges.step(one, patient, challenge, _version(sent), _entry(sent))

    return _done(request, visit, patient, challenge, sent, do)


@router.post(ONE + "/abort")
def abort(
    request: Request, visit: Running, patient: str, challenge: str, sent: SignedForm
) -> Response:
    """End the test without a result."""

    def do(one: Visit) -> None:
        challenges.abort(one, patient, challenge, _version(sent), sent.needed("reason"))

    return _done(request, visit, patient, challenge, sent, do)


def _done(
    request: Request, visit: Visit, patient: str, challenge: str, sent: Form, do: Any
) -> Response:
    challenges.challenge_of(visit, patient, challenge)
    try:
        with once(visit, sent.get("key")) as claim:
            if claim.location is None:
                do(claim.visit)
                claim.location = f"/patients/{patient}/challenge/{challenge}"
        return claim.leads()
    except InputError as error:
        return _shown(request, visit, patient, challenge, error, sent)


def _version(sent: Form) -> int:
    """The version that the writer saw. Raises InputError for none."""
    found = sent.whole("version")
    if found is None or found < 1:
        raise InputError("", "version", found, N_("the state that was seen; load the page again"))
    return found


def _entry(sent: Form) -> Entry:
    """What a form says was done. Raises InputError for an answer that contradicts itself."""
    kind, signs = sent.needed("kind"), sent.lists.get("signs", ())
    if kind == "observed" and SEEN.get(sent.get("seen", "")) is not bool(signs):
        allowed = "the signs that were seen, or «no new sign» with none ticked"
        raise InputError("", "signs", ", ".join(signs) or None, allowed)
    minutes = sent.number("observe_min")
    try:
        return Entry.model_validate(
            {
                "kind": kind, "at": "1970-01-01T00:00:00Z", "by": "", "signs": signs,
                "step": sent.whole("step"), "route": sent.text("route"),
                "observe_s": None if minutes is None else minutes * SECONDS,
            }
        )  # fmt: skip
    except ValidationError as error:
        field = str(error.errors()[0]["loc"][0])
        raise InputError("", field, sent.get(field), error.errors()[0]["msg"]) from None


def _form(
    request: Request,
    visit: Visit,
    patient: str,
    sent: Form | dict[str, str],
    error: InputError | None = None,
) -> Response:
    words, open_now = visit.reader.words, challenges.offered(visit, patient)
    ways = [
        (name, f"{in_language(way.title, words)} — {jurisdictions_text(way.jurisdictions, words)}")
        for name, way in provocation_data().protocols.items()
        if name in open_now
    ]
    with reading(visit.clinic.engine) as connection:
        earlier = challenge_rows.of_patient(connection, patient)
    return render(
        request, "challenge_begin.html", visit, 422 if error else 200,
        patient=patient, name=names_of(visit, [patient])[patient], sent=sent, protocols=ways,
        products=product_choices(visit.reader),
        untold=not decisions.says_of_tests(visit, patient),
        jurisdictions=jurisdiction_choices(visit.reader), earlier=earlier,
        titles={one.challenge: in_language(protocol_of(one.protocol).title, words)
                for one in earlier},
        error=field_error(error) if error else None,
    )  # fmt: skip


def _shown(
    request: Request,
    visit: Visit,
    patient: str,
    challenge: str,
    error: InputError | None = None,
    sent: Form | None = None,
) -> Response:
    found = challenges.challenge_of(visit, patient, challenge)
    changed = isinstance(error, ConflictError) and error.field == "version"
    status = 200 if error is None else 409 if changed else 422
    return render(
        request, "challenge.html", visit, status,
        patient=patient, name=names_of(visit, [patient])[patient],
        test=stepper(visit, found), changed=changed,
        # what the other person wrote makes this request another one
        key=None if sent is None or changed else sent.get("key"),
        ticked=() if sent is None else sent.lists.get("signs", ()), sent=sent or {},
        error=field_error(error) if error and not changed else None,
    )  # fmt: skip
