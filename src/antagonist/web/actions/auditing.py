"""Reading the audit: which lines are meant, and the file of them."""

from __future__ import annotations

import uuid
from collections.abc import Iterator, Mapping
from datetime import date, datetime, time, timedelta, tzinfo

from antagonist.feedback.database import changing, reading
from antagonist.foundation.clock import parse_day
from antagonist.foundation.errors import InputError
from antagonist.web.accounts.audit import OUTCOMES, Entry, Filter, entries, every_entry
from antagonist.web.accounts.audit_export import written
from antagonist.web.visit import Visit

PAGE = 100
ASKED = ("first", "last", "name", "patient", "action", "outcome")


def filter_of(asked: Mapping[str, str], tz: tzinfo) -> Filter:
    """Which lines are meant. asked: any of ASKED. tz: the days' zone; both days are included.

    Raises InputError for a day that is none, days in the wrong order, an id that is none, and an
    outcome that is not known.
    """
    given = {name: asked.get(name, "").strip() or None for name in ASKED}
    first, last = (_day(name, given[name]) for name in ("first", "last"))
    if first and last and last < first:
        raise InputError("", "last", last.isoformat(), f"a day from {first.isoformat()} on")
    outcome = given["outcome"]
    if outcome is not None and outcome not in OUTCOMES:
        raise InputError("", "outcome", outcome, ", ".join(OUTCOMES))
    return Filter(
        first=None if first is None else datetime.combine(first, time(), tz),
        until=None if last is None else datetime.combine(last + timedelta(days=1), time(), tz),
        patient=_id(given["patient"]),
        name=given["name"],
        action=given["action"],
        outcome=outcome,
    )


def _day(field: str, text: str | None) -> date | None:
    if text is None:
        return None
    return parse_day(text, field=field)


def _id(text: str | None) -> str | None:
    try:
        return None if text is None else str(uuid.UUID(text))
    except ValueError:
        raise InputError("", "patient", text, "the record's id of a patient") from None


def page_of(visit: Visit, wanted: Filter, before: int | None) -> tuple[list[Entry], int | None]:
    """A page of lines, newest first, and where the next one begins; None = there is none."""
    with reading(visit.clinic.engine) as connection:
        found = entries(connection, wanted, PAGE + 1, before=before)
    rest = found[PAGE - 1].n if len(found) > PAGE else None
    return found[:PAGE], rest


def file_of(visit: Visit, wanted: Filter, kind: str) -> tuple[str, Iterator[str]]:
    """Media type and lines of the audit as a file; that it was taken is audited first.

    kind: csv or jsonl. Raises InputError for another.
    """
    found = written(every_entry(visit.clinic.engine, wanted), kind)
    asked = {
        "account_asked": wanted.name,
        "action_asked": wanted.action,
        "outcome_asked": wanted.outcome,
        "from": None if wanted.first is None else wanted.first.isoformat(),
        "until": None if wanted.until is None else wanted.until.isoformat(),
    }
    with changing(visit.clinic.engine) as connection:
        visit.note(connection, "audit.exported", "allowed", wanted.patient, format=kind, **asked)
    return found
