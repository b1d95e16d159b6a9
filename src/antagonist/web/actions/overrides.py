"""Going past a decision: one prescriber asks, a second one answers, then the record has both."""

from __future__ import annotations

from dataclasses import dataclass

from sqlalchemy import Connection

from antagonist.feedback.database import changing, reading, writing
from antagonist.feedback.overrides import override_in
from antagonist.foundation.errors import InputError
from antagonist.web.accounts import approvals
from antagonist.web.accounts.access import sees
from antagonist.web.accounts.approvals import CONFIRMED, REFUSED, WITHDRAWN, Approval
from antagonist.web.accounts.people import Account, by_id
from antagonist.web.actions.decisions import Decided, decision_of, refusal_of
from antagonist.web.errors import NotFoundError
from antagonist.web.permissions import may
from antagonist.web.texts import checked_id
from antagonist.web.texts import reason as checked_reason
from antagonist.web.visit import Visit

ASK, ANSWER = "override.ask", "override.answer"
CLOSED_ONE = "a decision about one product that closes or delays; missing facts are found out"


@dataclass(frozen=True, slots=True)
class Asked:
    """An override that was asked for, its decision, and who asked."""

    approval: Approval
    decided: Decided
    asker: Account


def ask(visit: Visit, patient: str, decided: Decided, reason: str) -> Approval:
    """Ask a second person to let a decision be gone past.

    Raises InputError for a decision that refuses nothing or is about several products, one that
    was gone past or waits already, and a reason that is too short or too long.
    """
    if refusal_of(decided.event) is None:
        raise InputError("", "decision", decided.event.event_id, CLOSED_ONE)
    if decided.overrides:
        raise InputError("", "decision", decided.event.event_id, "one not gone past already")
    said = checked_reason(reason)
    with changing(visit.clinic.engine) as connection:
        made = approvals.ask(
            connection, visit.clinic.now(), visit.account, patient, decided.event.event_id, said
        )
        visit.note(connection, ASK, patient=patient, approval=made.approval)
    return made


def waiting(visit: Visit) -> list[Asked]:
    """Overrides that wait for an answer, of patients whom this person sees, oldest first."""
    with reading(visit.clinic.engine) as connection:
        return [
            _asked(connection, one)
            for one in approvals.waiting(connection)
            if sees(connection, visit.account, one.patient)
        ]


def asked(visit: Visit, approval: str) -> Asked:
    """One override that was asked for.

    Raises NotFoundError for none such, or of a patient whom this person does not see.
    """
    with reading(visit.clinic.engine) as connection:
        return _asked(connection, _visible(connection, visit, approval))


def confirm(visit: Visit, approval: str) -> Approval:
    """Answer as the second person: the override stands on the record, or nothing was written.

    Raises InputError for who asked, one answered already, and an asker who may not ask any more;
    NotFoundError as ``asked``.
    """
    record = visit.clinic.record
    with writing(record.engine) as connection:
        found = _asked(connection, _visible(connection, visit, approval))
        if found.asker.disabled or not may(found.asker.role, ASK):
            allowed = "an override asked for by somebody who still may; ask again"
            raise InputError("", "approval", approval, allowed)
        _answer(connection, visit, found.approval, CONFIRMED)
        written = override_in(
            connection, record, found.decided.event, found.asker.actor,
            found.approval.reason, visit.account.name,
        )  # fmt: skip
    record.keep_head(written.head)
    return found.approval


def refuse(visit: Visit, approval: str) -> Approval:
    """Answer as the second person that the decision stands. Raises as ``confirm``."""
    return _closed(visit, approval, REFUSED)


def withdraw(visit: Visit, approval: str) -> Approval:
    """Take back what one asked for oneself. Raises as ``confirm``."""
    return _closed(visit, approval, WITHDRAWN)


def _closed(visit: Visit, approval: str, status: str) -> Approval:
    with changing(visit.clinic.engine) as connection:
        found = _visible(connection, visit, approval)
        _answer(connection, visit, found, status)
    return found


def _answer(connection: Connection, visit: Visit, found: Approval, status: str) -> None:
    approvals.answer(connection, visit.clinic.now(), visit.account, found, status)
    action = ASK if status == WITHDRAWN else ANSWER
    visit.note(connection, action, patient=found.patient, approval=found.approval, status=status)


def _visible(connection: Connection, visit: Visit, approval: str) -> Approval:
    found = approvals.approval_of(connection, checked_id(approval))
    if found is None or not sees(connection, visit.account, found.patient):
        raise NotFoundError
    return found


def _asked(connection: Connection, found: Approval) -> Asked:
    asker = by_id(connection, found.asked_by)
    assert asker is not None  # the table refers to it
    return Asked(found, decision_of(connection, found.patient, found.decision), asker)
