"""What a clinic has on record and in its own tables, counted."""

from __future__ import annotations

from sqlalchemy import func, select
from tests.support.clinics import OpenClinic

from antagonist.feedback import tables as r
from antagonist.feedback.database import reading
from antagonist.web.accounts import tables as t

COUNTED = (
    r.events, r.patients, t.accounts, t.access, t.approvals, t.challenges, t.done, t.tokens,
)  # fmt: skip


def counts(clinic: OpenClinic) -> dict[str, int]:
    """Rows of each table that a request may write to, audit and limits apart."""
    with reading(clinic.clinic.engine) as connection:
        return {
            table.name: connection.execute(select(func.count()).select_from(table)).scalar_one()
            for table in COUNTED
        }
