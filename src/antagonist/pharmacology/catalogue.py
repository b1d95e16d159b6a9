"""Load the data files of this room: structures, formulations."""

from __future__ import annotations

import os
from collections.abc import Mapping, Sequence
from functools import lru_cache
from pathlib import Path
from typing import Any

from antagonist.foundation.data import near_match, read_yaml, validated
from antagonist.foundation.errors import InputError
from antagonist.pharmacology.dosing.records import EventRecord
from antagonist.pharmacology.models import Formulation, Structure

# Set for replay only: a decision of the record is re-run on the data that it was made with.
DATA = Path(os.environ.get("ANTAGONIST_PHARMACOLOGY_DATA") or Path(__file__).parent / "data")


def _merge(base: Mapping[str, Any], extra: Mapping[str, Any]) -> dict[str, Any]:
    """A variant on its base: lists grow, mappings are updated, the rest is replaced."""
    merged = dict(base)
    for key, value in extra.items():
        if key == "based_on":
            continue
        if isinstance(value, list) and key in base:
            merged[key] = [*base[key], *value]
        elif isinstance(value, dict) and key in base:
            merged[key] = {**base[key], **value}
        else:
            merged[key] = value
    return merged


def structure_content(path: Path) -> dict[str, Any]:
    """Content of a structure file with what it is based on (a file beside it) merged in."""
    content = read_yaml(path)
    if "based_on" not in content:
        return content
    return _merge(structure_content(path.with_name(f"{content['based_on']}.yaml")), content)


def load_structure(path: Path) -> Structure:
    """A structure from its file. Raises InputError naming file and field."""
    return validated(Structure, structure_content(path), path.name)


@lru_cache(maxsize=32)
def structure(name: str) -> Structure:
    """A structure that comes with the package, by id."""
    path = DATA / "structures" / f"{name}.yaml"
    if not path.exists():
        known = sorted(p.stem for p in path.parent.glob("*.yaml"))
        raise InputError("", "structure", name, near_match(name, known))
    return load_structure(path)


def load_formulation(path: Path) -> Formulation:
    """A formulation from its file. Raises InputError naming file and field."""
    return validated(Formulation, read_yaml(path), path.name)


@lru_cache(maxsize=1)
def formulations() -> Mapping[str, Formulation]:
    """Every formulation that comes with the package, by product id and alias."""
    found: dict[str, Formulation] = {}
    for path in sorted((DATA / "release").glob("*.yaml")):
        formulation = load_formulation(path)
        for name in (formulation.id, *formulation.aliases):
            found[name] = formulation
    return found


def products_of(records: Sequence[EventRecord]) -> dict[str, Formulation]:
    """Formulations that the records use.

    Raises InputError for an unknown product or one without published levels.
    """
    known = formulations()
    found: dict[str, Formulation] = {}
    for record in records:
        name = record.product
        if name is None:
            continue
        if name not in known:
            raise InputError("", "product", name, near_match(name, known))
        if known[name].status == "no_data":
            reason = known[name].note or "no published levels"
            raise InputError("", "product", name, f"no data: {reason}")
        found[name] = known[name]
    return found
