"""Overrides of a contraindication wait for a second person."""

from __future__ import annotations

import uuid
from dataclasses import dataclass
from datetime import datetime

from sqlalchemy import Connection, insert, select, update

from antagonist.feedback.events import stamp
from antagonist.foundation.errors import InputError
from antagonist.web.accounts import tables as t
from antagonist.web.accounts.people import Account
from antagonist.web.accounts.rows import row_of

WAITING, CONFIRMED, REFUSED, WITHDRAWN = "waiting", "confirmed", "refused", "withdrawn"
LEAST_REASON = 3  # characters, as the record wants them


@dataclass(frozen=True, slots=True)
class Approval:
    """An override that was asked for. decision: event that is gone past."""

    approval: str
    patient: str
    decision: str
    reason: str
    asked_by: str
    asked_at: str
    status: str
    answered_by: str | None
    answered_at: str | None


def ask(
    connection: Connection, at: datetime, account: Account, patient: str, decision: str, reason: str
) -> Approval:
    """Ask a second person. Raises InputError for no reason, or a decision asked about already."""
    if len(reason.strip()) < LEAST_REASON:
        raise InputError("", "reason", reason, f"{LEAST_REASON} characters at least")
    again = (t.approvals.c.decision == decision) & (t.approvals.c.status == WAITING)
    if connection.execute(select(t.approvals.c.approval).where(again)).first():
        raise InputError("", "decision", decision, "one that does not wait for an answer yet")
    made = Approval(
        str(uuid.uuid4()), patient, decision, reason.strip(),
        account.account, stamp(at), WAITING, None, None,
    )  # fmt: skip
    row = row_of(made)
    connection.execute(insert(t.approvals), row)
    return made


def waiting(connection: Connection) -> list[Approval]:
    """Overrides that wait, oldest first."""
    query = select(t.approvals).where(t.approvals.c.status == WAITING)
    rows = connection.execute(query.order_by(t.approvals.c.asked_at)).mappings()
    return [Approval(**row) for row in rows]


def approval_of(connection: Connection, approval: str) -> Approval | None:
    """An override that was asked for, by its id."""
    query = select(t.approvals).where(t.approvals.c.approval == approval)
    found = connection.execute(query).mappings().first()
    return None if found is None else Approval(**found)


def answer(
    connection: Connection, at: datetime, account: Account, found: Approval, status: str
) -> None:
    """Confirm, refuse or withdraw; of two answers at once the first counts.

    Raises InputError where whoever asked confirms or refuses, somebody else withdraws, or it was
    answered already.
    """
    own = found.asked_by == account.account
    if own != (status == WITHDRAWN):
        allowed = "somebody other than who asked" if own else "who asked"
        raise InputError("", "second_person", account.name, allowed)
    here = (t.approvals.c.approval == found.approval) & (t.approvals.c.status == WAITING)
    values = {"status": status, "answered_by": account.account, "answered_at": stamp(at)}
    if not connection.execute(update(t.approvals).where(here).values(values)).rowcount:
        raise InputError("", "approval", found.approval, "one that still waits for an answer")


def of_decision(connection: Connection, decision: str) -> list[Approval]:
    """Every override of a decision that was asked for, oldest first, whatever became of it."""
    query = select(t.approvals).where(t.approvals.c.decision == decision)
    rows = connection.execute(query.order_by(t.approvals.c.asked_at)).mappings()
    return [Approval(**row) for row in rows]
