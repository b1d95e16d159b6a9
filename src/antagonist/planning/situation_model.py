"""Situations on treatment: what is known of a course, and what an answer is made of."""

from __future__ import annotations

from collections.abc import Mapping
from dataclasses import dataclass, field
from datetime import date, datetime
from typing import Literal

from antagonist.foundation.clock import NAIVE_ALLOWED, hours_between
from antagonist.foundation.errors import InputError
from antagonist.label.answers import Answer
from antagonist.label.facts import Facts, Provenance
from antagonist.label.rules import Indication, Route, Severity
from antagonist.pharmacology.results import Threshold
from antagonist.pharmacology.settings import Settings, settings

SituationKind = Literal["missed_dose", "late_injection", "switch", "surgery", "acute_pain", "stop"]
# May naltrexone be given again without every condition of a new start? closed: no.
Gate = Literal["open", "closed", "unknown", "not_asked"]
Result = Literal["true", "unknown", "shown"]


@dataclass(frozen=True, slots=True)
class Taken:
    """One dose: aware time, mg as stated on the product, formulation, route."""

    at: datetime
    dose_mg: float
    release_model: str
    route: Route


@dataclass(frozen=True)
class Treatment:
    """A course up to a moment.

    as_of: aware, in the clinic's zone. doses: taken until then. label: what the clinic chose.
    facts: of the patient, as gathered; ``opioid_use_since_last_dose`` decides the gate.
    covariates: as the model files name them.
    Raises InputError for a time without zone, and a dose after as_of.
    """

    patient: str
    as_of: datetime
    indication: Indication
    doses: tuple[Taken, ...]
    label: str | None = None
    facts: Facts = field(default_factory=dict)
    covariates: Mapping[str, float | str | bool] = field(default_factory=dict)
    chosen: Settings = field(default_factory=settings)

    def __post_init__(self) -> None:
        aware(self.as_of, "as_of")
        for index, dose in enumerate(self.doses):
            where = f"doses[{index}].at"
            aware(dose.at, where)
            if hours_between(dose.at, self.as_of) < 0:
                raise InputError("treatment", where, dose.at.isoformat(), "not after as_of")

    @property
    def today(self) -> date:
        """The clinic's calendar date."""
        return self.as_of.date()

    def last(self, *routes: Route) -> Taken:
        """The last dose by some routes, or by any. Raises InputError where there is none."""
        found = [dose for dose in self.doses if not routes or dose.route in routes]
        if not found:
            allowed = "a dose taken " + (f"by {' or '.join(routes)}" if routes else "before as_of")
            raise InputError("treatment", "doses", None, allowed)
        return max(found, key=lambda dose: dose.at)

    def days_since(self, at: datetime) -> int:
        """Whole calendar days in the clinic's zone from a time to as_of."""
        return (self.today - at.astimezone(self.as_of.tzinfo).date()).days

    @property
    def opioid_use(self) -> bool | None:
        """Opioids since the last dose: yes, no, or not known (not asked, stale, contradicted)."""
        fact = self.facts.get("opioid_use_since_last_dose")
        return bool(fact.value) if fact is not None and fact.state == "known" else None


def aware(at: datetime, where: str) -> datetime:
    """The time itself. Raises InputError for one without zone."""
    if at.tzinfo is None:
        raise InputError("treatment", where, at.isoformat(), NAIVE_ALLOWED)
    return at


@dataclass(frozen=True, slots=True)
class Amount:
    """A number with its unit, as in the dictionary of facts."""

    value: float
    unit: str


@dataclass(frozen=True, slots=True)
class Step:
    """One thing to do or to know; its words are the situation data's, by id.

    values: what its words have places for. option: to be discussed, not advised. own: practice
    of this project beside the rules named.
    """

    id: str
    values: Mapping[str, Amount | datetime | date]
    rules: tuple[str, ...]
    option: bool
    own: bool


@dataclass(frozen=True, slots=True)
class UsedRule:
    """A rule that the answer rests on. result: of the label's answer; 'shown' = named
    for its words or its figure, not true or unknown there.
    """

    id: str
    severity: Severity
    result: Result
    jurisdictions: tuple[str, ...]
    source: tuple[str, ...]
    provenance: Provenance


@dataclass(frozen=True, slots=True)
class ModelTime:
    """A stated time. at: None where state says why (see StatedTime in pharmacology.results)."""

    name: str
    at: datetime | None
    state: Literal["at", "never", "beyond"]
    median_at: datetime | None
    endpoint: str
    blocked_fraction: float
    percentile: float


@dataclass(frozen=True, slots=True)
class ModelFigures:
    """What the model says if nothing more is taken. blocked_now: 5th, 50th, 95th percentile."""

    blocked_now: tuple[float, float, float]
    protected_share_now: float
    times: tuple[ModelTime, ...]
    threshold: Threshold
    searched_weeks: int
    draws: int
    parameters_sha256: str

    def time(self, name: str) -> ModelTime:
        """One stated time by name."""
        return next(found for found in self.times if found.name == name)


@dataclass(frozen=True, slots=True)
class Situation:
    """An answer: gate, dates, steps in order, the rules behind them, the model's figures.

    figures: None where a product of the course has no published levels.
    warnings: ids of steps that are warnings. answer: of the label's rules to the same question.
    """

    kind: SituationKind
    as_of: datetime
    gate: Gate
    dates: Mapping[str, datetime | date]
    steps: tuple[Step, ...]
    warnings: tuple[Step, ...]
    rules: tuple[UsedRule, ...]
    figures: ModelFigures | None
    answer: Answer
