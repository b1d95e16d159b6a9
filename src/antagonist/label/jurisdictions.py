"""Whose rules: the base rows, labels by country and route, guidelines, this project."""

from __future__ import annotations

from collections.abc import Mapping
from functools import lru_cache
from typing import Literal

from pydantic import BaseModel, ConfigDict

from antagonist.foundation.data import check_known, read_yaml, validated
from antagonist.label.facts import DATA, Both

BASE = "base"


class Jurisdiction(BaseModel):
    """One set of rules. kind: ``label`` can be chosen; the others always count."""

    model_config = ConfigDict(frozen=True, extra="forbid")

    title: Both
    kind: Literal["base", "label", "guideline", "project", "clinic"]
    route: Literal["oral", "im_xr", "implant"] | None = None


@lru_cache(maxsize=1)
def jurisdictions() -> Mapping[str, Jurisdiction]:
    """Every jurisdiction by id."""
    content = read_yaml(DATA / "jurisdictions.yaml")
    return {
        name: validated(Jurisdiction, entry, f"jurisdictions.yaml: {name}")
        for name, entry in content.items()
    }


def labels(route: str | None = None) -> tuple[str, ...]:
    """Ids of the labels that a clinic can choose, for one route or all."""
    return tuple(
        name
        for name, entry in jurisdictions().items()
        if entry.kind == "label" and route in (None, entry.route)
    )


def choices() -> tuple[str, ...]:
    """What a clinic can choose: a label, or a country with all its labels."""
    countries = dict.fromkeys(name.split("_")[0] for name in labels())
    return tuple(dict.fromkeys((*countries, *labels())))


def chosen(name: str | None) -> str | None:
    """A choice, checked. Raises InputError for one that is not known."""
    if name is not None:
        check_known(name, choices(), "", "jurisdiction")
    return name


def covers(choice: str | None, label: str) -> bool:
    """Whether a choice is a label or its country."""
    return choice in (label, label.split("_")[0])


def labels_for(choice: str | None, route: str) -> tuple[str, ...]:
    """Labels that count for a route: the chosen one, else all of them."""
    here = labels(route)
    own = tuple(name for name in here if covers(choice, name))
    return own or here


def has_label(choice: str | None, route: str) -> bool:
    """Whether a choice holds a label for a route."""
    return any(covers(choice, name) for name in labels(route))
