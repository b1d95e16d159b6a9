"""The reference page of outcomes, made from the data files: ``python -m`` prints it."""

from __future__ import annotations

import sys
from collections.abc import Iterable, Sequence
from importlib.resources import files

from antagonist.feedback.outcomes.definitions import definitions
from antagonist.feedback.outcomes.rules import intake_rules, outcome_rules
from antagonist.feedback.rating_items import rating_items

TEMPLATE = "templates/outcomes_reference.md"


def page() -> str:
    """The page as docs/reference/outcomes.md has it."""
    text = files("antagonist.report").joinpath(TEMPLATE).read_text("utf-8")
    parts = {
        "measures": _measures(),
        "numbers": _numbers(),
        "intake": _intake(),
        "ratings": _ratings(),
    }
    for name, part in parts.items():
        text = text.replace(f"{{{{ {name} }}}}", part)
    return text


def _table(headers: Sequence[str], rows: Iterable[Sequence[str]]) -> str:
    lines = [headers, ["---"] * len(headers), *rows]
    return "\n".join("| " + " | ".join(cells) + " |" for cells in lines) + "\n"


def _measures() -> str:
    rows = [
        [f"`{name}`", found.title.en, found.text.en, f"{found.source} (*{found.provenance}*)"]
        for name, found in definitions().items()
    ]
    return "## Measures\n\n" + _table(["id", "measure", "definition", "source"], rows)


def _numbers() -> str:
    rules = outcome_rules()
    rows = [
        [f"`{name}`", f"{found.value:g}", found.unit, f"{found.source} (*{found.provenance}*)"]
        for name, found in rules.numbers.items()
    ]
    drinks = rules.drink_grams
    told = ", ".join(f"{country} {grams:g}" for country, grams in drinks.grams.items())
    return (
        "## Figures\n\n"
        + _table(["name", "value", "unit", "source"], rows)
        + f"\nA standard drink in grams: {told}. Source: {drinks.source} (*{drinks.provenance}*).\n"
    )


def _intake() -> str:
    known = intake_rules()
    rows = [
        [f"`{name}`", found.title.en, f"{found.low:g} to {found.high:g}"]
        for name, found in known.evidence.items()
    ]
    source = f"Source: {known.source} (*{known.provenance}*)."
    return f"{source}\n\n" + _table(["evidence", "meaning", "probability"], rows)


def _ratings() -> str:
    known = rating_items()
    rows = [
        [
            f"`{name}`",
            item.title.en,
            ", ".join(item.by),
            "yes or no" if item.kind == "yes_no" else f"{item.low:g} to {item.high:g}",
            item.row,
        ]
        for name, item in known.items.items()
    ]
    return f"## Items of ratings\n\nSource: {known.source} (*{known.provenance}*).\n\n" + _table(
        ["item", "question", "by", "scale", "seed row"], rows
    )


if __name__ == "__main__":
    sys.stdout.write(page())
