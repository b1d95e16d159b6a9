"""Side effects, symptoms after a stop and alarm signs as coded terms, checked on load."""

from __future__ import annotations

from collections.abc import Mapping
from functools import lru_cache
from pathlib import Path
from typing import Annotated, Literal

from pydantic import BaseModel, ConfigDict, Field, StringConstraints, model_validator

from antagonist.foundation.data import Lines, check_known, read_yaml, validated
from antagonist.foundation.errors import InputError
from antagonist.label.facts import DATA, Both, Provenance
from antagonist.label.regimens import RowId
from antagonist.label.scores import score_catalogue


class _Entry(BaseModel):
    model_config = ConfigDict(frozen=True, extra="forbid")


class Code(_Entry):
    """A SNOMED CT code. Field meanings stand at the head of data/side_effects.yaml."""

    code: Annotated[str, StringConstraints(pattern=r"^[1-9][0-9]{5,17}$")]
    display: str | None
    meaning: Literal["exact", "also", "nearest"] = "exact"
    when: Both | None = None
    in_free_set: bool = True
    provenance: Provenance

    @model_validator(mode="after")
    def _whole(self) -> Code:
        if (self.meaning == "also") != (self.when is not None):
            raise ValueError("a code that is 'also' needs 'when', and no other has it")
        if self.in_free_set != (self.provenance == "seen"):
            raise ValueError("a code of the free set was seen there, and no other was")
        return self


class Term(_Entry):
    """One thing that can happen. organ_system: None = a condition of the patient."""

    title: Both
    organ_system: str | None = None
    phr_symptom: bool = False
    cows: str | None = None
    codes: tuple[Code, ...] = Field(min_length=1)

    @property
    def preferred(self) -> Code | None:
        """The code to exchange: of the free set, exact before nearest; None = there is none."""
        usable = [code for code in self.codes if code.in_free_set and code.meaning != "also"]
        return min(usable, key=lambda code: code.meaning != "exact", default=None)


class Word(_Entry):
    """A word of the base text, or an alarm of this project (``row`` None), and what it means."""

    row: RowId | None
    text: Both
    group: str
    terms: tuple[str, ...] = Field(min_length=1)
    note: Both | None = None


class Group(_Entry):
    """The organ group of the base text, which differs from the standard one."""

    title: Both
    rows: tuple[RowId, ...] = ()


class SideEffects(_Entry):
    """The coded list: words of the rows, terms with codes, both kinds of group."""

    source: str
    groups: Mapping[str, Group]
    organ_systems: Mapping[str, Both]
    terms: Mapping[str, Term]
    words: tuple[Word, ...]

    def terms_of(self, row: str | None) -> tuple[str, ...]:
        """Ids of the terms of a row of the base text (None = the alarms), each once."""
        named = (term for word in self.words if word.row == row for term in word.terms)
        return tuple(dict.fromkeys(named))


def load_side_effects(path: Path) -> SideEffects:
    """The coded list of a file.

    Raises InputError naming file, line and field; also for a name that stands for nothing.
    """
    found = validated(SideEffects, read_yaml(path), path.name, Lines(path))
    _check_words(found, path.name)
    items = score_catalogue()["cows"].items
    for name, term in found.terms.items():
        if term.organ_system is not None:
            check_known(
                term.organ_system, found.organ_systems, path.name, f"terms.{name}.organ_system"
            )
        if term.cows is not None:
            check_known(term.cows, items, path.name, f"terms.{name}.cows")
    return found


def _check_words(found: SideEffects, source: str) -> None:
    for index, word in enumerate(found.words):
        where = f"words[{index}]"
        check_known(word.group, found.groups, source, f"{where}.group")
        for name in word.terms:
            check_known(name, found.terms, source, f"{where}.terms")
        rows = found.groups[word.group].rows or (None,)
        if word.row not in rows:
            raise InputError(source, f"{where}.row", word.row, f"a row of the group {word.group}")


@lru_cache(maxsize=1)
def side_effects() -> SideEffects:
    """The coded list that comes with the package (seed rows S2-S6, W1, W2 and alarms)."""
    return load_side_effects(DATA / "side_effects.yaml")
