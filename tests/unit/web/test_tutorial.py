"""The tutorial's bold words are those that stand on the pages."""

from __future__ import annotations

import re
from pathlib import Path

import pytest

from antagonist.report.label_text import in_language, label_words
from antagonist.web.actions.board import board
from antagonist.web.language import catalogue, catalogues

TUTORIAL = Path(__file__).parents[3] / "docs" / "tutorial"
BOLD = re.compile(r"\*\*(.+?)\*\*", re.DOTALL)
# a patient, a button with a dose in it, the statement at the top
APART = re.compile(r"Demo |Демо |Observed: |Под наблюдением: |Decision support|Средство поддержки")


def pages_say(language: str) -> set[str]:
    """Every message and the titles of today's lines, in a language."""
    found = set()
    for path in catalogues("ru"):
        for message in catalogue(path, "ru"):
            text = message.id if language == "en" else message.string
            found |= {text} if isinstance(text, str) else set(text or ())
    return found | {
        in_language(line.title, label_words(language)) for line in board().lines.values()
    }


@pytest.mark.parametrize(
    ("language", "page"), [("en", "the-clinic.md"), ("ru", "the-clinic.ru.md")]
)
def test_the_tutorial_names_what_the_pages_show(language: str, page: str) -> None:
    text = (TUTORIAL / page).read_text(encoding="utf-8")
    bold = {" ".join(one.split()) for one in BOLD.findall(text)}
    said = pages_say(language)
    assert len(bold) > 15
    # a long label may be named by its beginning
    strange = {one for one in bold if not any(each.startswith(one) for each in said)}
    assert {one for one in strange if not APART.match(one)} == set()
