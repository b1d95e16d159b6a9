"""Errors as answers: a page for people, problem+json (RFC 9457) for programs; never internals."""

from __future__ import annotations

import logging
from collections.abc import Mapping
from typing import Any
from urllib.parse import quote

from fastapi import FastAPI, Request
from fastapi.exceptions import RequestValidationError
from fastapi.responses import JSONResponse, RedirectResponse
from starlette.exceptions import HTTPException
from starlette.responses import Response

from antagonist.feedback.record import ConflictError
from antagonist.foundation.errors import InputError
from antagonist.web.accounts.limits import TooManyError
from antagonist.web.errors import ForgedError, NotAllowedError, NotFoundError, SignInNeededError
from antagonist.web.language import N_
from antagonist.web.rendering import reader_of, render
from antagonist.web.visit import request_id

LOG = logging.getLogger("antagonist.web")
API = "/api/"
PROBLEM = "application/problem+json"
UNWANTED_FIELDS = frozenset(("password", "new_password", "again", "csrf", "code"))
TITLES: Mapping[int, str] = {
    400: N_("The request cannot be read"),
    401: N_("Sign in"),
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
    app.add_exception_handler(NotAllowedError, _simple(403))
    app.add_exception_handler(ForgedError, _simple(403))
    app.add_exception_handler(NotFoundError, _simple(404))
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


def _answer(request: Request, status: int, **more: Any) -> Response:
    if request.url.path.startswith(API):
        return problem(request, status, **more)
    title = reader_of(request).say(TITLES.get(status, TITLES[500]))
    return render(
        request, "error.html", status=status, title=title, code=status, problem=more.get("errors")
    )


def field_error(error: InputError) -> Mapping[str, Any]:
    """An error as field, value and what is allowed; what was typed as a secret is not shown."""
    last = error.field.split(".")[-1]
    secret = last in UNWANTED_FIELDS or error.value is None
    shown = None if secret else str(error.value)[:200]
    return {"field": error.field, "value": shown, "allowed": error.allowed}


def status_of(error: InputError) -> int:
    """409 for a conflict, 503 for a database that does not answer, else 422."""
    if isinstance(error, ConflictError):
        return 409
    return 503 if error.field == "database" else 422


async def _input(request: Request, error: InputError) -> Response:
    LOG.info("refused input", extra={"request": request_id(request), "field": error.field})
    return _answer(request, status_of(error), errors=[field_error(error)])


async def _validation(request: Request, error: RequestValidationError) -> Response:
    found = [
        {"field": ".".join(str(part) for part in one["loc"]), "value": None, "allowed": one["msg"]}
        for one in error.errors()
    ]
    return _answer(request, 422, errors=found)


async def _sign_in(request: Request, error: SignInNeededError) -> Response:
    """Where a form was sent after the session ended, its fields come back after signing in."""
    if request.url.path.startswith(API):
        found = problem(request, 401)
        found.headers["WWW-Authenticate"] = "Bearer"
        return found
    if request.method == "GET":
        back = quote(request.url.path, safe="/")
        return RedirectResponse(f"{error.location}?next={back}", 303)
    sent = await request.form()
    kept = [
        (name, value)
        for name, value in sent.multi_items()
        if isinstance(value, str) and name not in UNWANTED_FIELDS
    ]
    return render(
        request, "sign_in_again.html", status=401, kept=kept, action=request.url.path, wrong=False
    )


async def _too_many(request: Request, error: TooManyError) -> Response:
    LOG.warning("rate limited", extra={"request": request_id(request)})
    found = _answer(request, 429)
    found.headers["Retry-After"] = str(error.after_s)
    return found


async def _http(request: Request, error: HTTPException) -> Response:
    found = _answer(request, error.status_code)
    found.headers.update(error.headers or {})
    return found


def _simple(status: int) -> Any:
    async def answer(request: Request, error: Exception) -> Response:
        LOG.warning("refused", extra={"request": request_id(request), "why": type(error).__name__})
        return _answer(request, status)

    return answer


async def unexpected(request: Request, error: Exception) -> Response:
    """The answer to an error that nobody foresaw; the log has its type and place."""
    LOG.error("unexpected error", exc_info=error, extra={"request": request_id(request)})
    return _answer(request, 500)
