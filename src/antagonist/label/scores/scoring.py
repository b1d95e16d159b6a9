"""One patient's score from values: by adding items, by formula, or by triage."""

from __future__ import annotations

from collections.abc import Mapping
from typing import NamedTuple

from antagonist.foundation.data import check_known
from antagonist.foundation.errors import InputError
from antagonist.label.scores.catalogue import score_catalogue
from antagonist.label.scores.fields import TOTAL, checked
from antagonist.label.scores.formulas import FORMULAS
from antagonist.label.scores.models import BandSet, Score, ScoreResult, Value, rounded


class _Sum(NamedTuple):
    """What came of the values; value is None while fields are missing."""

    value: float | None
    missing: tuple[str, ...]
    at_least: str | None = None


def score(score_id: str, values: Mapping[str, Value | None]) -> ScoreResult:
    """The score of one patient.

    values: by field name; a field left out or None is not known, and never counts as 'no' or 0.
    Returns value and band, or what is missing and then no value.
    Raises InputError for an unknown score or field and for a value out of range.
    Source: each score's own, in the result.
    """
    catalogue = score_catalogue()
    check_known(score_id, catalogue, "", "score")
    return score_of(catalogue[score_id], values)


def score_of(definition: Score, values: Mapping[str, Value | None]) -> ScoreResult:
    """As ``score``, for a definition at hand."""
    known = checked(definition, values)
    summed = _HOW[definition.kind](definition, known)
    bands = {} if summed.value is None else bands_of(definition, summed.value, known)
    names = set(bands.values()) if _open_context(definition, known) else set()
    undecided = summed.value is not None and len(names) > 1
    return ScoreResult(
        score_id=definition.id,
        value=summed.value,
        band=None if undecided else next(iter(bands.values()), None),
        bands={} if undecided else bands,
        missing=_open_context(definition, known) if undecided else summed.missing,
        at_least=summed.at_least,
        inputs=known,
        source=definition.source,
        provenance=definition.provenance,
        notes=tuple(note.text for note in definition.notes if note.shown(known)),
    )


def bands_of(definition: Score, value: float, known: Mapping[str, Value]) -> dict[str, str]:
    """Band of a value by each set of bands that holds.

    value: rounded as reported. A set whose context is not known holds, for it may.
    """
    return {
        group.id: next(band.id for band in group.bands if band.holds(value))
        for group in definition.band_sets
        if _may_apply(group, known)
    }


def _may_apply(group: BandSet, known: Mapping[str, Value]) -> bool:
    return all(known.get(name, wanted) == wanted for name, wanted in group.applies.items())


def _open_context(definition: Score, known: Mapping[str, Value]) -> tuple[str, ...]:
    return tuple(name for name in definition.context if name not in known)


def _added(definition: Score, known: Mapping[str, Value]) -> _Sum:
    """The sum of all items, or a total that was given."""
    points: dict[str, float] = {}
    for name, item in definition.items.items():
        for field, form in {name: item, **item.measured_as}.items():
            if field in known:
                points[name] = form.points_for(known[field])
    missing = tuple(name for name in definition.items if name not in points)
    total = known.get(TOTAL)
    if total is None:
        return _Sum(None if missing else _reported(definition, sum(points.values())), missing)
    _check_total(definition, float(total), sum(points.values()), missing)
    return _Sum(float(total), ())


def _check_total(definition: Score, total: float, given: float, missing: tuple[str, ...]) -> None:
    """Raises InputError if a total and its items cannot both be right."""
    most = given + sum(max(definition.items[name].allowed) for name in missing)
    if not given <= total <= most:
        allowed = f"a total that agrees with the items given, {given:g} to {most:g}"
        raise InputError(f"score {definition.id}", TOTAL, total, allowed)


def _calculated(definition: Score, known: Mapping[str, Value]) -> _Sum:
    missing = tuple(name for name in definition.inputs if name not in known)
    if missing or definition.formula is None:
        return _Sum(None, missing)
    inputs = {name: known[name] for name in definition.inputs}
    value = FORMULAS[definition.formula](definition.coefficients, **inputs)
    return _Sum(_reported(definition, value), ())


def _triaged(definition: Score, known: Mapping[str, Value]) -> _Sum:
    """The highest level with a yes, unless an answer that could raise it is missing."""
    answers = dict(known)
    for name, item in definition.items.items():
        if item.asked_if is not None and known.get(item.asked_if) is False:
            answers.setdefault(name, False)
    levels = definition.levels
    reached = next(
        (i for i, level in enumerate(levels) if any(answers.get(n) for n in level.any_of)),
        len(levels) - 1,
    )
    above = {name for level in levels[:reached] for name in level.any_of}
    missing = tuple(name for name in definition.items if name in above and name not in answers)
    level = levels[reached]
    at_least = level.band if level.any_of or not missing else None
    return _Sum(None if missing else float(level.value), missing, at_least)


def _reported(definition: Score, value: float) -> float:
    return rounded(value, definition.decimals)


_HOW = {"items": _added, "formula": _calculated, "triage": _triaged}
