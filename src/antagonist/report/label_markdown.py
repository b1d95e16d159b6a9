"""Reference pages that are made from the label's data: coverage, rules, facts.

``python -m antagonist.report.label_markdown docs/reference`` writes them.
"""

from __future__ import annotations

import sys
from collections.abc import Sequence
from itertools import groupby
from pathlib import Path

from antagonist.foundation.data import read_yaml
from antagonist.label.coverage import Reference, coverage, left_out, rules_left_out, statements
from antagonist.label.facts import DATA, FactType, fact_types
from antagonist.label.rulebook import all_rules
from antagonist.label.side_effects import Code, Word, side_effects
from antagonist.report.calibration_rows import table
from antagonist.report.files import write_together
from antagonist.report.label_spec import MADE, rules_page
from antagonist.report.label_text import amount, label_words, number_text, provenance_text

COMMAND = "`python -m antagonist.report.label_markdown docs/reference`."
_PAGE_OF = {
    "rule": "rules.md#{id}",
    "product": "formulary.md",
    "brand": "formulary.md",
    "price": "formulary.md",
    "model": "../explanation/model.md",
}
_COVERAGE_HEAD = f"""# Coverage: what stands for each row of the base text

{MADE}
{COMMAND}

Every row of the base text is represented by something that can be looked up and tested, or it is
left out with the reason. `tests/unit/label/test_coverage.py` fails on a row, or a rule of the
collected labels and guidelines, that is neither, and on a test named here that does not exist.
"""
_CODES_HEAD = """## The coded list: side effects, symptoms after a stop, alarms

The base text's organ groups differ from the standard ones, so both stand here. A term that several
words name counts once. Half of these words may also be opioid withdrawal: `COWS` names the item of
that scale for the same complaint; store its onset against the last opioid and the last dose.

Term names are in the style of MedDRA; no MedDRA code or extract is shipped. SNOMED CT codes and
displays are of the IPS Free Set (CC BY 4.0, see [NOTICE](../../NOTICE)), except those marked
'outside the set': recalled, not for exchange before they are checked. `nearest` is not the same
concept. A code without a display was listed without one.
"""
_FACTS_HEAD = f"""# Facts: the dictionary

{MADE}
{COMMAND}

Everything that rules can read, from the files in `src/antagonist/label/data/facts/`. A fact that is
missing, stale or in conflict is unknown; unknown is never 'no'.

- **given**: `stated` stands under `facts:` of the [patient's file](patient-file.md); `made` comes
  from another part of that file or of the plan (history, urine tests, medicines, doses, product);
  what is made is never written by hand.
- **about**: the patient, the plan, or the visit.
- **unit**: of a number; in brackets other units that are accepted and converted. `upper limit`: the
  laboratory's own must be given, or the multiple of it is unknown.
- **stale after**: older than that it does not count; a rule can state its own limit. Blank: never.
"""


def coverage_page() -> str:
    """The page docs/reference/coverage.md, in English. Ends in one newline."""
    said = statements()
    rows = [
        [row, said[row].en, _represented(row, references), _tests(references)]
        for row, references in coverage().items()
    ]
    parts = [
        _COVERAGE_HEAD,
        table(["row", "statement", "represented by", "shown by the tests"], rows) + "\n",
        _rules_section(),
        _CODES_HEAD,
        _codes_table(),
    ]
    return "\n".join(parts) + "\n"


def _represented(row: str, references: Sequence[Reference]) -> str:
    if not references:
        return f"**left out**: {left_out()[row].en}"
    parts = []
    for kind, found in groupby(references, lambda reference: reference.kind):
        parts.append(f"{kind.replace('_', ' ')}: {', '.join(map(_named, found))}")
    return "<br>".join(parts)


def _named(reference: Reference) -> str:
    if reference.kind == "information" and reference.text is not None:
        return reference.text.en
    page = _PAGE_OF.get(reference.kind)
    name = f"`{reference.id}`"
    if page is not None:
        name = f"[{name}]({page.format(id=reference.id)})"
    return f"{name} ({reference.text.en})" if reference.text else name


def _tests(references: Sequence[Reference]) -> str:
    named = dict.fromkeys(test for reference in references for test in reference.tests)
    return "<br>".join(f"`{test.removeprefix('tests/')}`" for test in named)


def _rules_section() -> str:
    out = rules_left_out()
    lines = [
        "## Rules of the collected labels and guidelines",
        "",
        f"Each stands under its own id in [rules](rules.md), {len(all_rules())} rules in all, this "
        "project's own among them. Left out: "
        + ("; ".join(f"`{name}` ({why.en})" for name, why in out.items()) or "none")
        + ".",
    ]
    return "\n".join(lines) + "\n"


def _codes_table() -> str:
    found = side_effects()
    rows = [_coded(word, term) for word in found.words for term in word.terms]
    head = ["row", "word", "group of the base text", "term", "in Russian", "organ system"]
    return table([*head, "SNOMED CT", "COWS"], rows)


def _coded(word: Word, term_id: str) -> list[str]:
    found = side_effects()
    term = found.terms[term_id]
    system = found.organ_systems[term.organ_system].en if term.organ_system else ""
    return [
        word.row or "alarm",
        word.text.en,
        found.groups[word.group].title.en,
        term.title.en,
        term.title.ru,
        system,
        "<br>".join(map(_code, term.codes)),
        f"`{term.cows}`" if term.cows else "",
    ]


def _code(code: Code) -> str:
    shown = f"{code.code} {code.display}" if code.display else code.code
    notes = [
        *(["nearest"] if code.meaning == "nearest" else []),
        *([code.when.en] if code.when else []),
        *([] if code.in_free_set else ["outside the set"]),
    ]
    return f"{shown} ({'; '.join(notes)})" if notes else shown


def facts_page() -> str:
    """The page docs/reference/facts.md, in English with Russian titles. Ends in one newline."""
    parts = [_FACTS_HEAD]
    for path in sorted((DATA / "facts").glob("*.yaml")):
        rows = [_fact_row(name, fact_types()[name]) for name in read_yaml(path)]
        head = ["fact", "title", "in Russian", "kind", "unit or values", "from", "to"]
        head += ["stale after", "given", "about", "read"]
        parts.append(f"## {path.stem.capitalize()}\n\n{table(head, rows)}\n")
    return "\n".join(parts).rstrip("\n") + "\n"


def _fact_row(name: str, kind: FactType) -> list[str]:
    words = label_words("en")
    ends = ["" if end is None else number_text(end, words) for end in (kind.low, kind.high)]
    return [
        f"`{name}`",
        kind.title.en,
        kind.title.ru,
        kind.kind.replace("_", " or "),
        _unit_or_values(kind),
        *ends,
        _stale(kind),
        "made" if kind.derived or kind.kind == "set" else "stated",
        kind.about,
        provenance_text(kind.provenance, words),
    ]


def _unit_or_values(kind: FactType) -> str:
    if kind.values:
        return ", ".join(f"`{value}`" for value in kind.values)
    if kind.unit is None:
        return ""
    units = f" ({', '.join(f'`{unit}`' for unit in kind.units)})" if kind.units else ""
    limit = ", upper limit" if kind.needs_upper_limit else ""
    return f"`{kind.unit}`{units}{limit}"


def _stale(kind: FactType) -> str:
    words = label_words("en")
    if kind.stale_after_days is not None:
        return amount(kind.stale_after_days, "d", words)
    return amount(kind.stale_after_h, "h", words) if kind.stale_after_h is not None else ""


def pages() -> dict[str, str]:
    """Every page of this kind: file name in docs/reference -> text."""
    return {
        "coverage.md": coverage_page(),
        "rules.md": rules_page(all_rules()),
        "facts.md": facts_page(),
    }


def main(arguments: Sequence[str]) -> int:
    """Write the pages into the one folder that is named. Returns the exit code."""
    if len(arguments) != 1:
        print("usage: python -m antagonist.report.label_markdown FOLDER", file=sys.stderr)
        return 2
    contents = {name: text.encode() for name, text in pages().items()}
    for path in write_together(Path(arguments[0]), contents):
        print(path)
    return 0


if __name__ == "__main__":
    raise SystemExit(main(sys.argv[1:]))
