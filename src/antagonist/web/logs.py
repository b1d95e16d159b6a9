"""Structured logs: one JSON object a line, on standard error."""

from __future__ import annotations

import logging
import sys
import time
import traceback
from types import TracebackType

from pythonjsonlogger.json import JsonFormatter
from starlette.requests import Request
from starlette.types import Scope

ExcInfo = tuple[type[BaseException] | None, BaseException | None, TracebackType | None]
FIELDS = "%(asctime)s %(levelname)s %(name)s %(process)d %(message)s"
STATIC, API = "/static/", "/api/v1"
LOG = logging.getLogger("antagonist.web")


class Lines(JsonFormatter):
    """Times in UTC. Of an error its type and place, never its values: they may be a patient's."""

    def formatException(self, ei: ExcInfo) -> str:  # noqa: N802
        """Type and the functions it went through."""
        kind, _error, trace = ei
        if kind is None:
            return ""
        places = [f"{f.filename}:{f.lineno} {f.name}" for f in traceback.extract_tb(trace)]
        return f"{kind.__name__}: " + " < ".join(reversed(places))


def begin_logs() -> None:
    """Let this process log; a second call changes nothing."""
    if LOG.handlers:
        return
    handler = logging.StreamHandler(sys.stderr)
    handler.setFormatter(formatter())
    LOG.addHandler(handler)
    LOG.setLevel(logging.INFO)
    LOG.propagate = False


def formatter() -> Lines:
    """How a line is written."""
    renamed = {"asctime": "time", "levelname": "level", "message": "event"}
    made = Lines(FIELDS, rename_fields=renamed)
    made.converter = time.gmtime
    made.default_time_format, made.default_msec_format = "%Y-%m-%dT%H:%M:%S", "%s.%03dZ"
    return made


def tell(request: Request, event: str, level: int = logging.INFO, **more: str | int | None) -> None:
    """Log what happened in a request: who (account id), from where, by which route.

    more: further fields; no patient data and nothing that was typed.
    """
    LOG.log(level, event, extra=fields_of(request) | more)


def fields_of(request: Request) -> dict[str, str | int | None]:
    """What every line about a request says: the route's template, never its ids, query or body."""
    state = request.scope.get("state", {})
    return {
        "request": state.get("request_id"),
        "account": state.get("account"),
        "address": request.client.host if request.client else "",
        "method": request.scope["method"],
        "route": template_of(request.scope),
    }


def template_of(scope: Scope) -> str:
    """The template of a request's route, such as ``/patients/{patient}``; no id stands in it."""
    template, path = getattr(scope.get("route"), "path", None), scope.get("path", "")
    if template is None:
        return "static" if path.startswith(STATIC) else "none"
    inside = path.startswith(API) and not template.startswith(API)
    return f"{API}{template}" if inside else str(template)
