"""The scores and instruments that come with the package."""

from __future__ import annotations

from collections.abc import Mapping
from functools import lru_cache
from pathlib import Path
from types import MappingProxyType
from typing import Literal

from pydantic import BaseModel, ConfigDict

from antagonist.foundation.data import Lines, read_yaml, validated
from antagonist.foundation.errors import InputError
from antagonist.label.facts import DATA, Both, Provenance
from antagonist.label.scores.formulas import FORMULAS
from antagonist.label.scores.models import Score


class Instrument(BaseModel):
    """A questionnaire or scale: what it is, and what its licence lets us ship.

    items, low, high: how many items, and the total's range. score: id of the score that adds it up.
    embed: whether its item texts may stand in this repository (measures.md, section 7).
    """

    model_config = ConfigDict(frozen=True, extra="forbid")

    title: Both
    what: Both
    items: int | None = None
    low: float | None = None
    high: float | None = None
    score: str | None = None
    provenance: Provenance
    licence: Both
    licence_provenance: Provenance
    embed: Literal["yes", "with_notice", "score_only", "own_words"]


class Instruments(BaseModel):
    """The file of instruments."""

    model_config = ConfigDict(frozen=True, extra="forbid")

    source: str
    instruments: Mapping[str, Instrument]


def load_score(path: Path) -> Score:
    """A score from its file. Raises InputError naming file, line and field."""
    score = validated(Score, read_yaml(path), path.name, Lines(path))
    if score.id != path.stem:
        raise InputError(path.name, "id", score.id, f"the file's own name, {path.stem}")
    if score.formula is not None and score.formula not in FORMULAS:
        raise InputError(path.name, "formula", score.formula, ", ".join(FORMULAS))
    return score


@lru_cache(maxsize=1)
def score_catalogue() -> Mapping[str, Score]:
    """Every score by id. Raises InputError naming file, line and field."""
    loaded = [load_score(path) for path in sorted((DATA / "scores").glob("*.yaml"))]
    by_id = {score.id: score for score in loaded}
    return MappingProxyType({score.id: _with_shared(score, by_id) for score in loaded})


def _with_shared(score: Score, by_id: Mapping[str, Score]) -> Score:
    """A score with the coefficients of the one it builds on under its own."""
    if score.coefficients_of is None:
        return score
    if score.coefficients_of not in by_id:
        raise InputError(
            f"{score.id}.yaml", "coefficients_of", score.coefficients_of, ", ".join(by_id)
        )
    shared = {**by_id[score.coefficients_of].coefficients, **score.coefficients}
    return score.model_copy(update={"coefficients": shared})


@lru_cache(maxsize=1)
def instrument_catalogue() -> Mapping[str, Instrument]:
    """Every instrument by id. Raises InputError naming file, line and field."""
    path = DATA / "instruments.yaml"
    content = validated(Instruments, read_yaml(path), path.name, Lines(path))
    return MappingProxyType(dict(content.instruments))
