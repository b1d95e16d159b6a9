"""Several products screened at once: a table of verdicts, then the reasons of each verdict once."""

from __future__ import annotations

from collections.abc import Mapping, Sequence

from rich.console import Console
from rich.table import Table

from antagonist.label.answers import VERDICTS, Alternatives, Answer
from antagonist.label.rules import Rule
from antagonist.report.label_text import label_words, product_title
from antagonist.report.screening_text import STYLES, print_answer, verdict_text
from antagonist.report.wording import Wording


def print_answers(
    given: Sequence[Answer], console: Console, language: str, rules: Mapping[str, Rule]
) -> None:
    """Print one answer in full, or a table of several and each different one in full.

    Products with the same verdict for the same reasons are printed in full once.
    """
    if len(given) > 1:
        console.print(_table(given, language))
    words = label_words(language)
    for answer, *_ in alike(given):
        print_answer(answer, console, language, rules)
        for text in alternatives_texts(answer.alternatives, words):
            console.print(text, highlight=False, markup=False)


def alike(given: Sequence[Answer]) -> list[tuple[Answer, ...]]:
    """Answers with the same verdict for the same reasons together, what permits first."""
    found: dict[tuple[object, ...], list[Answer]] = {}
    for answer in given:
        reasons = (*answer.reasons, *answer.missing, *answer.cautions)
        key = (answer.verdict, answer.route, *(r.rule for r in reasons))
        found.setdefault(key, []).append(answer)
    groups = map(tuple, found.values())
    return sorted(groups, key=lambda group: -VERDICTS.index(group[0].verdict))


def _table(given: Sequence[Answer], language: str) -> Table:
    words = label_words(language)
    columns = ("product", "verdict", "why")
    table = Table(*(words.text(f"rules.column_{name}") for name in columns))
    for answer in given:
        why = answer.reasons or answer.missing or answer.cautions
        table.add_row(
            product_title(answer.product or "", words),
            verdict_text(answer.verdict, words),
            ", ".join(dict.fromkeys(reason.rule for reason in why)),
            style=STYLES[answer.verdict],
        )
    return table


def alternatives_texts(found: Alternatives | None, words: Wording) -> tuple[str, ...]:
    """Which products are left to a patient whom an excipient excludes; none where none does."""
    if found is None:
        return ()
    texts = []
    for key, ids in (("free", found.free), ("unknown", found.unknown)):
        named = "; ".join(product_title(name, words) for name in ids)
        shown = named or words.text("value.none")
        texts.append(words.text(f"alternatives.{key}", products=shown))
    return tuple(texts)
