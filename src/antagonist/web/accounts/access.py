"""Whose patients an account sees: all, or those it was given."""

from __future__ import annotations

from collections.abc import Iterable

from sqlalchemy import Connection, delete, insert, select

from antagonist.web.accounts import tables as t
from antagonist.web.accounts.people import Account


def sees(connection: Connection, account: Account, patient: str) -> bool:
    """Whether an account may see a patient."""
    if account.every_patient:
        return True
    query = select(t.access.c.patient).where(
        t.access.c.account == account.account, t.access.c.patient == patient
    )
    return connection.execute(query).first() is not None


def given(connection: Connection, account: Account) -> frozenset[str] | None:
    """Patients that an account was given; None = it sees all."""
    if account.every_patient:
        return None
    query = select(t.access.c.patient).where(t.access.c.account == account.account)
    return frozenset(connection.execute(query).scalars())


def give(connection: Connection, account: str, patients: Iterable[str]) -> None:
    """Let an account see these patients, and of the others none."""
    connection.execute(delete(t.access).where(t.access.c.account == account))
    for patient in sorted(set(patients)):
        connection.execute(insert(t.access), {"account": account, "patient": patient})


def give_one(connection: Connection, account: Account, patient: str) -> None:
    """Let an account see one more patient, such as the one it has just taken in."""
    if not sees(connection, account, patient):
        connection.execute(insert(t.access), {"account": account.account, "patient": patient})
