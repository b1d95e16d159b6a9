"""What each measure is, and published figures to set beside it: data files, checked on load."""

from __future__ import annotations

from collections.abc import Mapping
from functools import lru_cache

from pydantic import BaseModel, ConfigDict

from antagonist.feedback.contents import FEEDBACK_DATA
from antagonist.foundation.data import Lines, check_known, read_yaml, validated
from antagonist.label.facts import Both, Provenance

DEFINITIONS = FEEDBACK_DATA / "outcome_definitions.yaml"
PUBLISHED = FEEDBACK_DATA / "outcome_published.yaml"


class _Entry(BaseModel):
    model_config = ConfigDict(frozen=True, extra="forbid")


class Definition(_Entry):
    """A measure in one or two sentences, with its source."""

    title: Both
    text: Both
    source: str
    provenance: Provenance


class PublishedFigure(_Entry):
    """A figure that somebody else published. Field meanings stand in the data file."""

    row: str
    source: str
    population: str
    arm: str
    product: str
    weeks: float | None
    definition: str
    value: float
    unit: str
    n: int | None
    low: float | None
    high: float | None
    provenance: Provenance


class _Definitions(_Entry):
    measures: Mapping[str, Definition]


class _Published(_Entry):
    figures: Mapping[str, tuple[PublishedFigure, ...]]


@lru_cache(maxsize=1)
def definitions() -> Mapping[str, Definition]:
    """Measures by id. Raises InputError naming file, line and field."""
    content = {"measures": read_yaml(DEFINITIONS)}
    return validated(_Definitions, content, DEFINITIONS.name).measures


@lru_cache(maxsize=1)
def published() -> Mapping[str, tuple[PublishedFigure, ...]]:
    """Published figures by measure. Raises InputError as above, and for an unknown measure."""
    found = validated(_Published, read_yaml(PUBLISHED), PUBLISHED.name, Lines(PUBLISHED)).figures
    for name in found:
        check_known(name, definitions(), PUBLISHED.name, "figures")
    return found
