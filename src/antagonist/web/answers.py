"""Errors as answers: a page for people, problem+json (RFC 9457) for programs; never internals."""

from __future__ import annotations

import logging
import re
from collections.abc import Mapping
from typing import Any
from urllib.parse import quote

from fastapi import FastAPI, Request
from fastapi.exceptions import RequestValidationError
from fastapi.responses import JSONResponse, RedirectResponse
from starlette.concurrency import run_in_threadpool
from starlette.exceptions import HTTPException
from starlette.responses import Response

from antagonist.feedback.database import changing
from antagonist.feedback.events import BREAKS, can_be_seen
from antagonist.feedback.handover import OtherKeysError
from antagonist.feedback.record import ConflictError
from antagonist.foundation.errors import InputError
from antagonist.web.accounts.limits import TooManyError
from antagonist.web.errors import ForgedError, NotAllowedError, NotFoundError, SignInNeededError
from antagonist.web.forms import came_from_here
from antagonist.web.language import N_
from antagonist.web.logs import LOG, fields_of, tell
from antagonist.web.rendering import reader_of, render
from antagonist.web.visit import request_id, session_value, whoever

API = "/api/"
PROBLEM = "application/problem+json"
UNWANTED_FIELDS = frozenset(
    ("password", "new_password", "again", "csrf", "code", "again_code", "again_name", "secret")
)
FIELD = re.compile(r"[a-z][a-z0-9_.-]{0,59}")
# What makes no sense once more after signing in again.
NOT_AGAIN = ("/sign-out", "/sign-in/code", "/second-factor")
TITLES: Mapping[int, str] = {
    400: N_("The request cannot be read"),
    401: N_("Signing in"),
    403: N_("Not allowed"),
    404: N_("Not found"),
    405: N_("Not allowed here"),
    409: N_("Somebody else was faster"),
    413: N_("Too large"),
    422: N_("Something is not right yet"),
    429: N_("Too many attempts"),
    500: N_("Something went wrong here"),
    503: N_("Not ready"),
}


def add_error_answers(app: FastAPI) -> None:
    """Every error of every route ends here."""
    app.add_exception_handler(InputError, _input)  # type: ignore[arg-type]
    app.add_exception_handler(RequestValidationError, _validation)  # type: ignore[arg-type]
    app.add_exception_handler(SignInNeededError, _sign_in)  # type: ignore[arg-type]
    app.add_exception_handler(NotAllowedError, _simple(403, "not-allowed"))
    app.add_exception_handler(ForgedError, _forged)
    app.add_exception_handler(NotFoundError, _simple(404, "not-found"))
    app.add_exception_handler(TooManyError, _too_many)  # type: ignore[arg-type]
    app.add_exception_handler(HTTPException, _http)  # type: ignore[arg-type]


def problem(request: Request, status: int, **more: Any) -> JSONResponse:
    """A problem document. more: such as ``errors`` with field and what is allowed."""
    content = {
        "type": "about:blank",
        "title": TITLES.get(status, TITLES[500]),
        "status": status,
        "request": request_id(request),
        **more,
    }
    return JSONResponse(content, status, media_type=PROBLEM)


async def _answer(request: Request, status: int, **more: Any) -> Response:
    if request.url.path.startswith(API):
        return problem(request, status, **more)
    return await run_in_threadpool(_error_page, request, status, more.get("errors"))


def _error_page(request: Request, status: int, errors: Any) -> Response:
    # after an error of the server nothing more is asked of it
    visit = whoever(request) if status < 500 else None
    if visit is not None and visit.session is None:
        visit = None
    reader = reader_of(request) if visit is None else visit.reader
    title = reader.say(TITLES.get(status, TITLES[500]))
    return render(
        request, "error.html", visit, status, title=title, code=status, problem=errors
    )  # fmt: skip


def field_error(error: InputError) -> Mapping[str, Any]:
    """An error as field, value and what is allowed; what was typed as a secret is not shown."""
    last = error.field.split(".")[-1]
    secret = last in UNWANTED_FIELDS or error.value is None
    value = None if secret else _shown(str(error.value))
    return {"field": _shown(error.field), "value": value, "allowed": error.allowed}


def _shown(text: str) -> str:
    """The beginning of a text; what cannot be seen cannot be sent everywhere either."""
    return "".join(c if can_be_seen(c, BREAKS) else "\ufffd" for c in text[:200])


def status_of(error: InputError) -> int:
    """409 for a conflict, 503 for a database that does not answer or has other keys, else 422."""
    if isinstance(error, ConflictError):
        return 409
    return 503 if error.field == "database" or isinstance(error, OtherKeysError) else 422


async def _input(request: Request, error: InputError) -> Response:
    status = status_of(error)
    if status == 503:
        # what the database said names hosts and users
        tell(request, "database", logging.ERROR, why=error.allowed)
        return await _answer(request, status)
    tell(request, "refused-input", field=_named(error.field))
    return await _answer(request, status, errors=[field_error(error)])


def _named(field: str) -> str:
    """A field for the log; what is no field's name may be anything that somebody typed."""
    return field if FIELD.fullmatch(field) else "other"


async def _validation(request: Request, error: RequestValidationError) -> Response:
    found = [_refused(one) for one in error.errors()]
    tell(request, "refused-input", field=_named(found[0]["field"] if found else ""))
    return await _answer(request, 422, errors=found)


def _refused(error: Any) -> Mapping[str, Any]:
    """An error of a model; a check of several fields names one of them itself."""
    place, cause = ".".join(map(str, error["loc"])), error.get("ctx", {}).get("error")
    if isinstance(cause, InputError):
        return {"field": f"{place}.{cause.field}", "value": None, "allowed": cause.allowed}
    return {"field": _shown(place), "value": None, "allowed": error["msg"]}


async def _sign_in(request: Request, error: SignInNeededError) -> Response:
    """Where a form was sent after the session ended, its fields come back after signing in."""
    if session_value(request) or "authorization" in request.headers:
        tell(request, "not-signed-in", logging.WARNING)
    if request.url.path.startswith(API):
        found = problem(request, 401)
        found.headers["WWW-Authenticate"] = "Bearer"
        return found
    if "hx-request" in request.headers and "hx-boosted" not in request.headers:
        # a page that looks something up by itself stays as it is
        return Response(status_code=401, headers={"HX-Reswap": "none"})
    if request.method == "GET":
        back = quote(request.url.path, safe="/")
        return RedirectResponse(f"{error.location}?next={back}", 303)
    here = came_from_here(request)
    if here is False:
        return await _forged(request, ForgedError())
    # without the browser's word it may be another site's form, which nobody must be led to send
    if here is None or request.url.path in NOT_AGAIN:
        return RedirectResponse(error.location, 303)
    sent = await request.form(max_files=0)
    kept = [
        (name, value)
        for name, value in sent.multi_items()
        if isinstance(value, str) and name not in UNWANTED_FIELDS
    ]
    return render(
        request, "sign_in_again.html", status=401, kept=kept, action=request.url.path, wrong=False
    )


async def _forged(request: Request, _error: Exception) -> Response:
    await run_in_threadpool(_write_down, request, "forged")
    return await _answer(request, 403)


async def _too_many(request: Request, error: TooManyError) -> Response:
    await run_in_threadpool(_write_down, request, "rate-limit")
    found = await _answer(request, 429)
    found.headers["Retry-After"] = str(error.after_s)
    return found


def _write_down(request: Request, what: str) -> None:
    """A refusal goes to the log and, where it is known whose request it is, to the audit."""
    visit = whoever(request)
    tell(request, what, logging.WARNING)
    if visit is None:
        return
    try:
        with changing(visit.clinic.engine) as connection:
            visit.note(connection, what, "refused")
    except InputError as error:
        tell(request, "database", logging.ERROR, why=error.allowed)


async def _http(request: Request, error: HTTPException) -> Response:
    if error.status_code != 404:
        tell(request, "refused", status=error.status_code)
    found = await _answer(request, error.status_code)
    found.headers.update(error.headers or {})
    return found


def _simple(status: int, event: str) -> Any:
    async def answer(request: Request, _error: Exception) -> Response:
        tell(request, event, logging.WARNING)
        return await _answer(request, status)

    return answer


async def outermost(request: Request, error: Exception) -> Response:
    """The answer to an error that nothing inside answered; the log has its type and place."""
    if isinstance(error, HTTPException):
        return await _http(request, error)
    LOG.error("unexpected-error", exc_info=error, extra=fields_of(request))
    return await _answer(request, 500)
