"""What people answer to an alarm: seen to, or set aside with a reason."""

from __future__ import annotations

from sqlalchemy import select

from antagonist.feedback import tables as t
from antagonist.feedback.alarms.raising import ACKNOWLEDGED, OVERRIDDEN, RAISED
from antagonist.feedback.database import writing
from antagonist.feedback.events import Actor, Event, NewEvent
from antagonist.feedback.merging import joined
from antagonist.feedback.record import Record, append_in
from antagonist.feedback.state import folded
from antagonist.feedback.state_model import AlarmStatus
from antagonist.foundation.errors import InputError


def acknowledge(record: Record, alarm: str, actor: Actor, note: str | None = None) -> Event:
    """An alarm was seen to. alarm: id of its event.

    Raises InputError for an alarm that is not on record, or is answered or withdrawn already.
    """
    payload = {"alarm": alarm} | ({"note": note} if note is not None else {})
    return _answer(record, alarm, actor, ACKNOWLEDGED, payload, ("open",))


def override(record: Record, alarm: str, actor: Actor, reason: str) -> Event:
    """An alarm is set aside, with a reason that is kept; also one that was seen to before.

    Raises InputError for an alarm that is not on record, or is set aside or withdrawn already.
    """
    payload = {"alarm": alarm, "reason": reason}
    return _answer(record, alarm, actor, OVERRIDDEN, payload, ("open", "acknowledged"))


def _answer(
    record: Record, alarm: str, actor: Actor, kind: str, payload: dict[str, str],
    may_be: tuple[AlarmStatus, ...],
) -> Event:  # fmt: skip
    with writing(record.engine) as connection:
        query = select(t.events.c.patient).where(t.events.c.event_id == alarm)
        row = connection.execute(query.where(t.events.c.kind == RAISED)).first()
        if row is None:
            raise InputError("alarms", "alarm", alarm, "the id of an alarm on record")
        now = record.clock()
        state = folded(joined(connection, row[0])[1], now)
        found = next((a for a in state.alarms if a.event_id == alarm), None)
        if found is None or found.status not in may_be:
            status = "taken back" if found is None else found.status
            allowed = f"an alarm that is {' or '.join(may_be)}; this one is {status}"
            raise InputError("alarms", "alarm", alarm, allowed)
        event = NewEvent(kind, now, payload)
        written = append_in(connection, record, row[0], [event], actor)
    record.keep_head(written.head)
    return written.events[0]
