"""Side effects: who had which, how often, by organ system."""

from __future__ import annotations

from collections.abc import Iterable, Mapping, Sequence
from dataclasses import dataclass
from datetime import date

from antagonist.feedback.outcomes.course import Course, Effect
from antagonist.feedback.outcomes.intervals import Rate, rate
from antagonist.feedback.outcomes.rules import number

UNKNOWN = "unknown"
ANY = "any"


@dataclass(frozen=True, slots=True)
class EffectsOf:
    """Side effects of one patient. months: looked at. terms: how often each, by organ system."""

    months: float
    terms: Mapping[str, Mapping[str, int]]

    @property
    def systems(self) -> Mapping[str, int]:
        """Events by organ system."""
        return {system: sum(terms.values()) for system, terms in self.terms.items()}

    @property
    def events(self) -> int:
        """All events."""
        return sum(self.systems.values())

    @property
    def all_rate(self) -> Rate:
        """Events of any kind per 100 patient-months."""
        return rate(self.events, self.months)


def effects_of(course: Course, start: date, end: date) -> EffectsOf:
    """Symptoms that began from ``start`` to ``end``; the same term of one day counts once."""
    here = {(e.on, e.term): e for e in course.effects if start <= e.on <= end}
    found: dict[str, dict[str, int]] = {}
    for effect in here.values():
        terms = found.setdefault(system_of(effect), {})
        terms[effect.term] = terms.get(effect.term, 0) + 1
    return EffectsOf(((end - start).days + 1) / number("month_days"), found)


def system_of(effect: Effect) -> str:
    """Organ system of an effect, ``unknown`` where nobody says."""
    return effect.organ_system or UNKNOWN


@dataclass(frozen=True, slots=True)
class EffectCount:
    """People and events of one organ system, or of ``any``, in a group."""

    people: int
    events: int


def counted(patients: Sequence[EffectsOf]) -> Mapping[str, EffectCount]:
    """People and events by organ system; ``any`` first."""
    systems = sorted({system for patient in patients for system in patient.terms})
    found = {ANY: _count(patient.events for patient in patients)}
    for system in systems:
        found[system] = _count(patient.systems.get(system, 0) for patient in patients)
    return found


def counted_terms(patients: Sequence[EffectsOf]) -> Mapping[tuple[str, str], EffectCount]:
    """People and events by organ system and term."""
    names = sorted({(s, t) for p in patients for s, terms in p.terms.items() for t in terms})
    return {
        (system, term): _count(p.terms.get(system, {}).get(term, 0) for p in patients)
        for system, term in names
    }


def _count(events: Iterable[int]) -> EffectCount:
    each = list(events)
    return EffectCount(sum(n > 0 for n in each), sum(each))
