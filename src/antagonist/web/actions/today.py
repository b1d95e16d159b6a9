"""Today's list: what waits for whom, by urgency, as far as the account sees."""

from __future__ import annotations

import json
from collections import Counter
from collections.abc import Iterator, Mapping, Sequence
from dataclasses import dataclass, replace
from datetime import UTC, datetime
from functools import lru_cache

from sqlalchemy import Connection, select

from antagonist.feedback import tables as r
from antagonist.feedback.database import reading
from antagonist.feedback.events import moment, stamp
from antagonist.feedback.history import kinds_by_id, uncorrected
from antagonist.feedback.merging import kept_in
from antagonist.feedback.state_model import STOP
from antagonist.feedback.today import PROTECTION, today
from antagonist.foundation.errors import InputError
from antagonist.web.accounts import tables as t
from antagonist.web.accounts.access import given
from antagonist.web.actions.board import board
from antagonist.web.actions.stops import stopped_at
from antagonist.web.visit import Visit

CHALLENGE, SURGERY, OPIOIDS = "challenge", "surgery", "opioids"
UNDER_WAY = "under_way"
URGENCY = (STOP, "urgent", "soon", "info", None)
SHOWN = 30  # lines of a section on one page


@dataclass(frozen=True, slots=True)
class Item:
    """One line. kind, what, event, due_at, severity, who: as ``feedback.today.Line``.

    kind besides: challenge (event = its id, due_at = its beginning), surgery (due_at = when it is).
    held: an alarm of the patient allows no dose, seen to or not. surgery_at: when an operation with
    opioids is planned. ended: of a protection, treatment was ended after its dose.
    """

    section: str
    patient: str
    kind: str
    what: str
    event: str
    due_at: datetime
    overdue: bool
    severity: str | None = None
    who: str | None = None
    held: bool = False
    surgery_at: datetime | None = None
    ended: bool = False


@dataclass(frozen=True, slots=True)
class Today:
    """The list. kinds: how many lines of each there are, whatever was asked for.

    sections: lines of the kinds asked for, the longest due first; empty ones are left out.
    """

    at: datetime
    kinds: Mapping[str, int]
    sections: Mapping[str, Sequence[Item]]


def todays(visit: Visit, kind: str | None = None) -> Today:
    """What is due, overdue or under way now. kind: None = all.

    Raises InputError for a kind that is not known.
    """
    if kind is not None and kind not in board().lines:
        raise InputError("", "kind", kind, "one of " + ", ".join(board().lines))
    clinic, at = visit.clinic, visit.clinic.now()
    with reading(clinic.engine) as connection:
        mine = given(connection, visit.account)
        own = [*_challenges(connection), *_surgery(connection, at)]
    items = [*own, *_lines(visit, at)]
    seen = [item for item in items if mine is None or item.patient in mine]
    stopped = {item.patient for item in seen if item.severity == STOP}
    seen = [replace(i, held=True) if i.patient in stopped else i for i in seen]
    near = {i.patient: i.due_at for i in seen if i.kind == SURGERY and i.what == OPIOIDS}
    seen = [replace(i, surgery_at=near[i.patient]) if i.patient in near else i for i in seen]
    ended = _ended(visit, seen)
    seen = [replace(i, ended=True) if i.event in ended else i for i in seen]
    sections: dict[str, list[Item]] = {name: [] for name in board().sections}
    for item in seen:
        if kind is None or item.kind == kind:
            sections[item.section].append(item)
    for found in sections.values():
        found.sort(key=lambda item: (URGENCY.index(item.severity), item.due_at, item.patient))
    counted = Counter(item.kind for item in seen)
    return Today(
        at.astimezone(visit.reader.tz),
        {name: counted[name] for name in board().lines},
        {name: found for name, found in sections.items() if found},
    )


def _ended(visit: Visit, items: Sequence[Item]) -> set[str]:
    """Doses that protect, or did, after which treatment was ended."""
    with reading(visit.clinic.engine) as connection:
        stops = stopped_at(connection)
        lasting = {i.event: i.patient for i in items if i.kind == PROTECTION and i.patient in stops}
        given_at = kinds_by_id(connection, sorted(lasting))
    return {dose for dose, (_, at) in given_at.items() if stamp(at) <= stops[lasting[dose]]}


def _lines(visit: Visit, at: datetime) -> Iterator[Item]:
    section_of = lru_cache(board().section_of)  # thousands of lines are of a few sorts
    for line in today(visit.clinic.record, at, visit.clinic.tz):
        yield Item(section_of(line.kind, line.severity, line.overdue), *line)


def _challenges(connection: Connection) -> Iterator[Item]:
    query = select(t.challenges).where(t.challenges.c.status == UNDER_WAY)
    for row in connection.execute(query).mappings():
        yield Item(
            board().section_of(CHALLENGE, None, False), row["patient"], CHALLENGE,
            row["protocol"], row["challenge"], moment(row["started_at"]), False,
        )  # fmt: skip


def _surgery(connection: Connection, at: datetime) -> Iterator[Item]:
    """Operations to come: the last word on each patient, where it was not taken back."""
    events = r.events.c
    query = select(events.event_id, events.patient, events.payload)
    query = query.where(events.kind == "surgery_planned", uncorrected())
    rows = connection.execute(query.order_by(events.occurred_at, events.n))
    last = {row.patient: row for row in rows}
    for patient, row in last.items():
        said = json.loads(row.payload)
        on = datetime.fromisoformat(said["at"]).astimezone(UTC)
        if stamp(on) >= stamp(at):
            section = board().section_of(SURGERY, None, False)
            what = OPIOIDS if said["with_opioids"] else "other"
            yield Item(
                section, kept_in(connection, patient), SURGERY, what, row.event_id, on, False
            )
