"""What one dose does to the odds at the receptor, and what many do: their sum.

The kinetics are linear, so the odds (occupied over free receptors) of a course are the sum of its
doses' own odds. One solved dose of 1 mg serves every calendar of the same product.
"""

from __future__ import annotations

from collections.abc import Iterable, Mapping
from dataclasses import dataclass

import numpy as np
from numpy.typing import NDArray

from antagonist.pharmacology.agonists import heroin_equivalent
from antagonist.pharmacology.dosing.records import Covariate, EventRecord, Subject
from antagonist.pharmacology.ensemble import Ensemble, ensemble
from antagonist.pharmacology.parameter_sets import parameter_set
from antagonist.pharmacology.responses import endpoint_of, odds_that_block
from antagonist.pharmacology.settings import Settings

Floats = NDArray[np.float64]
HourDose = tuple[int, float]  # whole hour, mg
SMALLEST_ODDS = 1e-12
PERCENTILES = (5, 50, 95)
# Odds of 1 mg over the line's odds that change no answer: 10 g would reach a thousandth of it.
_NEGLIGIBLE = 1e-7
_NOTHING_MG = 1e-12


@dataclass(frozen=True)
class Response:
    """Odds after 1 mg of one product, with everything uncertain drawn.

    odds_per_mg: shape (S, T), on whole hours from the dose on. held: parameters, each (S, 1).
    agonist_mg: the line's opioid dose as intravenous heroin, shape (S, 1) or broadcast to it.
    line: odds at which the line's share of its effect is blocked, shape (S, 1).
    """

    odds_per_mg: Floats
    held: Mapping[str, Floats]
    agonist_mg: Floats
    line: Floats

    @property
    def span_h(self) -> int:
        """Last hour that is known."""
        return int(self.odds_per_mg.shape[1]) - 1


def stated_covariates(covariates: Mapping[str, float | str | bool]) -> dict[str, Covariate]:
    """Covariates as the model files name them: true and false are yes and no."""
    words = {True: "yes", False: "no"}
    return {
        name: words[value] if isinstance(value, bool) else value
        for name, value in covariates.items()
    }


def drawn_for(
    name: str,
    records: tuple[EventRecord, ...],
    covariates: Mapping[str, float | str | bool],
    chosen: Settings,
    subjects: int = 1,
) -> Ensemble:
    """Draws of one new patient's course; the same seed gives the same patients.

    subjects: different patients in each draw, as ``ensemble`` has them.
    """
    return ensemble(
        parameter_set(chosen.parameter_set),
        Subject(name, records, covariates=stated_covariates(covariates)),
        draws=chosen.draws,
        rng=np.random.default_rng(chosen.seed),
        subjects=subjects,
    )


def one_mg(release_model: str) -> tuple[EventRecord, ...]:
    """The course that a response is of: 1 mg of a formulation at hour 0."""
    return (EventRecord(0.0, amt_mg=1.0, product=release_model),)


def response(
    release_model: str,
    covariates: Mapping[str, float | str | bool],
    chosen: Settings,
    span_h: int,
) -> Response:
    """One dose of 1 mg to one new patient over span_h hours.

    release_model: a formulation of the pharmacology. The same seed gives products of one kind the
    same patients. Raises InputError for an unknown product or one without published levels.
    """
    drawn = drawn_for("plan", one_mg(release_model), covariates, chosen)
    return response_of(drawn, chosen, span_h)


def responses(
    release_models: Iterable[str],
    covariates: Mapping[str, float | str | bool],
    chosen: Settings,
    span_h: int,
    subjects: int = 1,
) -> Mapping[str, Response]:
    """``response`` of several products in the same drawn patients, so that they can be added.

    subjects: different patients in each draw, next to each other; S is draws times subjects.
    Each row is one patient on all of the products. Raises InputError as ``response`` does.
    """
    names = sorted(set(release_models))

    def of(name: str) -> Response:
        # what the others would do is nothing; that they are there makes the draws the same
        records = tuple(
            EventRecord(0.0, amt_mg=1.0 if each == name else _NOTHING_MG, product=each)
            for each in names
        )
        drawn = drawn_for("plan", records, covariates, chosen, subjects)
        return response_of(drawn, chosen, span_h)

    return {name: of(name) for name in names}


def response_of(drawn: Ensemble, chosen: Settings, span_h: int) -> Response:
    """The response that some draws of ``one_mg`` make, over span_h hours.

    Less where it does nothing any more in any draw.
    """
    line, held = chosen.threshold, drawn.held
    agonist_mg = line.dose_mg * np.asarray(heroin_equivalent(line.agonist, line.route, held))
    over = odds_that_block(line.blocked_fraction, agonist_mg, held, endpoint_of(line.endpoint))
    line_odds = np.maximum(over, SMALLEST_ODDS)
    odds = np.maximum(drawn.signal("mu_odds", np.arange(span_h + 1.0)), 0.0)
    counts = np.flatnonzero((odds > _NEGLIGIBLE * line_odds).any(axis=0))
    lasts = int(counts.max(initial=0)) + 1
    return Response(odds[:, : lasts + 1], held, agonist_mg, line_odds)


def summed(
    unit: Response,
    doses: Iterable[HourDose],
    from_h: int,
    until_h: int,
    taken: NDArray[np.bool_] | None = None,
) -> Floats:
    """Odds of a course on the whole hours from_h to until_h, both included; shape (S, T).

    doses: hour and mg. taken: which doses each draw takes, shape (S, doses); None = all.
    What a dose still does after the response's own span is left out.
    """
    total = np.zeros((len(unit.odds_per_mg), until_h - from_h + 1))
    for i, (hour, mg) in enumerate(doses):
        first, last = max(hour, from_h), min(hour + unit.span_h, until_h)
        if first > last:
            continue
        amount_mg = mg if taken is None else mg * taken[:, i, None]
        part = unit.odds_per_mg[:, first - hour : last - hour + 1]
        total[:, first - from_h : last - from_h + 1] += amount_mg * part
    return total


def over_line(unit: Response, odds: Floats) -> Floats:
    """Logarithm of odds over the line, shape (S, T): positive where protected."""
    found: Floats = np.log(np.maximum(odds, SMALLEST_ODDS) / unit.line)
    return found


def spread(values: Floats) -> tuple[float, float, float]:
    """5th, 50th and 95th percentile over draws."""
    low, median, high = (float(x) for x in np.percentile(values, PERCENTILES))
    return low, median, high
