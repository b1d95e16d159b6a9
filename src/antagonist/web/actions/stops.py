"""Whose treatment was ended, and when last."""

from __future__ import annotations

from collections.abc import Mapping

from sqlalchemy import Connection, func, select

from antagonist.feedback import tables as r
from antagonist.feedback.history import uncorrected

ENDED = "treatment_stop"


def stopped_at(connection: Connection) -> Mapping[str, str]:
    """When the treatment of each was last ended, as the record writes times; no history is read.

    A dose after it has begun treatment anew.
    """
    events = r.events.c
    query = (
        select(events.patient, func.max(events.occurred_at))
        .where(events.kind == ENDED, uncorrected())
        .group_by(events.patient)
    )
    return {patient: str(at) for patient, at in connection.execute(query)}
