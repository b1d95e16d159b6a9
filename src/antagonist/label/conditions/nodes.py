"""Conditions as YAML nodes: about a dozen operators, told apart by ``op``.

A condition is true, false or unknown (strong Kleene logic, written True, False and None).
Source: Kleene 1952, Introduction to Metamathematics, section 64 (the three-valued tables).
"""

from __future__ import annotations

from typing import Annotated, Literal

from pydantic import BaseModel, ConfigDict, Field, model_validator

Comparison = Literal["<", "<=", ">", ">=", "==", "!="]


class Node(BaseModel):
    """What every node shares."""

    model_config = ConfigDict(frozen=True, extra="forbid")


class Yes(Node):
    """A yes-or-no fact is yes."""

    op: Literal["yes"]
    fact: str


class Compare(Node):
    """A number against a limit; the unit is the limit's, converted on load."""

    op: Literal["compare"]
    fact: str
    is_: Comparison = Field(alias="is")
    value: float
    unit: str


class Between(Node):
    """A number from ``low`` (included) up to ``high`` (included only where said)."""

    op: Literal["between"]
    fact: str
    low: float
    high: float
    unit: str
    high_included: bool = False
    low_included: bool = True

    @model_validator(mode="after")
    def _ordered(self) -> Between:
        if not self.low < self.high:
            raise ValueError("low is not below high")
        return self


class OneOf(Node):
    """A category is one of some values."""

    op: Literal["one_of"]
    fact: str
    values: tuple[str, ...] = Field(min_length=1)


class Member(Node):
    """A set of things (such as ingredients) has a member in a named value set."""

    op: Literal["member"]
    fact: str
    value_set: str


class SameAs(Node):
    """Two categories have the same value."""

    op: Literal["same_as"]
    fact: str
    other: str


class Recent(Node):
    """A fact was recorded at most so many days before: never unknown, missing is not recent."""

    op: Literal["recent"]
    fact: str
    days: float = Field(gt=0)


class Known(Node):
    """A fact is known and not stale: never unknown itself."""

    op: Literal["known"]
    fact: str


class AllOf(Node):
    """All of several conditions: one false makes it false."""

    op: Literal["all"]
    of: tuple[Condition, ...] = Field(min_length=1)


class AnyOf(Node):
    """Any of several conditions: one true makes it true, one unknown keeps it from being false."""

    op: Literal["any"]
    of: tuple[Condition, ...] = Field(min_length=1)


class AnyKnown(Node):
    """Any of several that answer the same question: unknown only where none of them is known."""

    op: Literal["any_known"]
    of: tuple[Condition, ...] = Field(min_length=1)


class Not(Node):
    """The opposite; unknown stays unknown."""

    op: Literal["not"]
    of: Condition


class Needing(Node):
    """A condition whose 'false' counts only where some facts are known; else it is unknown."""

    op: Literal["needing"]
    of: Condition
    facts: tuple[str, ...] = Field(min_length=1)


class Always(Node):
    """True for everyone the rule is asked for."""

    op: Literal["always"]


Condition = Annotated[
    Yes
    | Compare
    | Between
    | OneOf
    | Member
    | SameAs
    | Recent
    | Known
    | AllOf
    | AnyOf
    | AnyKnown
    | Not
    | Needing
    | Always,
    Field(discriminator="op"),
]

for _model in (AllOf, AnyOf, AnyKnown, Not, Needing):
    _model.model_rebuild()


def facts_of(condition: Condition) -> tuple[str, ...]:
    """Every fact a condition looks at, each once, in the order of the text."""
    found: dict[str, None] = {}
    match condition:
        case AllOf() | AnyOf() | AnyKnown():
            for child in condition.of:
                found |= dict.fromkeys(facts_of(child))
        case Not():
            found |= dict.fromkeys(facts_of(condition.of))
        case Needing():
            found |= dict.fromkeys((*facts_of(condition.of), *condition.facts))
        case SameAs():
            found |= dict.fromkeys((condition.fact, condition.other))
        case Always():
            pass
        case _:
            found[condition.fact] = None
    return tuple(found)
