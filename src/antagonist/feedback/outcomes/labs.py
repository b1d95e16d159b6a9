"""Liver tests: CTCAE grades against the value before treatment, and candidates for Hy's law."""

from __future__ import annotations

from collections.abc import Mapping, Sequence
from dataclasses import dataclass
from datetime import date, datetime
from typing import Literal, NamedTuple

from antagonist.feedback.outcomes.rules import Baseline, number, outcome_rules, whole
from antagonist.feedback.state_model import PatientState, Statement
from antagonist.label.facts import fact_types

LIVER = ("alt", "ast", "bilirubin")
PHOSPHATASE = "alkaline_phosphatase"
Cholestasis = Literal["below", "not_below", "not_on_record"]


class Value(NamedTuple):
    """A laboratory value over its upper limit of normal (ULN); None where the limit is unknown."""

    on: date
    xuln: float | None


Laboratory = Mapping[str, tuple[Value, ...]]


@dataclass(frozen=True, slots=True)
class LabGrade:
    """The worst grade of a test on treatment.

    tests: values on treatment with a known limit. ungraded: without one. baseline: kind of the
    value before treatment, ``unknown`` where there is none (graded as normal).
    worst_xuln: the highest value on treatment. grade: 0 = none; None without a value.
    """

    test: str
    tests: int
    ungraded: int
    baseline: Literal["normal", "raised", "unknown"]
    baseline_xuln: float | None
    worst_xuln: float | None
    grade: int | None
    on: date | None


@dataclass(frozen=True, slots=True)
class HyCandidate:
    """Transaminase and bilirubin over their lines together; other causes are for a person.

    alkaline_phosphatase: whether below twice its upper limit about then, as the rule asks. Where it
    is not below there is no candidate; where it is not on record there may be one.
    """

    on: date
    transaminase_xuln: float
    bilirubin_xuln: float
    alkaline_phosphatase: Cholestasis = "not_on_record"


@dataclass(frozen=True, slots=True)
class Liver:
    """Grades by test, and the first candidate for Hy's law, None where there is none.

    hy_looked_at: whether both kinds of test are there on treatment, close enough together.
    """

    grades: tuple[LabGrade, ...]
    hy_candidate: HyCandidate | None
    hy_looked_at: bool


def laboratory(state: PatientState, at: datetime) -> Laboratory:
    """Liver tests of the record, oldest first, by test."""
    return {
        name: tuple(sorted(_value(name, said, at) for said in state.facts.get(name, ())))
        for name in (*LIVER, PHOSPHATASE)
    }


def _value(name: str, said: Statement, at: datetime) -> Value:
    stated = said.entry.get("date")
    on = said.at.astimezone(at.tzinfo).date()
    if isinstance(stated, str) and len(stated) == len("2026-01-01"):
        on = date.fromisoformat(stated)
    limit, unit = said.entry.get("upper_limit"), said.entry.get("unit")
    known = unit is None or fact_types()[name].factor(unit) is not None
    return Value(on, float(said.value) / float(limit) if limit and known else None)


def liver(labs: Laboratory, start: date, last: date) -> Liver:
    """Liver outcomes of a treatment. start: of it. last: day up to which values count."""
    graded = tuple(_grade(name, labs.get(name, ()), start, last) for name in LIVER)
    pairs = _pairs(labs, start, last)
    over = [p for p in pairs if _is_candidate(p)]
    return Liver(graded, min(over, key=lambda p: p.on, default=None), bool(pairs))


def grade_of(test: str, xuln: float, baseline_xuln: float | None) -> int:
    """CTCAE grade, 0 for none. baseline_xuln: before treatment; None = taken as normal."""
    raised = baseline_xuln is not None and baseline_xuln > 1
    kind: Baseline = "raised" if raised else "normal"
    value = xuln / baseline_xuln if raised and baseline_xuln is not None else xuln
    limits = outcome_rules().ctcae.above[test][kind]
    # the lowest limit of a raised baseline of ALT and AST belongs to its grade ('1.5-3')
    included = raised and limits[0] > 1 and value == limits[0]
    return max(sum(value > limit for limit in limits), int(included))


def _grade(name: str, values: Sequence[Value], start: date, last: date) -> LabGrade:
    before = [v.xuln for v in values if v.on <= start and v.xuln is not None]
    during = [v for v in values if start < v.on <= last]
    known = [v for v in during if v.xuln is not None]
    base = before[-1] if before else None
    kind: Literal["normal", "raised", "unknown"] = "unknown"
    if base is not None:
        kind = "raised" if base > 1 else "normal"
    worst = max(known, key=lambda v: v.xuln or 0.0, default=None)
    return LabGrade(
        name, len(known), len(during) - len(known), kind, base,
        None if worst is None else worst.xuln,
        None if worst is None or worst.xuln is None else grade_of(name, worst.xuln, base),
        None if worst is None else worst.on,
    )  # fmt: skip


def _pairs(labs: Laboratory, start: date, last: date) -> list[HyCandidate]:
    """Every transaminase with every bilirubin of about the same time, on treatment."""
    apart = whole("hy_together_days")

    def during(*names: str) -> list[tuple[date, float]]:
        return [
            (v.on, v.xuln)
            for name in names
            for v in labs.get(name, ())
            if start < v.on <= last and v.xuln is not None
        ]

    phosphatase = during(PHOSPHATASE)
    return [
        HyCandidate(max(day, other), enzyme, bilirubin, _phosphatase(max(day, other), phosphatase))
        for day, enzyme in during("alt", "ast")
        for other, bilirubin in during("bilirubin")
        if abs((day - other).days) <= apart
    ]


def _phosphatase(on: date, values: Sequence[tuple[date, float]]) -> Cholestasis:
    """What alkaline phosphatase was about a day; the highest value counts."""
    apart = whole("hy_together_days")
    near = [xuln for day, xuln in values if abs((day - on).days) <= apart]
    if not near:
        return "not_on_record"
    return "below" if max(near) < number("hy_phosphatase_xuln") else "not_below"


def _is_candidate(pair: HyCandidate) -> bool:
    if pair.alkaline_phosphatase == "not_below":
        return False
    high = pair.transaminase_xuln > number("hy_transaminase_xuln")
    return high and pair.bilirubin_xuln > number("hy_bilirubin_xuln")
