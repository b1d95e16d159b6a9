"""The audit: who read or decided what, with filters, and as a file."""

from __future__ import annotations

import json
from collections.abc import Mapping
from typing import Annotated
from urllib.parse import urlencode

from fastapi import APIRouter, Depends, Request
from starlette.responses import Response, StreamingResponse

from antagonist.foundation.errors import InputError
from antagonist.web.accounts.audit import OUTCOMES, Entry, Filter
from antagonist.web.actions.auditing import ASKED, file_of, filter_of, page_of
from antagonist.web.answers import field_error
from antagonist.web.language import N_
from antagonist.web.permissions import actions
from antagonist.web.rendering import render
from antagonist.web.visit import Visit, page

router = APIRouter()
Reads = Annotated[Visit, Depends(page("audit.read"))]
Exports = Annotated[Visit, Depends(page("audit.export"))]
OUTCOME_NAMES: Mapping[str, str] = {
    "allowed": N_("allowed"),
    "refused": N_("refused"),
    "failed": N_("failed"),
}


@router.get("/audit")
def read(request: Request, visit: Reads) -> Response:
    """Lines of the audit, newest first."""
    asked = {name: request.query_params.get(name, "") for name in ASKED}
    before, error = request.query_params.get("before", ""), None
    found: list[Entry] = []
    rest: int | None = None
    try:
        wanted = filter_of(asked, visit.reader.tz)
        found, rest = page_of(visit, wanted, _number(before))
    except InputError as wrong:
        error = wrong
    kept = {name: value for name, value in asked.items() if value}
    names = {name: action.about[visit.reader.language] for name, action in actions().items()}
    return render(
        request, "audit.html", visit, 422 if error else 200,
        lines=[(line, json.loads(line.detail)) for line in found],
        asked=asked, kept=kept, query=urlencode(kept),
        older=None if rest is None else urlencode({**kept, "before": rest}), paged=bool(before),
        actions=sorted(names.items(), key=lambda pair: pair[1].casefold()), names=names,
        outcomes=[(one, visit.say(OUTCOME_NAMES[one])) for one in OUTCOMES],
        outcome_names=OUTCOME_NAMES, error=field_error(error) if error else None,
    )  # fmt: skip


def _number(text: str) -> int | None:
    if not text:
        return None
    if not (text.isascii() and text.isdecimal() and len(text) < 18):
        raise InputError("", "before", text, "the number of a line")
    return int(text)


@router.get("/audit/export")
def export(request: Request, visit: Exports) -> Response:
    """The lines as a file."""
    wanted: Filter = filter_of(request.query_params, visit.reader.tz)
    kind = request.query_params.get("format", "csv")
    media, lines = file_of(visit, wanted, kind)
    name = {"Content-Disposition": f'attachment; filename="audit.{kind}"'}
    return StreamingResponse(lines, media_type=media, headers=name)
