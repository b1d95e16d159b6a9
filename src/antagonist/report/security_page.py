"""The reference page of the security standard: each requirement and what shows that it is met.

``python -m antagonist.report.security_page docs/reference`` makes it from ``data/asvs.yaml`` there.
"""

from __future__ import annotations

import sys
from collections import Counter
from collections.abc import Mapping, Sequence
from itertools import groupby
from pathlib import Path
from typing import Literal, Self, get_args

from pydantic import BaseModel, ConfigDict, Field, model_validator

from antagonist.foundation.data import Lines, read_yaml, validated
from antagonist.report.calibration_rows import table
from antagonist.report.files import write_together
from antagonist.report.label_spec import MADE

Status = Literal["met", "open", "not_applicable"]
DATA = "data/asvs.yaml"
PAGE = "security.md"
_HEAD = f"""# Security: the standard, item by item

{MADE}
`python -m antagonist.report.security_page docs/reference`, from [asvs.yaml](data/asvs.yaml).

"""
_BELOW = """
What each item asks is told in few words of our own; the standard itself has the exact text. An item
is **met** when a test or a document named beside it shows so, **open** while something is missing,
and it **does not apply** where the software lacks what the item speaks of. Tests stand under
`tests/`; `tests/unit/test_security_page.py` fails on an item without an answer and on a test or a
document that is not there.
"""


class Requirement(BaseModel):
    """One item. about: what it asks; how: what the software does; why: what is missing or absent.

    tests: pytest node ids; document: a page and its heading, ``docs/...md#heading``.
    """

    model_config = ConfigDict(extra="forbid", frozen=True)

    level: Literal[1, 2]
    about: str = Field(min_length=1)
    status: Status
    how: str = ""
    why: str = ""
    tests: tuple[str, ...] = ()
    document: str = ""

    @model_validator(mode="after")
    def _answered(self) -> Self:
        if self.status == "met" and (not self.how or self.why):
            raise ValueError("what is met says how, and no why")
        if self.status == "met" and not (self.tests or self.document):
            raise ValueError("what is met names a test or a document")
        if self.status != "met" and not self.why:
            raise ValueError(f"what is {self.status} says why")
        if self.status == "not_applicable" and (self.how or self.document):
            raise ValueError("what does not apply says why, and no how and no document")
        return self


class Standard(BaseModel):
    """The standard. name: with its version; chapters: number -> title; requirements: id -> item."""

    model_config = ConfigDict(extra="forbid", frozen=True)

    name: str
    source: str
    chapters: Mapping[str, str]
    requirements: Mapping[str, Requirement]


def load_standard(path: Path) -> Standard:
    """The items and their answers. Raises InputError naming file, field and line."""
    return validated(Standard, read_yaml(path), path.name, Lines(path))


def security_page(standard: Standard) -> str:
    """The page docs/reference/security.md, in English. Ends in one newline."""
    found = standard.requirements
    named = f"All {len(found)} items of levels 1 and 2 of the {standard.name}\n({standard.source})."
    parts = [f"{_HEAD}{named}\n{_BELOW}", _counts(list(found.values()))]
    for number, ids in groupby(found, lambda name: name.split(".")[0]):
        rows = [_row(name, found[name]) for name in ids]
        heading = f"## {number} {standard.chapters[number]}\n"
        parts.append(f"{heading}\n{table(['item', 'level', 'asks', 'answer', 'shown by'], rows)}\n")
    return "\n".join(parts)


def _counts(items: Sequence[Requirement]) -> str:
    counted = Counter((item.status, item.level) for item in items)
    rows = []
    for status in get_args(Status):
        level1, level2 = counted[status, 1], counted[status, 2]
        rows.append([_said(status), str(level1), str(level2), str(level1 + level2)])
    return table(["status", "level 1", "level 2", "together"], rows) + "\n"


def _said(status: str) -> str:
    return "does not apply" if status == "not_applicable" else status


def _row(name: str, item: Requirement) -> list[str]:
    if item.status == "met":
        answer = item.how
    else:
        planned = f". Planned: {item.how}" if item.how else ""
        answer = f"**{_said(item.status)}**: {item.why}{planned}"
    return [name, str(item.level), item.about, answer, "<br>".join(_shown(item))]


def _shown(item: Requirement) -> list[str]:
    shown = [f"`{test.removeprefix('tests/')}`" for test in item.tests]
    # what is open may name a page that is not written yet: no link to it
    if item.document and item.status == "met":
        shown.append(f"[{item.document.removeprefix('docs/')}]({_from_here(item.document)})")
    return shown


def _from_here(document: str) -> str:
    """The address of a document as seen from docs/reference."""
    return "../" + document.removeprefix("docs/")


def main(arguments: Sequence[str]) -> int:
    """Write the page into the one folder that is named. Returns the exit code."""
    if len(arguments) != 1:
        print("usage: python -m antagonist.report.security_page FOLDER", file=sys.stderr)
        return 2
    folder = Path(arguments[0])
    text = security_page(load_standard(folder / DATA))
    for path in write_together(folder, {PAGE: text.encode()}):
        print(path)
    return 0


if __name__ == "__main__":
    raise SystemExit(main(sys.argv[1:]))
