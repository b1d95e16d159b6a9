"""The page of rules: every rule of the label with its condition and its cases, in words."""

from __future__ import annotations

from collections.abc import Sequence
from itertools import groupby
from typing import get_args

from antagonist.label.cases import case_facts
from antagonist.label.conditions.explain import FactUse
from antagonist.label.facts import Fact, Provenance
from antagonist.label.rules import SEVERITIES, Case, CaseFact, Question, Rule
from antagonist.report.calibration_rows import table
from antagonist.report.label_pages import condition_lines, plain_sentence
from antagonist.report.label_text import (
    amount,
    fact_title,
    in_language,
    jurisdictions_text,
    label_words,
    provenance_text,
    value_text,
)
from antagonist.report.wording import Wording

MADE = "This page is made from the data files; do not edit it. To make it anew:"
_HEAD = f"""# Rules: the written specification

{MADE}
`python -m antagonist.report.label_markdown docs/reference`. Every case below runs as a test on both
evaluators (`tests/spec/test_rule_cases.py`), so what stands here is what the software does.

Rules say what labels and guidelines say, in our own words; they are no copy of a label and do not
replace it. Only parts of most texts were read: a subject without a rule is no proof that a text is
silent.

## Fields of a rule

The files are `src/antagonist/label/data/rules/*.yaml`, each with its `category`.

| field | meaning |
| --- | --- |
| `id` | the rule's name in every answer; one version of it holds on a day |
| `topic` | the subject: rules of one topic are set side by side by `antagonist label diff` |
| `jurisdictions` | `base`, a label, a guideline, or `guideline:PROJECT`, which may only tighten |
| `indications`, `routes` | for whom and for which way of giving it |
| `asked` | the questions that ask it: {{questions}} |
| `severity` | what 'true' does, see below |
| `severity_in_source` | the severity of the collected source, where the rule here is stricter |
| `when` | the condition: true, false or unknown; a missing fact is unknown, never 'no' |
| `needs` | facts that must be known before a 'false' counts |
| `fresh` | how old a fact may be for this rule, where that differs from the fact's own limit |
| `clears` | a count of days and the figure at which time opens the gate: gives the earliest date |
| `departs` | a chosen label may soften it: going on needs a reason and a second person |
| `text`, `note` | what is said, in English and Russian; `[...]` is filled with the fact's value |
| `source`, `provenance`, `read_in` | where it stands, how it was read, in which copy |
| `rows` | rows of the base text it stands for; see [coverage](coverage.md) |
| `valid` | first and last day on which it holds; empty = not known |
| `cases` | examples: facts, and what comes out |

Severity, strictest first. `contraindicated` or `stop` true: not allowed. `defer` true: not yet,
with the earliest date. `warn` true: allowed with a caution that the prescriber acknowledges.
`monitor`, `inform`: shown. Unknown in any of the first four: the answer is unknown.

Provenance. {{provenances}}.
"""


def rules_page(rules: Sequence[Rule]) -> str:
    """The page docs/reference/rules.md, in English.

    rules: those of the package, or a clinic's; each category in the order of the files.
    Returns Markdown that ends in one newline. Same input, same text.
    """
    words = label_words("en")
    asked: tuple[Question, ...] = get_args(Question)
    read: tuple[Provenance, ...] = get_args(Provenance)
    head = _HEAD.format(
        questions="; ".join(f"`{q}` ({words.text(f'question.{q}')})" for q in asked),
        provenances="; ".join(f"`{p}`: {provenance_text(p, words)}" for p in read),
    )
    by_category = {
        name: list(found)
        for name, found in groupby(sorted(rules, key=lambda r: r.category), lambda r: r.category)
    }
    parts = [head, _contents(by_category)]
    for name, found in by_category.items():
        parts.append(f"## {_title(name)}\n")
        parts += [_rule(rule, words) for rule in found]
    return "\n".join(parts).rstrip("\n") + "\n"


def _title(category: str) -> str:
    return category.replace("_", " ").capitalize()


def _contents(by_category: dict[str, list[Rule]]) -> str:
    rows = [
        [
            f"[{_title(name)}](#{_title(name).lower().replace(' ', '-')})",
            *(str(sum(r.severity == s for r in found)) for s in SEVERITIES),
            str(len(found)),
            str(sum(len(rule.cases) for rule in found)),
        ]
        for name, found in by_category.items()
    ]
    sums = [str(sum(int(row[place]) for row in rows)) for place in range(1, len(rows[0]))]
    head = ["category", *SEVERITIES, "rules", "cases"]
    return table(head, [*rows, ["all", *sums]]) + "\n"


def _rule(rule: Rule, words: Wording) -> str:
    first = [
        f"`{rule.severity}`",
        jurisdictions_text(rule.jurisdictions, words),
        ", ".join(rule.indications),
        ", ".join(rule.routes),
        "asked: " + ", ".join(rule.asked),
    ]
    conditions = "\n".join(condition_lines(rule.condition, words))
    parts = [
        f"### {rule.id}\n",
        " · ".join(first) + "\n",
        plain_sentence(rule, words) + "\n",
        *([f"Note: {in_language(rule.note, words)}\n"] if rule.note else []),
        f"```text\n{conditions}\n```\n",
        "\n".join(f"- {line}" for line in _details(rule, words)) + "\n",
        table(
            ["case", "facts", "comes out"],
            [[c.name, _facts(c, words), words.text(f"truth.{c.gives}")] for c in rule.cases],
        )
        + "\n",
    ]
    return "\n".join(parts)


def _details(rule: Rule, words: Wording) -> list[str]:
    lines = [f"Source: {'; '.join(rule.source)} ({provenance_text(rule.provenance, words)})"]
    if rule.read_in:
        lines.append(words.text("rules.read_in", where=rule.read_in))
    if rule.rows:
        lines.append(words.text("rules.rows", rows=", ".join(rule.rows)))
    if rule.severity_in_source:
        lines.append(f"Stricter here than in the collected source (`{rule.severity_in_source}`)")
    if rule.fresh:
        limits = (
            f"{fact_title(name, words)}: {_span(limit.hours, words)}"
            for name, limit in rule.fresh.items()
        )
        lines.append(f"Counts no longer than: {'; '.join(limits)}")
    for clears in rule.clears:
        days = amount(clears.at_days, "d", words)
        lines.append(f"Opens with time: {fact_title(clears.fact, words)} reaches {days}")
    if rule.departs:
        lines.append("A chosen label may soften it, with a reason and a second person")
    if rule.valid.first or rule.valid.last:
        ends = (rule.valid.first or "…", rule.valid.last or "…")
        lines.append(words.text("rules.valid", first=ends[0], last=ends[1]))
    return lines


def _span(hours: float, words: Wording) -> str:
    """Hours up to three days, else days where they are whole."""
    if hours > 72 and hours % 24 == 0:
        return amount(hours / 24, "d", words)
    return amount(hours, "h", words)


def _facts(case: Case, words: Wording) -> str:
    """Facts of a case; an age stands where the case states one."""
    said = []
    for name, fact in case_facts(case).items():
        given = case.facts[name]
        entry = CaseFact.model_validate(given if isinstance(given, dict) else {"value": given})
        notes = [] if entry.complete else ["the list is not whole"]
        if entry.age_d is not None or entry.age_h is not None:
            notes.append(f"{_span(fact.age_h or 0.0, words)} old")
        note = f" ({', '.join(notes)})" if notes else ""
        said.append(f"{fact_title(name, words)}: {_value(name, fact, words)}{note}")
    return "; ".join(said) or "nothing known"


def _value(name: str, fact: Fact, words: Wording) -> str:
    value = fact.value
    if value == float("inf"):
        return words.text("detail.never")
    if isinstance(value, frozenset):
        return value_text(FactUse(name, "known", tuple(sorted(value))), words)
    assert isinstance(value, bool | int | float | str)
    return value_text(FactUse(name, "known", value), words)
