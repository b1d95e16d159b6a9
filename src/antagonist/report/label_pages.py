"""Rules of the label to read: a list, one rule with its cases, two labels side by side."""

from __future__ import annotations

from collections.abc import Iterable, Sequence

from rich.console import Console
from rich.table import Table

from antagonist.label.compare_labels import Compared
from antagonist.label.conditions import nodes as n
from antagonist.label.facts import fact_types
from antagonist.label.rules import Rule
from antagonist.report.label_text import (
    amount,
    fact_title,
    in_language,
    jurisdictions_text,
    label_words,
    provenance_text,
    source_text,
)
from antagonist.report.wording import Wording, placeholders


def print_rules(rules: Iterable[Rule], console: Console, language: str) -> None:
    """Print a list of rules: id, severity, whose, what it says."""
    words = label_words(language)
    table = Table(*(words.text(f"rules.column_{c}") for c in ("rule", "severity", "whose", "text")))
    for rule in rules:
        table.add_row(
            rule.id,
            words.text(f"severity.{rule.severity}"),
            jurisdictions_text(rule.jurisdictions, words),
            plain_sentence(rule, words),
        )
    console.print(table)
    console.print(words.text("doc.statement"))


def plain_sentence(rule: Rule, words: Wording) -> str:
    """A rule's sentence for nobody in particular: placeholders become the facts' titles."""
    text = in_language(rule.text, words)
    return text.format(**{name: f"[{fact_title(name, words)}]" for name in placeholders(text)})


def print_rule(rule: Rule, console: Console, language: str) -> None:
    """Print one version of a rule: what, whose, when, source, cases."""
    words = label_words(language)
    console.print(f"{rule.id} · {words.text(f'severity.{rule.severity}')}", style="bold")
    console.print(jurisdictions_text(rule.jurisdictions, words), highlight=False)
    console.print(plain_sentence(rule, words), highlight=False, markup=False)
    if rule.note is not None:
        console.print(in_language(rule.note, words), highlight=False, markup=False)
    console.print(words.text("rules.when"), style="bold")
    for line in condition_lines(rule.condition, words):
        console.print(line, highlight=False, markup=False)
    held = words.text("rules.valid", first=rule.valid.first or "…", last=rule.valid.last or "…")
    console.print(held, highlight=False)
    source = source_text(rule.source, rule.provenance, words)
    console.print(source, highlight=False, markup=False)
    if rule.read_in:
        console.print(words.text("rules.read_in", where=rule.read_in), highlight=False)
    if rule.rows:
        console.print(words.text("rules.rows", rows=", ".join(rule.rows)), highlight=False)
    table = Table(words.text("rules.case"), words.text("rules.gives"))
    for case in rule.cases:
        table.add_row(case.name, words.text(f"truth.{case.gives}"))
    console.print(table)


def condition_lines(node: n.Condition, words: Wording, depth: int = 0) -> list[str]:
    """A condition as indented lines, one for each part."""
    below = (condition_lines(part, words, depth + 1) for part in parts_of(node))
    return [
        "  " * depth + condition_text(node, words),
        *(line for lines in below for line in lines),
    ]


def parts_of(node: n.Condition) -> tuple[n.Condition, ...]:
    """The parts of a condition, none of one that looks at facts itself."""
    match node:
        case n.AllOf() | n.AnyOf() | n.AnyKnown():
            return tuple(node.of)
        case n.Not() | n.Needing():
            return (node.of,)
        case _:
            return ()


def condition_text(node: n.Condition, words: Wording) -> str:
    """What a condition asks, without its parts."""
    match node:
        case n.AllOf() | n.AnyOf() | n.AnyKnown():
            return words.text(f"op.{node.op}")
        case n.Not():
            return words.text("op.not")
        case n.Needing():
            facts = ", ".join(fact_title(fact, words) for fact in node.facts)
            return words.text("op.needing", facts=facts)
        case n.Always():
            return words.text("op.always")
        case _:
            return _leaf(node, words)


def _leaf(node: n.Condition, words: Wording) -> str:
    assert isinstance(
        node, n.Yes | n.Compare | n.Between | n.OneOf | n.Member | n.SameAs | n.Recent | n.Known
    )
    fact = fact_title(node.fact, words)
    match node:
        case n.Yes():
            return words.text("op.yes", fact=fact)
        case n.Compare():
            sign = {"<=": "≤", ">=": "≥", "!=": "≠", "==": "="}.get(node.is_, node.is_)
            return f"{fact} {sign} {amount(node.value, node.unit, words)}"
        case n.Between():
            low, high = (amount(x, node.unit, words) for x in (node.low, node.high))
            first = "≤" if node.low_included else "<"
            last = "≤" if node.high_included else "<"
            return f"{low} {first} {fact} {last} {high}"
        case n.OneOf():
            values = fact_types()[node.fact].values
            named = ", ".join(in_language(values[v], words) for v in node.values)
            return words.text("op.one_of", fact=fact, values=named)
        case n.Member():
            return words.text("op.member", fact=fact, value_set=node.value_set)
        case n.SameAs():
            return f"{fact} = {fact_title(node.other, words)}"
        case n.Recent():
            return words.text("op.recent", fact=fact, age=amount(node.days, "d", words))
        case n.Known():
            return words.text("op.known", fact=fact)


def print_diff(
    rows: Sequence[Compared], first: str, second: str, console: Console, language: str
) -> None:
    """Print two labels side by side, by subject."""
    words = label_words(language)
    table = Table(
        words.text("rules.column_topic"),
        jurisdictions_text([first], words),
        jurisdictions_text([second], words),
        words.text("rules.column_difference"),
        show_lines=True,
    )
    for row in rows:
        table.add_row(
            row.topic.replace("_", " "),
            _side(row.first, words),
            _side(row.second, words),
            words.text(f"difference.{row.difference}"),
        )
    console.print(table)
    console.print(words.text("rules.silence"), highlight=False)
    console.print(words.text("doc.statement"))


def _side(rules: Sequence[Rule], words: Wording) -> str:
    return "\n".join(
        f"{words.text(f'severity.{r.severity}')}: {plain_sentence(r, words)} "
        f"[{provenance_text(r.provenance, words)}]"
        for r in rules
    )
