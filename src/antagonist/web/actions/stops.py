"""Whose treatment was ended, and when last."""

from __future__ import annotations

from collections.abc import Mapping

from sqlalchemy import Connection, func, select

from antagonist.feedback import tables as r

ENDED = "treatment_stop"


def stopped_at(connection: Connection) -> Mapping[str, str]:
    """When the treatment of each was last ended, as the record writes times; no history is read.

    A dose after it has begun treatment anew.
    """
    events, again = r.events.c, r.events.alias()
    gone = select(again.c.event_id).where(again.c.corrects == events.event_id)
    query = (
        select(events.patient, func.max(events.occurred_at))
        .where(events.kind == ENDED)
        .where(~gone.where(again.c.patient == events.patient).exists())
        .group_by(events.patient)
    )
    return {patient: str(at) for patient, at in connection.execute(query)}
