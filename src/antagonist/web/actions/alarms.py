"""Alarms of a patient: raised and withdrawn after each write, answered by people.

Nothing is raised by looking at a page. What time alone raises, such as a missed dose, is raised by
the clinic's check of everybody, which runs at set times.
"""

from __future__ import annotations

from collections.abc import Sequence
from dataclasses import dataclass, replace

from antagonist.feedback.alarms import answers
from antagonist.feedback.alarms.raising import RAISED, WITHDRAWN, evaluate
from antagonist.feedback.database import reading
from antagonist.feedback.events import Event
from antagonist.feedback.history import current
from antagonist.feedback.merging import joined
from antagonist.feedback.state import folded_held
from antagonist.feedback.state_model import AlarmOnRecord
from antagonist.feedback.whole import afterwards
from antagonist.foundation.errors import InputError
from antagonist.web.errors import NotFoundError
from antagonist.web.language import N_
from antagonist.web.logs import LOG
from antagonist.web.texts import reason as reason_of
from antagonist.web.visit import Visit


@dataclass(frozen=True, slots=True)
class Refreshed:
    """Events of alarms that a look at the record wrote."""

    raised: tuple[Event, ...] = ()
    withdrawn: tuple[Event, ...] = ()


def refreshed(visit: Visit, patient: str) -> Refreshed:
    """Raise and withdraw a patient's alarms as of now; called after each write for the patient.

    The program is the author, not the person who wrote. Raises ConflictError where others keep
    writing meanwhile; what was written before stays.
    """
    now = visit.clinic.now().astimezone(visit.clinic.tz)
    written = evaluate(visit.clinic.record, patient, now)
    return Refreshed(
        tuple(event for event in written if event.kind == RAISED),
        tuple(event for event in written if event.kind == WITHDRAWN),
    )


def refreshed_later(visit: Visit, patient: str) -> None:
    """``refreshed`` once what was written is on record; it stays there, whatever becomes of this.

    Where it fails the log says so, and ``Visit.unchecked`` names the patient: no alarm is then not
    the same as none due. The clinic's next check, or the next write for the patient, makes up.
    """
    alone = replace(visit, clinic=visit.clinic.alone)

    def check() -> None:
        try:
            refreshed(alone, patient)
        except Exception as error:
            told = {"request": visit.request_id, "route": visit.route}
            LOG.error("alarms not checked", exc_info=error, extra=told)
            visit.unchecked.append(patient)

    afterwards(visit.clinic.engine, check)


def alarms_of(visit: Visit, patient: str) -> Sequence[AlarmOnRecord]:
    """Every alarm of a patient with what became of it, oldest first."""
    now = visit.clinic.now()
    with reading(visit.clinic.engine) as connection:
        _, written = joined(connection, patient)
    return folded_held(current(written, now), now).alarms


def alarm_of(visit: Visit, patient: str, alarm: str) -> AlarmOnRecord:
    """One alarm of a patient. Raises NotFoundError for one of nobody or of another."""
    found = next((each for each in alarms_of(visit, patient) if each.event_id == alarm), None)
    if found is None:
        raise NotFoundError
    return found


def acknowledge(visit: Visit, patient: str, alarm: str, note: str | None) -> Event:
    """An alarm was seen to. note: what was done. Raises InputError for one that is not open."""
    alarm_of(visit, patient, alarm)
    said = None if note is None else reason_of(note, "note", least=1)
    return answers.acknowledge(visit.clinic.record, alarm, visit.actor, said)


def set_aside(visit: Visit, patient: str, alarm: str, reason: str | None) -> Event:
    """An alarm is set aside for a reason that is kept. Raises InputError without a reason."""
    alarm_of(visit, patient, alarm)
    if reason is None:
        raise InputError("", "reason", None, N_("why the alarm is set aside; it is kept"))
    return answers.override(visit.clinic.record, alarm, visit.actor, reason_of(reason))
