"""Reasons of an answer as words, apart from how they are shown: for pages, prints and programs."""

from __future__ import annotations

from dataclasses import dataclass

from antagonist.label.answers import Answer, Reason
from antagonist.report.label_dates import date_text
from antagonist.report.label_text import fact_line
from antagonist.report.screening_text import (
    MOST_TESTS,
    Rules,
    reason_sentence,
    reason_source,
    test_row,
)
from antagonist.report.wording import Wording


@dataclass(frozen=True)
class ReasonWords:
    """One rule that decided. facts: what was known, with dates. opens: when time alone opens it."""

    rule: str
    severity: str
    text: str
    facts: tuple[str, ...]
    opens: str | None
    source: str


def reason_words(reason: Reason, rules: Rules, words: Wording) -> ReasonWords:
    """A reason in the reader's words, with the rule's source and whether it was read."""
    opens = None
    if reason.clears_on is not None:
        opens = words.text("screen.opens", date=date_text(reason.clears_on, words))
    return ReasonWords(
        rule=reason.rule,
        severity=words.text(f"severity.{reason.severity}"),
        text=reason_sentence(reason, rules, words),
        facts=tuple(fact_line(use, words) for use in reason.facts),
        opens=opens,
        source=f"{reason_source(reason, words)} [{reason.rule}]",
    )


def next_test_rows(answer: Answer, words: Wording) -> list[tuple[str, str, str, str]]:
    """What to find out first: what, how it stands, what to order, how many rules it settles."""
    return [test_row(test, answer, words) for test in answer.next_tests[:MOST_TESTS]]
