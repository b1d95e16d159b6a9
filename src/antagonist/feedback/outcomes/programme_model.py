"""Outcomes of a program: what a report shows, small groups hidden. None = hidden or not known."""

from __future__ import annotations

from collections.abc import Mapping
from dataclasses import dataclass
from datetime import datetime

from antagonist.feedback.outcomes.blocked import Expected
from antagonist.feedback.outcomes.intervals import Interval, Rate, Share
from antagonist.feedback.outcomes.ratings import RatingSummary
from antagonist.feedback.outcomes.survival import Curve
from antagonist.pharmacology.results import Threshold


@dataclass(frozen=True, slots=True)
class Mean:
    """Mean over patients with Student's 95 % interval. n: patients; None = hidden."""

    n: int | None
    interval: Interval | None


@dataclass(frozen=True, slots=True)
class Group:
    """People of a group. endings: how treatment ended, people by ending."""

    group: str
    people: int
    endings: Mapping[str, int | None]


@dataclass(frozen=True, slots=True)
class CoverageRow:
    """Days covered of a group on one basis: means over patients; share at 80 % or more."""

    group: str
    basis: str
    ignored: Mean
    taken_out: Mean
    covered: Mean
    with_ceiling: Mean
    at_least_80: Share | None


@dataclass(frozen=True, slots=True)
class BlockedRow:
    """Hours blocked of a group. n: people it is of; None = hidden.

    whole, in_treatment: mean over patients, with the 90 % interval over draws of what nobody knows
    of all of them (structure, typical values, study) and of who took what. quartiles: of patients'
    own expectations. without_model: people whose product has no published levels; None = hidden.
    """

    group: str
    n: int | None
    whole: Expected
    in_treatment: Expected
    quartiles: tuple[float, float, float]
    without_model: int | None


@dataclass(frozen=True, slots=True)
class RetentionRow:
    """Curves of a group. competing: by ending that is not hidden. by_gap: share still in
    treatment on ``by_gap_day`` where another gap by mouth counts as drop-out, by gap in days.
    """

    group: str
    curve: Curve
    competing: Mapping[str, Curve]
    by_gap: Mapping[int, Interval]
    by_gap_day: int


@dataclass(frozen=True, slots=True)
class InjectionRow:
    """Share with injection n in time, of those with a first; None = hidden."""

    n: int
    reached: Share | None


@dataclass(frozen=True, slots=True)
class UrineCounts:
    """Scheduled urine tests of a group, added up."""

    scheduled: int
    negative: int
    positive: int
    unclear: int
    missing: int


@dataclass(frozen=True, slots=True)
class RelapseRow:
    """Relapse by one rule, of people of whom it can be told; None = hidden.

    on_evidence: of all people, those of whom what was seen or said shows it, missing tests left
    aside. not_told: people of whom the record does not tell enough.
    """

    rule: str
    found: Share | None
    on_evidence: Share | None
    not_told: int | None


@dataclass(frozen=True, slots=True)
class OpioidRow:
    """Opioid outcomes of a group: means of patients' shares, and tests added up.

    n: people it is of; None = hidden.
    """

    group: str
    n: int | None
    abstinent_weeks: Mean
    response: Mean
    urine_worst: Mean
    urine_observed: Mean
    urine_best: Mean
    tests: UrineCounts
    relapse: tuple[RelapseRow, ...]


@dataclass(frozen=True, slots=True)
class HeavyRow:
    """Heavy days by one definition: means of patients' shares of days.

    none_after_grace: of those of whom it can be told. not_told: the others.
    """

    rule: str
    n: int | None
    worst: Mean
    observed: Mean
    best: Mean
    none_after_grace: Share | None
    not_told: int | None


@dataclass(frozen=True, slots=True)
class AlcoholRow:
    """Alcohol outcomes of a group. n: people it is of; None = hidden."""

    group: str
    n: int | None
    abstinent_worst: Mean
    abstinent_observed: Mean
    heavy: tuple[HeavyRow, ...]


@dataclass(frozen=True, slots=True)
class EffectRow:
    """Side effects of an organ system (term None) or of one term, in a group; None = hidden."""

    group: str
    system: str
    term: str | None
    people: Share | None
    rate: Rate | None


@dataclass(frozen=True, slots=True)
class LiverRow:
    """Worst grades of a test in a group: people by grade 0 to 4, and those not tested."""

    group: str
    test: str
    tested: int | None
    grades: Mapping[str, int | None]
    not_tested: int | None


@dataclass(frozen=True, slots=True)
class HyRow:
    """Candidates for Hy's law in a group, of those with both tests; None = hidden."""

    group: str
    candidates: Share | None
    not_looked_at: int | None


@dataclass(frozen=True, slots=True)
class ProgrammeOutcomes:
    """Outcomes of all patients on record with a dose, at a moment.

    on_record, not_started: None = hidden. groups: by the product that treatment began with, those
    hidden left out; ``all`` is everybody.
    """

    at: datetime
    on_record: int | None
    not_started: int | None
    hidden_groups: int
    groups: tuple[Group, ...]
    coverage: tuple[CoverageRow, ...]
    blocked: tuple[BlockedRow, ...]
    threshold: Threshold
    draws: int
    seed: int
    retention: tuple[RetentionRow, ...]
    injections: tuple[InjectionRow, ...]
    opioid: tuple[OpioidRow, ...]
    alcohol: tuple[AlcoholRow, ...]
    effects: tuple[EffectRow, ...]
    liver: tuple[LiverRow, ...]
    hy: tuple[HyRow, ...]
    ratings: tuple[RatingSummary, ...]
    definitions: Mapping[str, str]
