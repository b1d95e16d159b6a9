"""What a form of an event is, read from web/data/forms."""

from __future__ import annotations

from collections.abc import Mapping
from functools import lru_cache
from importlib.resources import as_file, files
from pathlib import Path
from types import MappingProxyType
from typing import Literal

from pydantic import BaseModel, ConfigDict

from antagonist.feedback.payloads.registry import MODELS, OWN_CALLS
from antagonist.foundation.data import Lines, read_entries, read_yaml, validated
from antagonist.foundation.errors import InputError
from antagonist.label.facts import Both
from antagonist.label.stated import stated_types

Type = Literal[
    "text", "area", "number", "whole", "choice", "radios", "yes_no", "day", "time", "approximate",
    "lines", "words", "several", "results", "rows",
]  # fmt: skip
Default = Literal[
    "me", "now", "today", "product", "planned_dose", "planned_at", "other_side", "source",
    "ctcae_version", "blood",
]  # fmt: skip
EVERY_FACT = "every_fact"


class FormField(BaseModel):
    """One question. Its name is the payload's field.

    needed: an empty answer is refused; else it means unknown. bare: said without its label.
    values, options: what may be chosen, written here or a named list (entry/options.py).
    only_if: other field and its answer ('*' = any) without which this one is not read.
    none: of a list, the answer that it is empty; without it an empty list is no answer.
    whole: the chosen value is a whole number. fields: of rows.
    """

    model_config = ConfigDict(frozen=True, extra="forbid")

    label: Both
    type: Type
    unit: str | None = None
    needed: bool = False
    bare: bool = False
    whole: bool = False
    values: Mapping[str, Both] = {}
    options: str | None = None
    default: Default | None = None
    hint: Both | None = None
    low: float | None = None
    high: float | None = None
    only_if: Mapping[str, str] = {}
    none: Both | None = None
    fields: Mapping[str, FormField] = {}


class Quick(BaseModel):
    """A button that answers some fields and takes the defaults of the others."""

    model_config = ConfigDict(frozen=True, extra="forbid")

    label: Both
    set: Mapping[str, str]


class KindForm(BaseModel):
    """A kind of event. group: where it stands among the forms; None = no form.

    of: what one event of the kind is about, such as a test, chosen before the form.
    of_field: the payload's field for it.
    """

    model_config = ConfigDict(frozen=True, extra="forbid")

    title: Both
    group: Literal["treatment", "findings", "use", "course", "file"] | None = None
    of: tuple[str, ...] | Literal["every_fact"] = ()
    of_field: str = ""
    quick: tuple[Quick, ...] = ()
    fields: Mapping[str, FormField] = {}

    @property
    def subjects(self) -> tuple[str, ...]:
        """What an event of the kind can be about; empty for a kind that is one form."""
        if self.of == EVERY_FACT:
            return tuple(stated_types())
        return tuple(self.of)


class Names(BaseModel):
    """Names that the label's data lack."""

    model_config = ConfigDict(frozen=True, extra="forbid")

    analytes: Mapping[str, Both]
    results: Mapping[str, Both]
    units: Mapping[str, Mapping[Literal["en", "ru"], str]]
    groups: Mapping[str, Both]


@lru_cache(maxsize=1)
def kinds() -> Mapping[str, KindForm]:
    """Every kind of event. Raises InputError for a file that does not fit the record's kinds."""
    found: dict[str, KindForm] = {}
    with as_file(files("antagonist.web").joinpath("data/forms")) as folder:
        for path in sorted(folder.glob("*.yaml")):
            found |= read_entries(KindForm, path)
    for name in found.keys() ^ MODELS.keys():
        raise InputError("web/data/forms", name, None, "each kind of the record, and no other")
    for name in OWN_CALLS & {name for name, form in found.items() if form.group}:
        raise InputError(
            "web/data/forms", name, "group", "no form for what calls of their own write"
        )
    return MappingProxyType(found)


@lru_cache(maxsize=1)
def names() -> Names:
    """Names of analytes, units and groups. Raises InputError naming line and field."""
    path = Path(str(files("antagonist.web").joinpath("data/names.yaml")))
    return validated(Names, read_yaml(path), path.name, Lines(path))


def recordable() -> Mapping[str, KindForm]:
    """Kinds that have a form."""
    return {name: form for name, form in kinds().items() if form.group}
