"""Tables that are made from events: dropped and written anew, they come out the same."""

from __future__ import annotations

from zoneinfo import ZoneInfo

from sqlalchemy import delete, func, insert, select

from antagonist.feedback import tables as t
from antagonist.feedback import today
from antagonist.feedback.database import writing
from antagonist.feedback.record import Record


def rebuild(record: Record, tz: ZoneInfo = today.UTC_ZONE) -> int:
    """Write every derived table anew from the events; gives the number of patients.

    tz: zone whose days count where a plan names none. A record that does not verify is not mended
    by this: the ends of the chains are taken as the events have them.
    """
    last = (
        select(t.events.c.patient, func.max(t.events.c.n).label("events"))
        .group_by(t.events.c.patient)
        .subquery()
    )
    ends = select(last.c.patient, last.c.events, t.events.c.hash).join(
        t.events,
        (t.events.c.patient == last.c.patient) & (t.events.c.n == last.c.events),
    )
    with writing(record.engine) as connection:
        connection.execute(delete(t.patients))
        names = [t.patients.c.patient, t.patients.c.events, t.patients.c.head]
        connection.execute(insert(t.patients).from_select(names, ends))
    return today.rebuild(record, tz)
