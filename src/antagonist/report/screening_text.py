"""A screening's answer on the terminal: the verdict first, then why, then what to do next."""

from __future__ import annotations

from collections.abc import Mapping, Sequence
from dataclasses import dataclass
from datetime import date
from typing import TYPE_CHECKING

from antagonist.label.answers import Answer, Clearing, NextTest, Reason, Verdict
from antagonist.label.conditions.explain import FactUse
from antagonist.label.facts import fact_types
from antagonist.label.jurisdictions import has_label
from antagonist.label.rulebook import rulebook
from antagonist.label.rules import Rule, Severity
from antagonist.report.label_dates import date_text, when_text
from antagonist.report.label_text import (
    amount,
    contradiction_text,
    fact_line,
    fact_title,
    in_language,
    jurisdictions_text,
    label_words,
    product_title,
    provenance_text,
    rule_sentence,
    state_text,
)
from antagonist.report.wording import Wording

if TYPE_CHECKING:
    from rich.console import Console

MOST_TESTS = 10
HASH_SHOWN = 12
STYLES: Mapping[Verdict, str] = {
    "not_allowed": "bold red",
    "not_yet": "bold yellow",
    "unknown": "bold magenta",
    "allowed_with_caution": "bold yellow",
    "allowed": "bold green",
}
Rules = Mapping[str, Rule]


def rules_of(answer: Answer) -> Rules:
    """The package's rules that hold on an answer's day."""
    return rulebook(date.fromisoformat(answer.as_of[:10])).rules


def verdict_text(verdict: Verdict, words: Wording) -> str:
    """A verdict in words."""
    return words.text(f"verdict.{verdict}")


def both_verdicts(answer: Answer, words: Wording) -> str | None:
    """What the base text and the label say each, where they differ."""
    if answer.departure is not None:
        needs = words.text("need.and").join(
            words.text(f"need.{need}") for need in answer.departure.needs
        )
        base, chosen = (
            verdict_text(v, words) for v in (answer.departure.base, answer.departure.chosen)
        )
        return words.text("screen.departure", base=base, chosen=chosen, needs=needs)
    if answer.base == answer.chosen:
        return None
    key = "screen.two_verdicts" if answer.jurisdiction else "screen.base_and_labels"
    base, chosen = (verdict_text(v, words) for v in (answer.base, answer.chosen))
    return words.text(key, base=base, chosen=chosen)


def reason_sentence(reason: Reason, rules: Rules, words: Wording) -> str:
    """What a rule says of this patient; its id where the rule is not at hand."""
    rule = rules.get(reason.rule)
    return rule_sentence(rule, reason.facts, words.language) if rule else reason.rule


def reason_source(reason: Reason | Clearing, words: Wording) -> str:
    """Whose rule it is, where it stands, and whether that was read."""
    return words.text(
        "source.line",
        whose=jurisdictions_text(reason.jurisdictions, words),
        source="; ".join(reason.source),
        provenance=provenance_text(reason.provenance, words),
    )


@dataclass(frozen=True, slots=True)
class SaidReason:
    """A reason in words. facts: with value, date and source. opens: when time opens it, or none."""

    rule: str
    severity: Severity
    sentence: str
    facts: tuple[str, ...]
    opens: tuple[str, ...]
    source: str


def said_reason(reason: Reason, rules: Rules, words: Wording) -> SaidReason:
    """A reason in the reader's language, for the terminal and for pages."""
    opens = () if reason.clears_on is None else (date_text(reason.clears_on, words),)
    return SaidReason(
        rule=reason.rule,
        severity=reason.severity,
        sentence=reason_sentence(reason, rules, words),
        facts=tuple(fact_line(use, words) for use in reason.facts),
        opens=tuple(words.text("screen.opens", date=day) for day in opens),
        source=reason_source(reason, words),
    )


def print_answer(
    answer: Answer, console: Console, language: str, rules: Rules | None = None
) -> None:
    """Print an answer for the prescriber.

    rules: where a clinic's own count too; None = the package's, as of the answer's day.
    Raises InputError for a language we do not write.
    """
    words = label_words(language)
    known = rules if rules is not None else rules_of(answer)
    out = Printer(console, words, known)
    out.head(answer)
    out.reasons(answer.reasons, "screen.reasons")
    out.reasons(answer.cautions, "screen.cautions", mark="[ ]")
    out.contradictions(answer)
    out.missing(answer)
    out.timeline(answer.timeline)
    out.shown(answer.shown)
    out.foot(answer)


class Printer:
    """The parts of an answer, printed one after the other; plans use some of them too."""

    def __init__(self, console: Console, words: Wording, rules: Rules) -> None:
        self._console, self._words, self._rules = console, words, rules

    def line(self, text: str, style: str = "", indent: int = 0) -> None:
        """One line; what runs over is indented alike. Texts of files are never markup."""
        from rich.padding import Padding
        from rich.text import Text

        self._console.print(Padding(Text(text, style=style), (0, 0, 0, indent), expand=False))

    def heading(self, key: str) -> None:
        """An empty line, then the heading under a key of the words."""
        self._console.print()
        self.line(self._words.text(key), "bold")

    def head(self, answer: Answer) -> None:
        """Verdict, what was asked, the earliest date."""
        words = self._words
        self.line(verdict_text(answer.verdict, words).upper(), STYLES[answer.verdict])
        for text in weighty_texts(answer, words):
            self.line(text, "bold")
        self.line(asked_text(answer, words))
        as_of = when_text(answer.as_of, words)
        self.line(words.text("screen.about", patient=answer.patient, date=as_of))
        self.line(labels_text(answer, words))

    def reasons(self, reasons: Sequence[Reason], heading: str, mark: str = "•") -> None:
        """Each reason with the facts that decided, their dates and the rule's source."""
        if not reasons:
            return
        self.heading(heading)
        for reason in reasons:
            said = said_reason(reason, self._rules, self._words)
            self.line(f"{mark} {said.sentence}")
            for text in (*said.facts, *said.opens):
                self.line(text, indent=len(mark) + 1)
            self.line(f"{said.source} [{said.rule}]", "dim", indent=len(mark) + 1)

    def missing(self, answer: Answer) -> None:
        """Facts to find out, those first that settle most rules."""
        if not answer.next_tests:
            return
        from rich.table import Table
        from rich.text import Text

        words = self._words
        self.heading("screen.missing")
        table = Table(box=None, pad_edge=False, header_style="italic")
        for key in ("fact", "state", "order", "settles"):
            table.add_column(words.text(f"screen.column_{key}"), justify="left")
        for test in answer.next_tests[:MOST_TESTS]:
            table.add_row(*(Text(cell) for cell in test_row(test, answer, words)))
        self._console.print(table)
        rest = [fact_title(test.fact, words) for test in answer.next_tests[MOST_TESTS:]]
        if rest:
            self.line(words.text("screen.more_missing", facts="; ".join(rest)))
        names = ", ".join(reason.rule for reason in answer.missing)
        self.line(words.text("screen.open_rules", rules=names), "dim")

    def timeline(self, clearings: Sequence[Clearing]) -> None:
        """When each source's opioid-free interval is over."""
        if not clearings:
            return
        from rich.table import Table
        from rich.text import Text

        self.heading("screen.timeline")
        table = Table(box=None, pad_edge=False, header_style="italic")
        for key in ("over", "source", "rule"):
            table.add_column(self._words.text(f"screen.column_{key}"))
        for entry in clearings:
            cells = (over_text(entry, self._words), reason_source(entry, self._words), entry.rule)
            table.add_row(*(Text(cell) for cell in cells))
        self._console.print(table)

    def contradictions(self, answer: Answer) -> None:
        """What does not fit, with who says what."""
        if not answer.contradictions:
            return
        self.heading("screen.contradictions")
        for found in answer.contradictions:
            self.line(f"• {contradiction_text(found, self._words)}")
            for statement in found.statements:
                self.line(f"– {statement}", indent=2)

    def shown(self, reasons: Sequence[Reason]) -> None:
        """What to monitor and to say: the sentence, and whether its source was read."""
        if not reasons:
            return
        self.heading("screen.shown")
        for reason in reasons:
            said = provenance_text(reason.provenance, self._words)
            sentence = reason_sentence(reason, self._rules, self._words)
            self.line(f"• {sentence} ({said}) [{reason.rule}]")

    def foot(self, answer: Answer) -> None:
        """Which rules, and the statement that every document carries."""
        shown = answer.rules_hash[:HASH_SHOWN]
        self._console.print()
        self.line(self._words.text("screen.rules_hash", hash=shown), "dim")
        self.line(self._words.text("doc.statement"), "dim")


def asked_text(answer: Answer, words: Wording) -> str:
    """Question, indication, product or route."""
    way = words.text(f"way.{answer.route}")
    return words.text(
        "screen.asked",
        question=words.text(f"question.{answer.question}"),
        indication=words.text(f"indication.{answer.indication}").capitalize(),
        what=product_title(answer.product, words) if answer.product else way,
    )


def labels_text(answer: Answer, words: Wording) -> str:
    """Which labels count, and that the stricter applies where none was chosen."""
    labels = words.text("screen.labels", labels=jurisdictions_text(answer.labels, words))
    if answer.jurisdiction is None:
        return f"{labels} {words.text('screen.no_choice')}"
    if not has_label(answer.jurisdiction, answer.route):
        return f"{labels} {words.text('screen.no_label')}"
    return labels


def weighty_texts(answer: Answer, words: Wording) -> tuple[str, ...]:
    """What stands right under a verdict: sources that differ, a departure, the earliest date."""
    found = [both_verdicts(answer, words)]
    if answer.departure is not None:
        rules = ", ".join(answer.departure.rules)
        found.append(words.text("screen.departure_rules", rules=rules))
        if answer.departure.accepted:
            found.append(words.text("screen.departure_accepted"))
    if answer.verdict == "not_yet":
        found.append(_earliest(answer.earliest, words))
    return tuple(text for text in found if text)


def _earliest(day: date | None, words: Wording) -> str:
    if day is None:
        return words.text("screen.no_earliest")
    return words.text("screen.earliest", date=date_text(day, words))


def test_row(test: NextTest, answer: Answer, words: Wording) -> tuple[str, str, str, str]:
    """A fact to find out: what, how it stands, what to order, how many rules it settles."""
    known = fact_types().get(test.fact)
    order = known.order if known else None
    use = _use_of(test, answer)
    return (
        fact_title(test.fact, words),
        state_text(test.state, use.detail if use else None, words),
        in_language(order, words) if order else words.text("screen.no_order"),
        amount(len(test.settles), "rule", words),
    )


def _use_of(test: NextTest, answer: Answer) -> FactUse | None:
    uses = (use for reason in answer.missing for use in reason.facts)
    return next((use for use in uses if use.fact == test.fact), None)


def over_text(entry: Clearing, words: Wording) -> str:
    """When an interval is over, or that nobody knows."""
    if entry.on is None:
        return words.text("screen.over_unknown")
    on = date_text(entry.on, words)
    return words.text("screen.over" if entry.passed else "screen.not_over", date=on)
