"""Raising alarms from a record and withdrawing those whose cause was corrected."""

from __future__ import annotations

from collections.abc import Mapping, Sequence
from datetime import datetime, tzinfo
from typing import Any

from antagonist.feedback.alarms.deciding import facts_kept, outcome
from antagonist.feedback.alarms.judging import (
    Alarm,
    Judgement,
    causes_in,
    judged,
    record_facts,
    standing_alarms,
)
from antagonist.feedback.alarms.known import FoundFacts, events_of, zoned
from antagonist.feedback.alarms.modelled import Model, model_figures, modelled_facts
from antagonist.feedback.alarms.rules import AlarmBook, alarm_book
from antagonist.feedback.database import reading, writing
from antagonist.feedback.decisions import DECISION, decision_payload
from antagonist.feedback.events import Actor, Event, NewEvent
from antagonist.feedback.history import current
from antagonist.feedback.merging import MERGED, UNMERGED, joined
from antagonist.feedback.record import ConflictError, Record, append_in
from antagonist.feedback.state import folded_held
from antagonist.feedback.state_model import PatientState

RAISED, WITHDRAWN = "alarm_raised", "alarm_withdrawn"
ACKNOWLEDGED, OVERRIDDEN = "alarm_acknowledged", "alarm_overridden"
ABOUT_ALARMS = frozenset((RAISED, WITHDRAWN, ACKNOWLEDGED, OVERRIDDEN))
PROGRAM = Actor("antagonist", "program", "alarms")
TRIES = 5


def evaluate(
    record: Record,
    patient: str,
    at: datetime,
    actor: Actor = PROGRAM,
    *,
    model: Model = model_figures,
) -> tuple[Event, ...]:
    """Raise and withdraw a patient's alarms as of a moment; gives the events that were written.

    at: aware, in the clinic's IANA zone, not in the future; days count by it. What is new since
    the last time raises alarms, each once for its cause; an alarm whose cause was corrected,
    taken back or filled in later is withdrawn. Together with alarms a decision is written: rules
    and facts. Nothing new writes nothing.
    Raises InputError for a time without zone; ConflictError where others keep writing meanwhile.
    """
    at, _ = zoned(at)
    for _ in range(TRIES - 1):
        try:
            return _evaluated(record, patient, at, actor, model)
        except ConflictError:
            continue
    return _evaluated(record, patient, at, actor, model)


def _evaluated(
    record: Record, patient: str, at: datetime, actor: Actor, model: Model
) -> tuple[Event, ...]:
    with reading(record.engine) as connection:
        patient, written = joined(connection, patient)
    if not written:
        return ()
    seen = max(event.n for event in written if event.patient == patient)
    book = alarm_book(at.date())
    held = current(written)
    gone = _corrected(written, held, at, model)
    open_or_answered = _not_withdrawn(held, {alarm.event_id for alarm, _ in gone})
    raised = {
        rule: frozenset().union(*(causes_in(e.payload["key"]) for e in events))
        for rule, events in open_or_answered.items()
    }
    found = judged(current(written, at), at, book, raised, model)
    if not gone and not found.new:
        return ()
    new = [_withdrawal(alarm, because, at) for alarm, because in gone]
    new += [_raising(alarm, at) for alarm in found.new]
    with writing(record.engine) as connection:
        if found.new:
            decision = _decision(found, at, book, raised)
            payload = decision_payload(connection, "alarm", rules_hash=book.hash, **decision)
            new.append(NewEvent(DECISION, at, payload))
        done = append_in(connection, record, patient, new, actor, expected=seen)
    record.keep_head(done.head)
    return done.events


def _not_withdrawn(held: Sequence[Event], gone: set[str]) -> dict[str, list[Event]]:
    """Alarms raised and not withdrawn, by rule."""
    away = gone | {e.payload["alarm"] for e in held if e.kind == WITHDRAWN}
    found: dict[str, list[Event]] = {}
    for event in held:
        if event.kind == RAISED and event.event_id not in away:
            found.setdefault(event.payload["alarm"], []).append(event)
    return found


def _corrected(
    written: Sequence[Event], held: Sequence[Event], at: datetime, model: Model
) -> list[tuple[Event, Event]]:
    """Alarms that what was written after them takes the cause from, each with the event that did.

    Only a correction, or an event that had happened before the alarm, can do so.
    """
    found = []
    past = _Past(written, at.tzinfo, model)
    for alarms in _not_withdrawn(held, set()).values():
        for alarm in alarms:
            later = [event for event in written if _touches(event, alarm)]
            if later and not past.stands(alarm):
                found.append((alarm, _because(alarm, later)))
    return sorted(found, key=lambda pair: pair[0].n)


def _touches(event: Event, alarm: Event) -> bool:
    if event.kind in ABOUT_ALARMS or event.kind == DECISION or not _later(event, alarm):
        return False
    if event.kind in (MERGED, UNMERGED):
        return True
    return event.corrects is not None or event.occurred_at < alarm.occurred_at


def _later(event: Event, alarm: Event) -> bool:
    if event.patient == alarm.patient:
        return event.n > alarm.n
    return event.recorded_at > alarm.recorded_at


class _Past:
    """What is known now of earlier moments. Alarms of one evaluation share their moment."""

    def __init__(self, written: Sequence[Event], tz: tzinfo | None, model: Model) -> None:
        self._written, self._tz, self._model = written, tz, model
        self._facts: dict[datetime, tuple[FoundFacts, PatientState]] = {}

    def stands(self, alarm: Event) -> bool:
        """Whether what is known now of the time up to an alarm would raise it on its cause."""
        then = alarm.occurred_at.astimezone(self._tz)
        book, name = alarm_book(then.date()), alarm.payload["alarm"]
        if name not in book.rules:
            return True  # a rule of other data than this process's: nothing speaks against it
        facts, state = self._known(then, book)
        found = standing_alarms(facts, then, book, [name]).get(name)
        if found is None:
            facts = {**facts, **modelled_facts(state, then, self._model)}
            found = standing_alarms(facts, then, book, [name]).get(name)
        return found is not None and causes_in(alarm.payload["key"]) <= frozenset(found.causes)

    def _known(self, then: datetime, book: AlarmBook) -> tuple[FoundFacts, PatientState]:
        if then not in self._facts:
            events = current(self._written, then)
            state = folded_held(events, then)
            self._facts[then] = record_facts(state, events, then, book), state
        return self._facts[then]


def _because(alarm: Event, later: Sequence[Event]) -> Event:
    """The event that corrected a cause; else the last one that was written."""
    direct = [event for event in later if event.corrects in alarm.payload["cause"]]
    return (direct or list(later))[-1]


def _withdrawal(alarm: Event, because: Event, at: datetime) -> NewEvent:
    return NewEvent(WITHDRAWN, at, {"alarm": alarm.event_id, "because": because.event_id})


def _raising(alarm: Alarm, at: datetime) -> NewEvent:
    payload = {
        "alarm": alarm.rule.id,
        "cause": list(events_of(alarm.causes)),
        "key": alarm.key,
        "severity": alarm.rule.severity,
        "facts": facts_kept(alarm),
        "act": alarm.rule.id,
        "who": alarm.rule.act.role,
        "by": alarm.by.isoformat(),
    }
    return NewEvent(RAISED, at, payload)


def _decision(
    found: Judgement, at: datetime, book: AlarmBook, raised: Mapping[str, frozenset[str]]
) -> dict[str, Any]:
    """What an alarm's decision keeps: all that ``decided`` needs."""
    read = {name for step in book.graph.steps for name in step.facts}
    read |= {name for rule in book.rules.values() for name in rule.shows}
    facts = {
        name: {"fact": list(entry.fact), "causes": list(entry.causes)}
        for name, entry in sorted(found.facts.items())
        if name in read and entry.fact.value != float("inf")
    }
    return {
        "asked": {"at": at.isoformat(), "timezone": str(at.tzinfo)},
        "inputs": {
            "facts": facts,
            "raised": {name: sorted(causes) for name, causes in sorted(raised.items())},
        },
        "result": {"alarms": [outcome(alarm) for alarm in found.new]},
    }
