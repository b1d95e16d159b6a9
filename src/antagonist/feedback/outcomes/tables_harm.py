"""Rows of a program's report on harm: side effects and liver."""

from __future__ import annotations

from collections.abc import Mapping, Sequence
from functools import partial

from antagonist.feedback.outcomes.effects import ANY, counted, counted_terms
from antagonist.feedback.outcomes.grouping import Groups, categories, shares, shown_groups
from antagonist.feedback.outcomes.intervals import rate
from antagonist.feedback.outcomes.labs import LIVER
from antagonist.feedback.outcomes.patient import Measured
from antagonist.feedback.outcomes.programme_model import EffectRow, HyRow, LiverRow

GRADES = ("0", "1", "2", "3", "4")
NOT_TESTED = "not_tested"


def effect_rows(groups: Groups) -> tuple[EffectRow, ...]:
    """Side effects by organ system and term, by group."""
    open_ = shown_groups(groups)
    everybody = [p.outcomes.effects for each in groups.values() for p in each if p.outcomes.effects]
    keys: list[tuple[str, str | None]] = [(system, None) for system in counted(everybody)]
    keys += list(counted_terms(everybody))
    return tuple(
        row
        for system, term in sorted(keys, key=lambda k: (k[0] != ANY, k[0], k[1] or ""))
        for row in _effect(groups, open_, system, term)
    )


def _effect(
    groups: Groups, open_: Mapping[str, Sequence[Measured]], system: str, term: str | None
) -> list[EffectRow]:
    def events(patient: Measured) -> int:
        found = patient.outcomes.effects
        assert found is not None
        if system == ANY:
            return found.events
        terms = found.terms.get(system, {})
        return sum(terms.values()) if term is None else terms.get(term, 0)

    told = shares(groups, lambda p: events(p) > 0, exact=True, sums_first=True)
    rows = []
    for name, patients in open_.items():
        people = told[name][0]
        months = sum(p.outcomes.effects.months for p in patients if p.outcomes.effects)
        made = rate(sum(map(events, patients)), months) if people is not None else None
        rows.append(EffectRow(name, system, term, people, made))
    return rows


def liver_rows(groups: Groups) -> tuple[LiverRow, ...]:
    """Worst grades by test and group; who was not tested is counted apart."""
    rows = []
    for test in LIVER:
        table = categories(groups, partial(_grade, test=test), (*GRADES, NOT_TESTED))
        for name, patients in shown_groups(groups).items():
            missing = table.count(name, NOT_TESTED)
            tested = None if missing is None else len(patients) - missing
            grades = {g: table.count(name, g) for g in GRADES}
            rows.append(LiverRow(name, test, tested, grades, missing))
    return tuple(rows)


def _grade(patient: Measured, test: str) -> str:
    assert patient.outcomes.liver is not None
    found = next(g for g in patient.outcomes.liver.grades if g.test == test)
    return NOT_TESTED if found.grade is None else str(found.grade)


def hy_rows(groups: Groups) -> tuple[HyRow, ...]:
    """Candidates for Hy's law, of people with both tests close together."""

    def candidate(patient: Measured) -> bool | None:
        found = patient.outcomes.liver
        assert found is not None
        return found.hy_candidate is not None if found.hy_looked_at else None

    told = shares(groups, candidate, exact=True)
    shown = shown_groups(groups)
    return tuple(HyRow(name, *told[name]) for name in told if name in shown)
