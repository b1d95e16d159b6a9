"""The audit: who read or decided what, when, and whether it was let. It holds no patient data."""

from __future__ import annotations

import json
from collections.abc import Iterator, Mapping
from dataclasses import dataclass
from datetime import datetime, timedelta
from typing import Literal

from sqlalchemy import Connection, delete, func, insert, select

from antagonist.feedback.events import stamp
from antagonist.foundation.errors import InputError
from antagonist.web.accounts import tables as t
from antagonist.web.accounts.rules import rules

Outcome = Literal["allowed", "refused", "failed"]


@dataclass(frozen=True, slots=True)
class Entry:
    """One line of the audit. detail: JSON text. request: id that the logs and errors carry too."""

    at: str
    account: str | None
    name: str
    role: str
    action: str
    outcome: Outcome
    patient: str | None
    request: str
    detail: str


def note(
    connection: Connection,
    at: datetime,
    who: tuple[str | None, str, str],
    action: str,
    outcome: Outcome,
    *,
    request: str,
    patient: str | None = None,
    detail: Mapping[str, str | int | None] | None = None,
) -> None:
    """Write a line. who: account id, name and role."""
    row = {
        "at": stamp(at), "account": who[0], "name": who[1][:80], "role": who[2],
        "action": action, "outcome": outcome, "patient": patient, "request": request,
        "detail": json.dumps(detail or {}, ensure_ascii=False),
    }  # fmt: skip
    connection.execute(insert(t.audit), row)


def entries(
    connection: Connection,
    *,
    first: datetime | None = None,
    until: datetime | None = None,
    patient: str | None = None,
    name: str | None = None,
    skip: int = 0,
    most: int | None = None,
) -> Iterator[Entry]:
    """Lines, newest first. first, until: aware. name: of the account."""
    columns = [t.audit.c[field] for field in Entry.__dataclass_fields__]
    query = select(*columns).order_by(t.audit.c.n.desc()).offset(skip)
    if most is not None:
        query = query.limit(most)
    if first is not None:
        query = query.where(t.audit.c.at >= stamp(first))
    if until is not None:
        query = query.where(t.audit.c.at < stamp(until))
    if patient:
        query = query.where(t.audit.c.patient == patient)
    if name:
        query = query.where(t.audit.c.name == name.strip().casefold())
    for row in connection.execute(query).mappings():
        yield Entry(**row)


def prune(connection: Connection, at: datetime, keep: timedelta) -> int:
    """Delete lines older than what is kept; how many were. Raises InputError for too few days."""
    least = rules().audit.least_kept_days
    if keep < timedelta(days=least):
        raise InputError("audit", "days", keep.days, f"{least} or more")
    old = t.audit.c.at < stamp(at - keep)
    count = connection.execute(select(func.count()).select_from(t.audit).where(old)).scalar_one()
    connection.execute(delete(t.audit).where(old))
    return int(count)
