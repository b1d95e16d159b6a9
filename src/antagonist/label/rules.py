"""Rules of the label as data: who says what, when, how strictly, and from which source."""

from __future__ import annotations

from collections.abc import Iterable, Mapping
from datetime import date
from pathlib import Path
from typing import Annotated, Any, Literal

from pydantic import BaseModel, BeforeValidator, ConfigDict, Field, model_validator

from antagonist.foundation.data import Lines, read_yaml, validated
from antagonist.foundation.errors import InputError
from antagonist.label.conditions.nodes import Condition, Needing, facts_of
from antagonist.label.facts import Both, Provenance

Severity = Literal["contraindicated", "stop", "defer", "warn", "monitor", "inform"]
SEVERITIES: tuple[Severity, ...] = (
    "contraindicated",
    "stop",
    "defer",
    "warn",
    "monitor",
    "inform",
)
GATING: frozenset[Severity] = frozenset(("contraindicated", "stop", "defer", "warn"))
Question = Literal[
    "start",  # may treatment start
    "challenge",  # may the provocation test be done, and how
    "plan",  # is a planned regimen within the limits
    "administration",  # may this dose be given now
    "treatment",  # may treatment go on
    "missed",  # a dose was missed or is late
    "switch",  # one form to another
    "surgery",  # surgery, pain and opioids under blockade
    "stop",  # treatment ended
]
Indication = Literal["opioid", "alcohol"]
Route = Literal["oral", "im_xr", "implant"]
Truth3 = Annotated[
    Literal["true", "false", "unknown"],
    BeforeValidator(lambda value: str(value).lower() if isinstance(value, bool) else value),
]


class _Entry(BaseModel):
    model_config = ConfigDict(frozen=True, extra="forbid")


class Fresh(_Entry):
    """How old a fact may be for one rule; exactly one of the two."""

    h: float | None = Field(default=None, gt=0)
    d: float | None = Field(default=None, gt=0)

    @property
    def hours(self) -> float:
        """The limit in hours."""
        return self.h if self.h is not None else (self.d or 0.0) * 24


class Clears(_Entry):
    """A gate that time opens: the day on which a count of days reaches a figure."""

    fact: str
    at_days: float = Field(gt=0)


class Valid(_Entry):
    """Dates between which a rule holds, both included; none = not known."""

    first: date | None = None
    last: date | None = None

    def holds(self, on: date) -> bool:
        """Whether the rule holds on a day."""
        return (self.first or date.min) <= on <= (self.last or date.max)


class CaseFact(_Entry):
    """A fact of a rule's own case, with its age where that matters."""

    value: Any = None
    age_h: float | None = None
    age_d: float | None = None
    complete: bool = True


class Case(_Entry):
    """One example of a rule: facts, and whether it is true, false or unknown."""

    name: str
    facts: Mapping[str, Any]
    gives: Truth3


class Rule(_Entry):
    """One rule. Field meanings stand in docs/reference/rules.md."""

    id: str
    category: str
    topic: str
    jurisdictions: tuple[str, ...] = Field(min_length=1)
    indications: tuple[Indication, ...] = Field(min_length=1)
    routes: tuple[Route, ...] = Field(min_length=1)
    asked: tuple[Question, ...] = Field(min_length=1)
    severity: Severity
    severity_in_source: Severity | None = None
    when: Condition
    needs: tuple[str, ...] = ()
    fresh: Mapping[str, Fresh] = {}
    clears: tuple[Clears, ...] = ()
    departs: bool = False
    text: Both
    note: Both | None = None
    source: tuple[str, ...] = Field(min_length=1)
    provenance: Provenance
    read_in: str | None = None
    rows: tuple[str, ...] = ()
    valid: Valid = Valid()
    cases: tuple[Case, ...] = Field(min_length=1)

    @model_validator(mode="after")
    def _cases_cover(self) -> Rule:
        given = {case.gives for case in self.cases}
        if "true" not in given:
            raise ValueError("no case in which the rule is true")
        return self

    @property
    def condition(self) -> Condition:
        """``when`` with what it needs to be known before a 'false' counts."""
        if not self.needs:
            return self.when
        return Needing(op="needing", of=self.when, facts=self.needs)

    @property
    def gating(self) -> bool:
        """Whether the rule can close, delay or qualify an answer."""
        return self.severity in GATING

    @property
    def facts(self) -> tuple[str, ...]:
        """Every fact the rule looks at."""
        return facts_of(self.condition)


def load_rules(paths: Iterable[Path]) -> tuple[Rule, ...]:
    """Rules of some files, in the order of the files.

    Each file: ``category: ...`` and ``rules: [...]``.
    Raises InputError naming file, line and field; also for an id that stands twice for one day.
    """
    found: list[Rule] = []
    for path in paths:
        content = read_yaml(path)
        for index, entry in enumerate(_entries(content, path)):
            where = f"{path.name}: {entry.get('id', f'rules[{index}]')}"
            full = {"category": content["category"], **entry}
            found.append(validated(Rule, full, where, Lines(path).within("rules", index)))
    _refuse_repeated(found)
    return tuple(found)


def _entries(content: Mapping[str, Any], path: Path) -> list[dict[str, Any]]:
    if set(content) != {"category", "rules"} or not isinstance(content["rules"], list):
        raise InputError(path.name, "", sorted(content), "exactly 'category' and a list 'rules'")
    return content["rules"]


def _refuse_repeated(rules: Iterable[Rule]) -> None:
    seen: dict[str, Rule] = {}
    for rule in rules:
        other = seen.get(rule.id)
        if other is not None and _overlap(rule.valid, other.valid):
            raise InputError(rule.category, "id", rule.id, "one version of a rule for each day")
        seen[rule.id] = rule


def _overlap(one: Valid, other: Valid) -> bool:
    first = max(one.first or date.min, other.first or date.min)
    return first <= min(one.last or date.max, other.last or date.max)
