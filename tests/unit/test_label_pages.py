"""The reference pages that are made from the label's data are current, whole and readable."""

from __future__ import annotations

import re
from collections.abc import Mapping
from pathlib import Path
from typing import Any

import pytest
import yaml

from antagonist.label.coverage import coverage, statements
from antagonist.label.facts import Fact, fact_types
from antagonist.label.gathered import gathered, moment
from antagonist.label.patient import parse_patient
from antagonist.label.rulebook import all_rules
from antagonist.label.side_effects import side_effects
from antagonist.label.stated import stated_types
from antagonist.report.label_markdown import main, pages

DOCS = Path(__file__).parents[2] / "docs" / "reference"
PAGES = pages()
PATIENT = (DOCS / "patient-file.md").read_text(encoding="utf-8")
EXAMPLE = DOCS.parents[1] / "examples" / "patients" / "eligible_opioid.yaml"


@pytest.mark.parametrize("name", PAGES)
def test_a_page_is_current(name: str) -> None:
    """If it is not: python -m antagonist.report.label_markdown docs/reference."""
    assert (DOCS / name).read_text(encoding="utf-8") == PAGES[name]


def test_the_command_writes_every_page(tmp_path: Path, capsys: pytest.CaptureFixture[str]) -> None:
    assert main([str(tmp_path)]) == 0
    assert {path.name for path in tmp_path.iterdir()} == set(PAGES)
    assert len(capsys.readouterr().out.splitlines()) == len(PAGES)
    assert (tmp_path / "facts.md").read_text(encoding="utf-8") == PAGES["facts.md"]
    assert main([]) == 2
    assert "usage" in capsys.readouterr().err


def cells(page: str, first: str) -> list[str]:
    """Cells of the one table row that begins with a cell."""
    (row,) = (line for line in page.splitlines() if line.startswith(f"| {first} |"))
    return [cell.strip() for cell in re.split(r"(?<!\\)\|", row)[1:-1]]


def test_every_row_stands_on_the_coverage_page_with_what_represents_it() -> None:
    for row, references in coverage().items():
        found = cells(PAGES["coverage.md"].split("## The coded list")[0], row)
        assert found[1] == statements()[row].en
        for reference in references:
            assert reference.kind == "information" or f"`{reference.id}`" in found[2]
            assert all(f"`{test.removeprefix('tests/')}`" in found[3] for test in reference.tests)
        assert references or found[2].startswith("**left out**: ")


def test_information_stands_on_the_page_with_what_labels_say() -> None:
    page = PAGES["coverage.md"]
    assert "no addiction and no dependence" in cells(page, "M2")[2]
    assert "US label" in cells(page, "M2")[2]
    assert "narrowing of the pupils" in cells(page, "M3")[2]
    assert "unknown mechanism (US label)" in cells(page, "M3")[2]


def test_every_code_stands_on_the_coverage_page_with_its_doubts() -> None:
    page = PAGES["coverage.md"]
    for term in side_effects().terms.values():
        for code in term.codes:
            places = re.findall(rf"\b{code.code}\b[^|<]*", page)
            assert places
            assert all(("outside the set" in place) is not code.in_free_set for place in places)
            assert all(("nearest" in place) == (code.meaning == "nearest") for place in places)


def sections() -> Mapping[str, str]:
    """Rule id -> its section of the page."""
    parts = re.split(r"^### ", PAGES["rules.md"], flags=re.MULTILINE)[1:]
    return {part.split("\n", 1)[0]: part for part in parts}


def test_every_rule_has_its_section_with_source_and_every_case() -> None:
    found = sections()
    assert set(found) == {rule.id for rule in all_rules()}
    for rule in all_rules():
        text = found[rule.id]
        assert f"`{rule.severity}` · " in text
        assert all(source in text for source in rule.source)
        rows = [line for line in text.splitlines() if line.startswith("|")][2:]
        assert len(rows) == len(rule.cases)
        for row, case in zip(rows, rule.cases, strict=True):
            assert row.endswith(f"| {case.gives} |")


def test_a_case_shows_values_units_ages_and_gaps() -> None:
    found = sections()
    assert "| COWS of 25 h ago | " in found["withdrawal-present"]
    assert ": 4 (25 hours old); " in found["withdrawal-present"]
    assert "| nothing known | unknown |" in found["withdrawal-present"]
    assert "(the list is not whole)" in PAGES["rules.md"]
    assert ": never" in PAGES["rules.md"]
    assert re.search(r": 71\.9 hours \| true \|", found["surgery-oral"])


def test_a_rule_says_what_is_stricter_dated_or_may_be_softened() -> None:
    found = sections()
    assert "Stricter here than in the collected source (`warn`)" in found["age-over-65"]
    assert "- Opens with time: " in found["opioid-free-base"]
    assert "reaches 10 days" in found["opioid-free-base"]
    assert "A chosen label may soften it" in found["hepatitis-base"]


def test_headings_are_unique_so_that_links_reach_them() -> None:
    for page in PAGES.values():
        titles = re.findall(r"^#+ (.*)$", page, flags=re.MULTILINE)
        anchors = [title.lower().replace(" ", "-") for title in titles]
        assert len(anchors) == len(set(anchors))
        for anchor in re.findall(r"\]\(#([^)]*)\)", page):
            assert anchor in anchors


def test_links_between_the_pages_reach_something() -> None:
    anchors = set(sections())
    for text in (*PAGES.values(), PATIENT):
        for target in re.findall(r"\]\(([^)#]+)(?=[)#])", text):
            assert (DOCS / target).exists(), target
    for anchor in re.findall(r"rules\.md#([^)]*)\)", PAGES["coverage.md"]):
        assert anchor in anchors


def test_every_fact_stands_on_the_page_and_says_how_it_is_given() -> None:
    for name, kind in fact_types().items():
        found = cells(PAGES["facts.md"], f"`{name}`")
        assert found[1:3] == [kind.title.en, kind.title.ru]
        assert found[8] == ("stated" if name in stated_types() else "made")
        assert bool(found[7]) == (kind.stale_h is not None)


def blocks() -> list[dict[str, Any]]:
    found = re.findall(r"```yaml\n(.*?)```", PATIENT, flags=re.DOTALL)
    return [yaml.safe_load(block) for block in found]


def facts_of(content: Mapping[str, Any]) -> Mapping[str, Fact]:
    patient = parse_patient(content, "patient-file.md")
    return gathered(patient, moment(patient)).facts


def test_the_example_of_the_patients_file_is_read_and_is_part_of_the_example() -> None:
    whole = yaml.safe_load(EXAMPLE.read_text(encoding="utf-8"))
    first = blocks()[0]
    assert {k: v for k, v in first.items() if k != "facts"}.items() <= whole.items()
    assert first["facts"].items() <= whole["facts"].items()
    facts = facts_of(first)
    # heroin on 11 or 12 November: counted from the later, on 25 November
    assert facts["days_since_opioid"].value == 13
    assert "pregnancy_test" not in facts


def test_sources_that_differ_are_unknown_as_the_page_says() -> None:
    first, second = blocks()
    fact = facts_of(first | second)["lactose_intolerance"]
    assert (fact.value, fact.state) == (None, "conflict")
