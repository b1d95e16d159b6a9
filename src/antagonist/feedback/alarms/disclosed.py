"""What may be shown of alarms and overrides: nothing of fewer than five people, nor by subtraction.

A row is of the people whom its rule concerned; with too few of them the whole row is hidden, and
the next smallest where the sum would give it away. Within a row a count of alarms below the same
least number is hidden too, with another one where the row's sum would tell it.
"""

from __future__ import annotations

from collections.abc import Mapping
from dataclasses import dataclass
from datetime import datetime

from antagonist.feedback.alarms.burden import Burden, BurdenRow
from antagonist.feedback.outcomes.disclosure import (
    ALL,
    hides,
    is_small,
    open_groups,
    shown_table,
)
from antagonist.feedback.overrides import OverrideReport, RuleCount

ANSWERS = ("acknowledged", "overridden", "withdrawn", "open")


@dataclass(frozen=True, slots=True)
class ShownBurdenRow:
    """A rule's alarms as ``BurdenRow``; None = hidden. hours_to_answer: median, 90th centile."""

    alarm: str
    severity: str
    role: str
    patients: int
    shown: int
    answers: Mapping[str, int | None]
    in_time: int | None
    unanswered: int | None
    repeated: int | None
    hours_to_answer: tuple[float | None, float | None]


@dataclass(frozen=True, slots=True)
class ShownBurden:
    """Alarms of a period as they may be shown; None = hidden. hidden_rows: how many rules are."""

    first: datetime
    last: datetime
    rows: tuple[ShownBurdenRow, ...]
    hidden_rows: int
    patients: int | None
    patient_days: float | None
    shown: int | None
    per_100_patient_days: float | None


@dataclass(frozen=True, slots=True)
class ShownRule:
    """A rule's decisions as ``RuleCount``; None = hidden."""

    rule: str
    people: int
    closed: int
    overridden: int | None
    departed: int | None


@dataclass(frozen=True, slots=True)
class ShownOverrides:
    """Overrides by rule as they may be shown. decisions: of all; None = hidden."""

    decisions: int | None
    rules: tuple[ShownRule, ...]
    hidden_rules: int


def shown_burden(found: Burden) -> ShownBurden:
    """Alarms of a period without what is of too few people."""
    sizes = {_name(row): row.patients for row in found.rows}
    may = open_groups(sizes)
    rows = tuple(_burden_row(row) for row in found.rows if _name(row) in may)
    few = is_small(found.patients)
    whole = not few and (not sizes or ALL in may)
    rate = found.per_100_patient_days
    return ShownBurden(
        first=found.first,
        last=found.last,
        rows=rows,
        hidden_rows=len(found.rows) - len(rows),
        patients=None if few else found.patients,
        patient_days=None if few else found.patient_days,
        shown=found.shown if whole else None,
        per_100_patient_days=rate if whole else None,
    )


def _name(row: BurdenRow) -> str:
    return f"{row.alarm}/{row.severity}/{row.role}"


def _burden_row(row: BurdenRow) -> ShownBurdenRow:
    full = {name: int(getattr(row, name)) for name in ANSWERS}
    answers = shown_table({row.alarm: full}).cells[row.alarm]
    answered = row.acknowledged + row.overridden
    few = is_small(answered) or answers["acknowledged"] is None or answers["overridden"] is None
    return ShownBurdenRow(
        alarm=row.alarm,
        severity=row.severity,
        role=row.role,
        patients=row.patients,
        shown=row.shown,
        answers=answers,
        in_time=None
        if answers["acknowledged"] is None or hides(row.in_time, row.acknowledged)
        else row.in_time,
        unanswered=None if hides(row.unanswered, row.shown) else row.unanswered,
        repeated=None if hides(row.repeated, row.shown) else row.repeated,
        hours_to_answer=(None, None) if few else row.hours_to_answer,
    )


def shown_overrides(found: OverrideReport, patients: int) -> ShownOverrides:
    """Overrides by rule without what is of too few people. patients: all on record."""
    may = open_groups({row.rule: row.people for row in found.rules})
    rows = tuple(_rule(row) for row in found.rules if row.rule in may)
    decisions = None if is_small(patients) else found.decisions
    return ShownOverrides(decisions, rows, len(found.rules) - len(rows))


def _rule(row: RuleCount) -> ShownRule:
    overridden = None if hides(row.overridden, row.closed) else row.overridden
    departed = None if is_small(row.departed) else row.departed
    return ShownRule(row.rule, row.people, row.closed, overridden, departed)
