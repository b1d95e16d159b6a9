"""Texts and order of today's list, from its data file."""

from __future__ import annotations

from collections.abc import Mapping
from functools import lru_cache
from importlib.resources import files

import yaml

from antagonist.feedback.alarms.rules import Severity
from antagonist.label.facts import Both
from antagonist.web.accounts.rules import Strict

OTHER = "other"


class Holds(Strict):
    """Lines that a section holds. None = any."""

    kind: str
    severity: Severity | None = None
    overdue: bool | None = None

    def fits(self, kind: str, severity: str | None, overdue: bool) -> bool:
        """Whether a line is one of these."""
        return (
            self.kind == kind
            and self.severity in (None, severity)
            and self.overdue in (None, overdue)
        )


class Section(Strict):
    """One section."""

    title: Both
    holds: tuple[Holds, ...]


class LineText(Strict):
    """What lines of a kind say. Field meanings stand at the head of data/today.yaml."""

    title: Both
    do: Both | None = None
    held: Both | None = None
    ended: Both | None = None
    operation: Both | None = None
    why: Mapping[str, Both] = {}
    link: str = ""


class Board(Strict):
    """All of data/today.yaml."""

    source: str
    sections: Mapping[str, Section]
    lines: Mapping[str, LineText]

    def section_of(self, kind: str, severity: str | None, overdue: bool) -> str:
        """Where a line stands. Raises KeyError for one that no section holds."""
        for name, section in self.sections.items():
            if any(holds.fits(kind, severity, overdue) for holds in section.holds):
                return name
        raise KeyError(kind)


@lru_cache(maxsize=1)
def board() -> Board:
    """The file, checked."""
    text = files("antagonist.web").joinpath("data/today.yaml").read_text(encoding="utf-8")
    return Board.model_validate(yaml.safe_load(text))
