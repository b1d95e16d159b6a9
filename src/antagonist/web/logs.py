"""Structured logs: one JSON object a line, on standard error."""

from __future__ import annotations

import logging
import sys
import time
import traceback
from types import TracebackType

from pythonjsonlogger.json import JsonFormatter

ExcInfo = tuple[type[BaseException] | None, BaseException | None, TracebackType | None]
FIELDS = "%(asctime)s %(levelname)s %(name)s %(message)s"


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
    log = logging.getLogger("antagonist.web")
    if log.handlers:
        return
    handler = logging.StreamHandler(sys.stderr)
    made = Lines(FIELDS, rename_fields={"asctime": "time", "levelname": "level"})
    made.converter = time.gmtime
    made.default_time_format, made.default_msec_format = "%Y-%m-%dT%H:%M:%S", "%s.%03dZ"
    handler.setFormatter(made)
    log.addHandler(handler)
    log.setLevel(logging.INFO)
    log.propagate = False
