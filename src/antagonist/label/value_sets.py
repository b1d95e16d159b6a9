"""Active ingredients by name, and the named sets of them that rules ask for."""

from __future__ import annotations

from collections.abc import Collection, Iterator, Mapping
from functools import lru_cache
from pathlib import Path
from typing import Literal

from pydantic import BaseModel, ConfigDict, Field

from antagonist.foundation.data import Lines, check_known, read_entries, read_yaml, validated
from antagonist.foundation.errors import InputError
from antagonist.label.facts import DATA, Both, Provenance

MEDICINES = DATA / "medicines.yaml"
SETS = DATA / "value_sets.yaml"


class _Entry(BaseModel):
    model_config = ConfigDict(frozen=True, extra="forbid")


class Code(_Entry):
    """A code that was read somewhere. of: whether it names the ingredient or one product of it."""

    system: Literal["ATC", "RxNorm", "NDC"]
    code: str = Field(min_length=1)
    of: Literal["ingredient", "product"]
    source: str = Field(min_length=1)
    provenance: Provenance


class Ingredient(_Entry):
    """An active ingredient, or a combined product that rules tell apart by an id of its own.

    contains: ids of a combined product's parts; empty for a single ingredient.
    naltrexone_mg_per_unit: mg of naltrexone in one tablet; None = not stated.
    """

    en: str = Field(min_length=1)
    ru: str = Field(min_length=1)
    synonyms: tuple[str, ...] = ()
    contains: tuple[str, ...] = ()
    naltrexone_mg_per_unit: float | None = Field(default=None, gt=0)
    codes: tuple[Code, ...] = ()
    note: Both | None = None


class ValueSet(_Entry):
    """A named set of ingredients, with where its members come from."""

    title: Both
    members: tuple[str, ...] = ()
    includes: tuple[str, ...] = ()
    source: tuple[str, ...] = Field(min_length=1)
    provenance: Provenance
    note: Both | None = None


class _Names(_Entry):
    source: str
    provenance: Provenance


class _Medicines(_Entry):
    names: _Names
    ingredients: Mapping[str, Ingredient]


def load_ingredients(path: Path) -> Mapping[str, Ingredient]:
    """Ingredients of a file by id. Raises InputError naming file, line and field."""
    found = validated(_Medicines, read_yaml(path), path.name, Lines(path)).ingredients
    for name, entry in found.items():
        for part in entry.contains:
            check_known(part, found, path.name, f"ingredients.{name}.contains")
    return found


def load_value_sets(path: Path, known: Collection[str]) -> Mapping[str, ValueSet]:
    """Value sets of a file by name. known: ingredient ids.

    Raises InputError naming file, line and field; also for a member that is no ingredient.
    """
    found = read_entries(ValueSet, path)
    for name, entry in found.items():
        for member in entry.members:
            check_known(member, known, path.name, f"{name}.members")
        for other in entry.includes:
            check_known(other, found, path.name, f"{name}.includes")
    return found


def written_out(sets: Mapping[str, ValueSet]) -> Mapping[str, frozenset[str]]:
    """Ingredient ids of value sets, with what each includes.

    Raises InputError for a set that includes itself.
    """
    return {name: _members(name, sets, ()) for name in sets}


def _members(name: str, sets: Mapping[str, ValueSet], above: tuple[str, ...]) -> frozenset[str]:
    if name in above:
        allowed = "a set that does not lead back to itself"
        raise InputError(SETS.name, f"{above[0]}.includes", name, allowed)
    entry = sets[name]
    included = (_members(other, sets, (*above, name)) for other in entry.includes)
    return frozenset(entry.members).union(*included)


@lru_cache(maxsize=1)
def ingredients() -> Mapping[str, Ingredient]:
    """Every ingredient by id."""
    return load_ingredients(MEDICINES)


@lru_cache(maxsize=1)
def value_set_details() -> Mapping[str, ValueSet]:
    """Every value set as its file has it: title, source, provenance, note."""
    return load_value_sets(SETS, ingredients())


@lru_cache(maxsize=1)
def value_sets() -> Mapping[str, frozenset[str]]:
    """Ingredient ids of every value set, included sets written out."""
    return written_out(value_set_details())


def ingredient_id(name: str) -> str | None:
    """Id of an ingredient by its id, a name or a listed synonym, without regard to case.

    The whole name counts, never a part of it. None = not known, which is never 'harmless'.
    """
    return _by_name().get(_spoken(name))


def combination_id(parts: Collection[str]) -> str | None:
    """Id of the combined product that holds exactly some ingredients; None = it has none.

    parts: ingredient ids of one medicine.
    """
    return _by_parts().get(frozenset(parts)) if len(set(parts)) > 1 else None


def names_of(name: str, entry: Ingredient) -> Iterator[str]:
    """Every name that finds an ingredient, as it is looked up."""
    for spoken in (name, name.replace("_", " "), entry.en, entry.ru, *entry.synonyms):
        yield _spoken(spoken)


def _spoken(name: str) -> str:
    return " ".join(name.casefold().split())


def by_name(known: Mapping[str, Ingredient], source: str) -> Mapping[str, str]:
    """Id for every name of some ingredients. Raises InputError for a name that has two."""
    found: dict[str, str] = {}
    for name, entry in known.items():
        for spoken in names_of(name, entry):
            if found.setdefault(spoken, name) != name:
                allowed = f"each name for one ingredient; it is also one of {found[spoken]}"
                raise InputError(source, f"ingredients.{name}", spoken, allowed)
    return found


@lru_cache(maxsize=1)
def _by_name() -> Mapping[str, str]:
    return by_name(ingredients(), MEDICINES.name)


@lru_cache(maxsize=1)
def _by_parts() -> Mapping[frozenset[str], str]:
    return {frozenset(e.contains): name for name, e in ingredients().items() if e.contains}
