"""Today: what waits for whom, by urgency; alarms are answered where they stand."""

from __future__ import annotations

from itertools import islice
from typing import Annotated

from fastapi import APIRouter, Depends, Request
from starlette.responses import Response

from antagonist.foundation.errors import InputError
from antagonist.web.actions.board import board
from antagonist.web.actions.today import SHOWN, todays
from antagonist.web.pages.alarm_answers import done_text
from antagonist.web.rendering import render
from antagonist.web.visit import Visit, page
from antagonist.web.words.today import in_reader, said_of

router = APIRouter()
Reads = Annotated[Visit, Depends(page("today.read"))]


@router.get("/today")
def today(
    request: Request,
    visit: Reads,
    kind: str | None = None,
    section: str | None = None,
    skip: int = 0,
    done: str | None = None,
) -> Response:
    """The list. kind: only such lines. section, skip: of one section, the lines after so many."""
    if section is not None and section not in board().sections:
        raise InputError("", "section", section, "one of " + ", ".join(board().sections))
    found = todays(visit, kind)
    first = max(skip, 0) if section else 0
    parts = {
        name: items[first : first + SHOWN]
        for name, items in found.sections.items()
        if section in (None, name)
    }
    lines = iter(said_of(visit, [item for part in parts.values() for item in part]))
    shown = []
    for name, part in parts.items():
        count = len(found.sections[name])
        left = count - first - len(part)
        shown.append({
            "name": name, "title": in_reader(visit, board().sections[name].title), "count": count,
            "lines": list(islice(lines, len(part))), "first": first,
            "next": first + SHOWN if left > 0 else None, "left": left,
        })  # fmt: skip
    back = request.url.path + (f"?kind={kind}" if kind else "")
    kinds = [
        (name, in_reader(visit, text.title), found.kinds[name])
        for name, text in board().lines.items()
    ]
    return render(
        request, "today.html", visit, at=found.at, kinds=kinds, kind=kind, section=section,
        sections=shown, back=back, done=done_text(visit, done), shown_most=SHOWN,
    )  # fmt: skip
