"""Going on although a decision says otherwise: by whom, why, and how often for each rule."""

from __future__ import annotations

from collections import Counter
from collections.abc import Iterator, Mapping
from dataclasses import dataclass
from datetime import datetime
from typing import Any

from sqlalchemy import Connection, select

from antagonist.feedback import tables as t
from antagonist.feedback.answering import answers_in
from antagonist.feedback.database import reading, writing
from antagonist.feedback.decisions import DECISION
from antagonist.feedback.events import Actor, Event, NewEvent, stamp
from antagonist.feedback.history import all_events, payloads_of
from antagonist.feedback.record import Record, Written, append_in
from antagonist.foundation.errors import InputError

OVERRIDE = "override"
CLOSING = frozenset(("contraindicated", "stop", "defer"))


@dataclass(frozen=True, slots=True)
class RuleCount:
    """What became of one rule's word.

    closed: decisions in which the rule closed or delayed. overridden: those of them with an
    override on record. departed: decisions that went past the rule, a rule of the base text, by a
    departure with two people on record. people: patients of those decisions.
    """

    rule: str
    closed: int
    overridden: int
    departed: int
    people: int


@dataclass(frozen=True, slots=True)
class OverrideReport:
    """Overrides by rule. decisions: all of the time asked for; the denominator of every count."""

    decisions: int
    rules: tuple[RuleCount, ...]


def record_override(
    record: Record, decision: Event, actor: Actor, reason: str, second_person: str
) -> Event:
    """Keep that a decision was gone past, with the reason and the two people who answer for it.

    actor: the first of them, never the program. second_person: somebody else.
    Raises InputError for an event that is no decision of the record, the same person twice, or a
    reason shorter than three characters.
    """
    with writing(record.engine) as connection:
        written = override_in(connection, record, decision, actor, reason, second_person)
    record.keep_head(written.head)
    return written.events[0]


def override_in(
    connection: Connection,
    record: Record,
    decision: Event,
    actor: Actor,
    reason: str,
    second_person: str,
) -> Written:
    """``record_override`` in a transaction that writes more; its caller keeps the head."""
    kept = {e.event_id: e for e in all_events(connection, decision.patient, None)}
    if decision.event_id not in kept or kept[decision.event_id].kind != DECISION:
        raise InputError("override", DECISION, decision.event_id, "a decision of the record")
    if actor.role == "program":
        raise InputError("override", "actor", actor.author, "a person, not the program")
    if not second_person.strip() or _same(second_person, actor.author):
        allowed = f"somebody other than {actor.author}"
        raise InputError("override", "second_person", second_person, allowed)
    payload = {"decision": decision.event_id, "reason": reason, "second_person": second_person}
    new = NewEvent(OVERRIDE, record.clock(), payload)
    return append_in(connection, record, decision.patient, [new], actor)


def _same(one: str, other: str) -> bool:
    return one.strip().casefold() == other.strip().casefold()


def overrides_by_rule(
    record: Record, first: datetime | None = None, until: datetime | None = None
) -> OverrideReport:
    """Decisions, overrides and departures for each rule, most often closed first.

    first, until: aware; decisions made from ``first`` on and before ``until``. What was corrected
    or taken back does not count.
    """
    taken_back, overridden = _taken_back(record), set[str]()
    for event_id, payload in _payloads(record, OVERRIDE):
        if event_id not in taken_back and payload.get(DECISION) is not None:
            overridden.add(payload[DECISION])
    decisions, patient_of = 0, _patients(record)
    counts: dict[str, Counter[str]] = {}
    people: dict[str, set[str]] = {}
    for event_id, payload in _payloads(record, DECISION, first, until):
        if event_id in taken_back:
            continue
        decisions += 1
        closing, departed = _rules(payload["result"])
        for rule in closing | departed:
            people.setdefault(rule, set()).add(patient_of[event_id])
        for rule in closing:
            counts.setdefault(rule, Counter())["closed"] += 1
            counts[rule]["overridden"] += event_id in overridden
        for rule in departed:
            counts.setdefault(rule, Counter())["departed"] += 1
    rows = [
        RuleCount(rule, c["closed"], c["overridden"], c["departed"], len(people[rule]))
        for rule, c in counts.items()
    ]
    return OverrideReport(decisions, tuple(sorted(rows, key=lambda r: (-r.closed, r.rule))))


def _rules(result: Mapping[str, Any]) -> tuple[set[str], set[str]]:
    """Rules that closed or delayed a decision, each once, and those it departed from."""
    closing, departed = set[str](), set[str]()
    for answer in answers_in(result):
        departure = answer.get("departure")
        gone = set(departure["rules"]) if departure and departure["accepted"] else set()
        departed |= gone
        closing |= {
            reason["rule"]
            for reason in answer["reasons"]
            if reason["severity"] in CLOSING and reason["rule"] not in gone
        }
    return closing, departed


def _taken_back(record: Record) -> frozenset[str]:
    query = select(t.events.c.corrects).where(t.events.c.corrects.is_not(None))
    with reading(record.engine) as connection:
        return frozenset(row[0] for row in connection.execute(query))


def _patients(record: Record) -> Mapping[str, str]:
    """Patient of each decision."""
    query = select(t.events.c.event_id, t.events.c.patient).where(t.events.c.kind == DECISION)
    with reading(record.engine) as connection:
        return {row.event_id: row.patient for row in connection.execute(query)}


def _payloads(
    record: Record, kind: str, first: datetime | None = None, until: datetime | None = None
) -> Iterator[tuple[str, dict[str, Any]]]:
    """Id and payload of every event of a kind that happened within two times."""
    where = []
    if first is not None:
        where.append(t.events.c.occurred_at >= stamp(first))
    if until is not None:
        where.append(t.events.c.occurred_at < stamp(until))
    return payloads_of(record.engine, kind, *where)
