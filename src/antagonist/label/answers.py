"""What a screening answers: a verdict, its reasons, what is missing, and what to do next.

Everything is structure (rule ids, facts, numbers, dates); sentences are made at the edge.
"""

from __future__ import annotations

from dataclasses import dataclass
from datetime import date
from typing import Literal

from antagonist.label.conditions.explain import FactUse
from antagonist.label.contradictions import Contradiction
from antagonist.label.facts import Provenance
from antagonist.label.rules import Indication, Question, Route, Severity

Verdict = Literal["not_allowed", "not_yet", "unknown", "allowed_with_caution", "allowed"]
VERDICTS: tuple[Verdict, ...] = (
    "not_allowed",
    "not_yet",
    "unknown",
    "allowed_with_caution",
    "allowed",
)
PERMITTING: frozenset[Verdict] = frozenset(("allowed_with_caution", "allowed"))


@dataclass(frozen=True, slots=True)
class Reason:
    """One rule that is true or unknown for the patient.

    facts: those that decided, or that are missing. clears_on: day on which time alone opens it.
    """

    rule: str
    severity: Severity
    result: Literal["true", "unknown"]
    topic: str
    jurisdictions: tuple[str, ...]
    facts: tuple[FactUse, ...]
    clears_on: date | None
    source: tuple[str, ...]
    provenance: Provenance


@dataclass(frozen=True, slots=True)
class NextTest:
    """A fact to find out. settles: rules that are unknown for want of it."""

    fact: str
    state: str
    settles: tuple[str, ...]


@dataclass(frozen=True, slots=True)
class Clearing:
    """When one source's opioid-free interval is over; ``on`` is None where nobody knows."""

    rule: str
    jurisdictions: tuple[str, ...]
    on: date | None
    passed: bool
    source: tuple[str, ...]
    provenance: Provenance


@dataclass(frozen=True, slots=True)
class Departure:
    """The base text closes, the chosen label does not.

    accepted: a reason and two people are on record for every rule named.
    """

    rules: tuple[str, ...]
    base: Verdict
    chosen: Verdict
    needs: tuple[str, ...]
    accepted: bool


@dataclass(frozen=True, slots=True)
class Alternatives:
    """Products left where an excipient excludes one: known to be free of it, and not known."""

    avoid: tuple[str, ...]
    free: tuple[str, ...]
    unknown: tuple[str, ...]


@dataclass(frozen=True, slots=True)
class Answer:
    """The answer for one patient, one product or route, one question, one day."""

    patient: str
    as_of: str
    question: Question
    indication: Indication
    route: Route
    product: str | None
    jurisdiction: str | None
    labels: tuple[str, ...]
    verdict: Verdict
    base: Verdict
    chosen: Verdict
    earliest: date | None
    reasons: tuple[Reason, ...]
    missing: tuple[Reason, ...]
    cautions: tuple[Reason, ...]
    shown: tuple[Reason, ...]
    next_tests: tuple[NextTest, ...]
    timeline: tuple[Clearing, ...]
    departure: Departure | None
    contradictions: tuple[Contradiction, ...]
    rules_hash: str
    alternatives: Alternatives | None = None

    @property
    def permits(self) -> bool:
        """Whether the answer lets treatment start or go on."""
        return self.verdict in PERMITTING
