"""Which alarms stand for a patient at a moment, and what each rests on."""

from __future__ import annotations

import math
from collections.abc import Mapping, Sequence
from dataclasses import dataclass, field
from datetime import datetime, timedelta

from antagonist.feedback.alarms.clinical import (
    after_stop,
    graded_signs,
    opioid_since,
    pregnancy,
    score_facts,
    stated_facts,
    urine_found,
    use_facts,
)
from antagonist.feedback.alarms.course import course_facts
from antagonist.feedback.alarms.known import Found, FoundFacts
from antagonist.feedback.alarms.modelled import (
    BLOCKED,
    ENDED,
    MODELLED,
    Model,
    modelled_facts,
)
from antagonist.feedback.alarms.rules import AlarmBook, AlarmRule
from antagonist.feedback.events import Event
from antagonist.feedback.state import folded_held
from antagonist.feedback.state_model import PatientState
from antagonist.label.conditions.explain import FactUse, deciding, used
from antagonist.label.facts import Fact

Raised = Mapping[str, frozenset[str]]
"""Causes on which each alarm was raised before, by rule; a withdrawn alarm's do not count."""


@dataclass(frozen=True, slots=True)
class Alarm:
    """An alarm that stands. causes: as in ``Found``. facts: what decided, and what is shown."""

    rule: AlarmRule
    causes: tuple[str, ...]
    facts: tuple[FactUse, ...]
    by: datetime

    @property
    def key(self) -> str:
        """The same key is the same alarm."""
        return f"{self.rule.id}|{','.join(sorted(self.causes))}"


@dataclass(frozen=True)
class Judgement:
    """Alarms that are new, and the facts they were judged on."""

    new: tuple[Alarm, ...]
    facts: FoundFacts = field(default_factory=dict)


def causes_in(key: str) -> frozenset[str]:
    """The causes that an alarm's key names."""
    return frozenset(key.split("|", 1)[1].split(","))


def record_facts(
    state: PatientState, events: Sequence[Event], at: datetime, book: AlarmBook
) -> dict[str, Found]:
    """Facts of a record, without those of the model.

    events: that hold. at: aware, in the clinic's zone.
    """
    facts = stated_facts(state, at)
    for name, sign in graded_signs(state, book.signs, at).items():
        facts[name] = _newer(facts.get(name), sign)
    course = course_facts(state, events, at)
    facts |= pregnancy(facts) | score_facts(state, at) | use_facts(state, at) | course
    recent = course.get("naltrexone_last_7_days")
    facts |= urine_found(state, at, on_naltrexone=bool(recent.fact.value) if recent else None)
    facts |= opioid_since(state, facts, at)
    stop = state.latest.get("treatment_stop")
    stopped = stop.at if stop is not None and state.on_treatment is False else None
    return facts | after_stop(state, stopped, at)


def _newer(one: Found | None, other: Found) -> Found:
    if one is None or (one.fact.age_h or 0.0) >= (other.fact.age_h or 0.0):
        return other
    return one


def judged(
    events: Sequence[Event], at: datetime, book: AlarmBook, raised: Raised, model: Model
) -> Judgement:
    """New alarms of a patient.

    events: that hold. raised: what was raised before. The model is asked only where its answer
    can raise an alarm, or is shown beside one.
    """
    state = folded_held(events, at)
    facts = record_facts(state, events, at, book)
    new = new_alarms(facts, at, book, raised)
    if _model_decides(_ids(new), facts, at, book, raised):
        facts |= modelled_facts(state, at, model)
        new = new_alarms(facts, at, book, raised)
    shown = {name for alarm in new for name in alarm.rule.shows}
    if shown & MODELLED and BLOCKED not in facts:
        facts |= modelled_facts(state, at, model)
        new = new_alarms(facts, at, book, raised)
    return Judgement(new, facts)


def _model_decides(
    without: set[str], facts: FoundFacts, at: datetime, book: AlarmBook, raised: Raised
) -> bool:
    """Whether some answer of the model would change which alarms are new.

    without: rules whose alarms are new without it.
    """
    for blocked in (True, False):
        supposed = {
            BLOCKED: Found(Fact(blocked, 0.0), ()),
            ENDED: Found(Fact(not blocked, 0.0), ()),
        }
        if _ids(new_alarms({**facts, **supposed}, at, book, raised)) != without:
            return True
    return False


def _ids(alarms: Sequence[Alarm]) -> set[str]:
    return {alarm.rule.id for alarm in alarms}


def new_alarms(
    facts: FoundFacts, at: datetime, book: AlarmBook, raised: Raised
) -> tuple[Alarm, ...]:
    """Alarms whose cause is new, without those that another says better; the gravest first."""
    standing = standing_alarms(facts, at, book)
    return tuple(
        alarm
        for alarm in standing.values()
        if not _said(alarm.causes, alarm.rule.id, raised)
        and not any(
            other in standing or _said(alarm.causes, other, raised) for other in alarm.rule.unless
        )
    )


def _said(causes: Sequence[str], rule: str, raised: Raised) -> bool:
    return frozenset(causes) <= raised.get(rule, frozenset())


def standing_alarms(
    facts: FoundFacts, at: datetime, book: AlarmBook, names: Sequence[str] | None = None
) -> dict[str, Alarm]:
    """Alarms whose condition is true, new or not, by rule, in the order of the file.

    names: rules to look at; None = all. One that no event caused is none.
    """
    plain = {name: entry.fact for name, entry in facts.items()}
    wanted = tuple(names if names is not None else book.rules)
    results = book.single.results(plain, wanted)
    found: dict[str, Alarm] = {}
    for name in wanted:
        if results[book.graph.roots[name]] is True:
            rule = book.rules[name]
            decided = deciding(book.graph, name, plain, results)
            causes = _causes(rule, decided, facts)
            if causes:
                uses = (*decided, *_shown(rule, decided, plain))
                by = at + timedelta(hours=rule.act.within_h)
                found[name] = Alarm(rule, causes, uses, by)
    return found


def _causes(rule: AlarmRule, decided: Sequence[FactUse], facts: FoundFacts) -> tuple[str, ...]:
    names = [use.fact for use in decided if not rule.key or use.fact in rule.key]
    given = (cause for name in names if name in facts for cause in facts[name].causes)
    return tuple(dict.fromkeys(given))


def _shown(rule: AlarmRule, decided: Sequence[FactUse], facts: Mapping[str, Fact]) -> list[FactUse]:
    """Facts kept beside those that decided: known ones, with a value that can be written."""
    seen = {use.fact for use in decided}
    return [
        used(name, fact, None)
        for name in rule.shows
        if name not in seen and (fact := facts.get(name)) is not None and _finite(fact.value)
    ]


def _finite(value: object) -> bool:
    return not isinstance(value, float) or math.isfinite(value)
