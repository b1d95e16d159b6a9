"""How a rule's condition came out for a patient, part by part, in words."""

from __future__ import annotations

from dataclasses import dataclass

from antagonist.label.conditions import nodes as n
from antagonist.label.conditions.explain import Explanation, Word
from antagonist.report.label_pages import condition_text, parts_of
from antagonist.report.label_text import fact_line
from antagonist.report.wording import Wording


@dataclass(frozen=True, slots=True)
class Branch:
    """One part of a condition. text: what it asks. facts: as it saw them, with date and source."""

    text: str
    result: Word
    facts: tuple[str, ...]
    of: tuple[Branch, ...]


def branch(node: n.Condition, found: Explanation, words: Wording) -> Branch:
    """A condition in words, with what came out of it.

    node: the rule's ``condition``. found: what ``label.trees`` says of the same condition.
    """
    return Branch(
        text=condition_text(node, words),
        result=found.result,
        facts=tuple(fact_line(use, words) for use in found.facts),
        of=tuple(
            branch(part, below, words) for part, below in zip(parts_of(node), found.of, strict=True)
        ),
    )
