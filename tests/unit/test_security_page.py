"""Every item of the security standard has an answer, and what the answer names is there."""

from __future__ import annotations

import ast
import re
from collections import Counter
from collections.abc import Mapping
from functools import cache
from pathlib import Path
from typing import Any

import pytest
import yaml

from antagonist.foundation.errors import InputError
from antagonist.report.security_page import (
    DATA,
    Requirement,
    load_standard,
    main,
    security_page,
)

ROOT = Path(__file__).parents[2]
REFERENCE = ROOT / "docs" / "reference"
STANDARD = load_standard(REFERENCE / DATA)
ITEMS = STANDARD.requirements
# Items of levels 1 and 2 that each chapter of the ASVS 5.0.0 has: counted in its CSV export.
IN_CHAPTER = {
    "V1": (8, 19),
    "V2": (4, 7),
    "V3": (8, 11),
    "V4": (2, 8),
    "V5": (4, 5),
    "V6": (13, 22),
    "V7": (6, 12),
    "V8": (4, 3),
    "V9": (4, 3),
    "V10": (5, 24),
    "V11": (3, 11),
    "V12": (3, 6),
    "V13": (1, 12),
    "V14": (2, 7),
    "V15": (3, 10),
    "V16": (0, 16),
    "V17": (0, 7),
}
LONGEST_WORDS = 12


def test_the_page_is_current() -> None:
    """If it is not: python -m antagonist.report.security_page docs/reference."""
    page = (REFERENCE / "security.md").read_text(encoding="utf-8")
    assert page == security_page(STANDARD)


def test_every_item_of_both_levels_is_there() -> None:
    assert set(STANDARD.chapters) == set(IN_CHAPTER)
    counted = Counter((name.split(".")[0], item.level) for name, item in ITEMS.items())
    assert {n: (counted[n, 1], counted[n, 2]) for n in IN_CHAPTER} == IN_CHAPTER


def test_items_are_in_order_and_told_shortly() -> None:
    numbers = [tuple(map(int, name.removeprefix("V").split("."))) for name in ITEMS]
    assert numbers == sorted(numbers)
    assert all(len(item.about.split()) <= LONGEST_WORDS for item in ITEMS.values())


@cache
def functions(path: Path) -> frozenset[str]:
    """Names of the test functions of a file; those of a class stand as Class::name."""
    body = ast.parse(path.read_text(encoding="utf-8")).body
    kinds = (ast.FunctionDef, ast.AsyncFunctionDef)
    inside = {
        f"{each.name}::{node.name}"
        for each in body
        if isinstance(each, ast.ClassDef)
        for node in each.body
        if isinstance(node, kinds)
    }
    return frozenset({node.name for node in body if isinstance(node, kinds)} | inside)


def missing_tests(items: Mapping[str, Requirement]) -> list[str]:
    """Tests that are named and are not there, each after its item."""
    wrong = []
    for name, item in items.items():
        for test in item.tests:
            path, _, function = test.partition("::")
            file = ROOT / path
            bare = function.partition("[")[0]
            is_test = path.startswith("tests/") and bare.split("::")[-1].startswith("test_")
            if not (is_test and file.is_file() and bare in functions(file)):
                wrong.append(f"{name}: {test}")
    return wrong


def headings(text: str) -> set[str]:
    """Anchors of a page's headings, as GitHub makes them."""
    found = re.findall(r"^#+ +(.+?) *$", text, re.MULTILINE)
    return {re.sub(r"[^\w -]", "", heading.lower()).replace(" ", "-") for heading in found}


def missing_documents(items: Mapping[str, Requirement]) -> list[str]:
    """Documents of met items that are not there, or lack the heading, each after its item."""
    wrong = []
    for name, item in items.items():
        if item.status != "met" or not item.document:
            continue
        path, _, anchor = item.document.partition("#")
        file = ROOT / path
        known = headings(file.read_text(encoding="utf-8")) if file.is_file() else set()
        if not path.startswith("docs/") or not known or (anchor and anchor not in known):
            wrong.append(f"{name}: {item.document}")
    return wrong


def test_every_test_that_is_named_exists() -> None:
    assert missing_tests(ITEMS) == []


def test_every_document_that_is_named_exists() -> None:
    assert missing_documents(ITEMS) == []


def met(**fields: Any) -> dict[str, Requirement]:
    return {"V1": Requirement(level=1, about="a", status="met", how="b", **fields)}


@pytest.mark.parametrize(
    "test",
    [
        "tests/unit/test_security_page.py",
        "tests/unit/test_security_page.py::test_that_nobody_wrote",
        "tests/unit/test_security_page.py::missing_tests",
        "tests/unit/test_no_such_file.py::test_the_page_is_current",
        "src/antagonist/api.py::test_the_page_is_current",
    ],
)
def test_a_test_that_is_not_there_is_found(test: str) -> None:
    assert missing_tests(met(tests=(test,))) == [f"V1: {test}"]


@pytest.mark.parametrize(
    "document", ["docs/nowhere.md#sign-in", "docs/index.md#no-such-heading", "README.md"]
)
def test_a_document_that_is_not_there_is_found(document: str) -> None:
    assert missing_documents(met(document=document)) == [f"V1: {document}"]


def test_a_document_and_a_case_of_a_test_that_are_there_are_no_fault() -> None:
    here = "tests/unit/test_security_page.py::test_the_page_is_current[case]"
    items = met(document="docs/index.md#how-to-getting-one-thing-done", tests=(here,))
    assert missing_tests(items) == missing_documents(items) == []


@pytest.mark.parametrize(
    ("fields", "named"),
    [
        ({"status": "met", "how": "so"}, "names a test or a document"),
        ({"status": "met", "tests": ["t"]}, "says how"),
        ({"status": "met", "how": "so", "why": "because", "tests": ["t"]}, "no why"),
        ({"status": "open", "how": "so"}, "what is open says why"),
        ({"status": "not_applicable"}, "what is not_applicable says why"),
        ({"status": "not_applicable", "why": "none", "how": "so"}, "no how"),
        ({"status": "done", "how": "so", "tests": ["t"]}, "met"),
        ({"status": "open", "why": "later", "level": 3}, "1 or 2"),
        ({"status": "open", "why": "later", "test": "t"}, "Extra"),
    ],
)
def test_an_answer_that_is_not_whole_is_refused_with_its_line(
    fields: dict[str, Any], named: str, tmp_path: Path
) -> None:
    item = {"level": 1, "about": "a"} | fields
    content = {"name": "n", "source": "s", "chapters": {}, "requirements": {"V1.1.1": item}}
    path = tmp_path / "asvs.yaml"
    path.write_text(yaml.safe_dump(content, sort_keys=False), encoding="utf-8")
    with pytest.raises(InputError, match=rf"V1\.1\.1.*\(line \d+\).*{named}"):
        load_standard(path)


def test_the_command_writes_the_page(tmp_path: Path, capsys: pytest.CaptureFixture[str]) -> None:
    (tmp_path / "data").mkdir()
    (tmp_path / DATA).write_bytes((REFERENCE / DATA).read_bytes())
    assert main([str(tmp_path)]) == 0
    written = tmp_path / "security.md"
    assert capsys.readouterr().out == f"{written}\n"
    assert written.read_text(encoding="utf-8") == security_page(STANDARD)
    assert main([]) == 2
    assert "usage" in capsys.readouterr().err


def test_an_answer_stands_on_the_page_with_what_shows_it() -> None:
    items = met(tests=("tests/unit/a.py::test_a",), document="docs/how-to/run.md#logs")
    later = Requirement(
        level=2, about="c", status="open", why="later", how="d", document="docs/x.md"
    )
    none = Requirement(level=2, about="e", status="not_applicable", why="there is none")
    items = {"V1.1.1": items["V1"], "V1.1.2": later, "V1.1.3": none}
    standard = STANDARD.model_copy(update={"requirements": items, "chapters": {"V1": "One"}})
    page = security_page(standard)
    shown = "`unit/a.py::test_a`<br>[how-to/run.md#logs](../how-to/run.md#logs)"
    assert f"| V1.1.1 | 1 | a | b | {shown} |" in page
    assert "| V1.1.2 | 2 | c | **open**: later. Planned: d |  |" in page
    assert "| V1.1.3 | 2 | e | **does not apply**: there is none |  |" in page
    assert "| met | 1 | 0 | 1 |\n| open | 0 | 1 | 1 |\n| does not apply | 0 | 1 | 1 |" in page
