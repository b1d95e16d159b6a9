"""The main job: from a dosing history to levels, blockade, times of protection and challenges."""

from __future__ import annotations

from collections.abc import Mapping, Sequence
from dataclasses import replace

import numpy as np
from numpy.typing import NDArray

from antagonist.pharmacology.agonists import agonist, heroin_equivalent
from antagonist.pharmacology.catalogue import formulations
from antagonist.pharmacology.challenge import challenge_points
from antagonist.pharmacology.dosing.records import Course
from antagonist.pharmacology.ensemble import Ensemble, Group, counts, ensembles
from antagonist.pharmacology.kernel.trajectories import Steps
from antagonist.pharmacology.parameter_sets import ParameterSet, parameter_set
from antagonist.pharmacology.percentiles import hourly_quantiles, quantiles
from antagonist.pharmacology.protection import Statement, stated_time, statements
from antagonist.pharmacology.responses import (
    ENDPOINTS,
    blocked,
    endpoint_of,
    odds_that_block,
)
from antagonist.pharmacology.results import (
    QUANTILES,
    Band,
    Forecast,
    Note,
    Now,
    Provenance,
    StatedTime,
    Threshold,
)
from antagonist.pharmacology.settings import Settings, defaults, settings
from antagonist.pharmacology.subjects import Include

Floats = NDArray[np.float64]
SMALLEST_ODDS = 1e-12
QUANTITIES: Mapping[str, str] = {
    "conc_ntx": "ng/mL",
    "conc_6bn": "ng/mL",
    "mu_occupancy": "fraction",
    "kappa_occupancy": "fraction",
    "delta_occupancy": "fraction",
    "blocked_subjective": "fraction",
    "blocked_physiological": "fraction",
}
COVARIATES = (
    "weight_kg",
    "sex",
    "liver",
    "creatinine_clearance_ml_per_min",
    "opioid_or_alcohol_dependent",
    "smoker",
    "age_y",
)


def stated_by(threshold: Threshold) -> tuple[Statement, ...]:
    """The three times that every answer states; those of blunting and danger are the defaults'."""
    base = defaults()
    return statements(
        threshold.endpoint,
        threshold.blocked_fraction,
        (base.blunted.endpoint, base.blunted.blocked_fraction),
        (base.danger.endpoint, base.danger.blocked_fraction),
    )


def reference_mg(drawn: Ensemble, threshold: Threshold) -> Floats:
    """The threshold's challenge as a dose of heroin for each draw, mg, shape (S,)."""
    held = drawn.held
    return np.asarray(
        threshold.dose_mg * heroin_equivalent(threshold.agonist, threshold.route, held)
    )


def lines_of(drawn: Ensemble, threshold: Threshold, told: Sequence[Statement]) -> Floats:
    """Odds at the mu receptor at which each draw reaches each statement's line, (S, lines)."""
    dose_mg = reference_mg(drawn, threshold)
    lines = [
        odds_that_block(s.blocked_fraction, dose_mg, drawn.held, endpoint_of(s.endpoint))
        for s in told
    ]
    return np.maximum(np.hstack(lines), SMALLEST_ODDS)


def crossings_h(
    drawn: Ensemble, threshold: Threshold, told: Sequence[Statement], from_h: float, until_h: float
) -> Floats:
    """When each draw first falls under each statement's line from from_h on, shape (S, lines)."""
    return drawn.falls_h(lines_of(drawn, threshold, told), from_h, until_h)


def signals_of(drawn: Ensemble, threshold: Threshold, time_h: Floats) -> dict[str, Floats]:
    """Every quantity of a forecast for every draw, each of shape (S, T)."""
    plain = [q for q in QUANTITIES if not q.startswith("blocked_")]
    # rounding can leave a level of -1e-13 at the moment of a dose
    found = {q: np.maximum(v, 0.0) for q, v in drawn.signals([*plain, "mu_odds"], time_h).items()}
    odds, dose = found.pop("mu_odds"), reference_mg(drawn, threshold)
    for endpoint in ENDPOINTS:
        found[f"blocked_{endpoint}"] = blocked(dose, odds, drawn.held, endpoint)
    return found


def _bands(
    drawn: Ensemble, threshold: Threshold, course: Course, step_h: float, now: Mapping[str, Floats]
) -> dict[str, Band]:
    """Bands on an even grid that reaches the horizon, with 'now' as one of its times.

    now: quantities of every draw at as_of, each (S, 1).
    """
    steps = Steps(0.0, step_h, int(np.ceil(course.horizon_h / step_h)) + 1)
    found = hourly_quantiles(drawn, reference_mg(drawn, threshold), steps, QUANTILES)
    at = int(np.searchsorted(steps.time_h, course.as_of_h))
    # as_of replaces the hour that it stands on
    after = at + int(at < steps.count and steps.time_h[at] == course.as_of_h)

    def spliced(row: Floats, value: Floats) -> Floats:
        return np.concatenate([row[..., :at], value, row[..., after:]], axis=-1)

    time_h = spliced(steps.time_h, np.array([course.as_of_h]))
    return {
        name: Band(
            name, QUANTITIES[name], time_h, spliced(rows, quantiles(now[name].T.copy(), QUANTILES))
        )
        for name, rows in found.items()
    }


def _notes(course: Course) -> tuple[Note, ...]:
    subject = course.subject
    notes = [
        Note("typical_covariate", {"covariate": name})
        for name in COVARIATES
        if name not in subject.covariates
    ]
    products = {r.product for r in subject.records if r.product}
    known = formulations()
    notes += [
        Note("product_note", {"product": name, "note": known[name].note})
        for name in sorted(products)
        if known[name].note
    ]
    notes.append(Note("receptor_constants", {}))
    notes.append(Note("delta_extrapolated", {}))
    if subject.covariates.get("liver") == "compensated_cirrhosis":
        notes.append(Note("compensated_assumed", {}))
    return tuple(notes)


# What varies alone in each group of draws whose width is compared with that of all.
_ALONE: Mapping[str, Include] = {
    "parameter": Include(True, False, False),
    "between_study": Include(False, True, False),
    "between_subject": Include(False, False, True),
}


def _groups(parameters: ParameterSet, draws: int, seed: int) -> list[Group]:
    """Everything drawn; the middle of each structure; one source of doubt at a time."""

    def group(counts: Sequence[int], include: Include = Include()) -> Group:  # noqa: B008 - frozen
        return Group(counts, np.random.default_rng(seed), include)

    others = [0] * (len(parameters.fitted) - 1)
    return [
        group(counts(parameters.fitted, draws)),
        group([1] * len(parameters.fitted), Include(False, False, False)),
        *(group([draws, *others], include) for include in _ALONE.values()),
    ]


def width_shares(
    threshold: Threshold,
    as_of_h: float,
    whole: Floats,
    middles: Ensemble,
    alone: Sequence[Ensemble],
) -> dict[str, float]:
    """What each source of doubt alone gives of the 90 % width of the blocked effect now.

    whole: blocked effect of draws with everything, shape (S,). middles: the middle of each
    structure. alone: draws of one structure, as _ALONE. Shares need not add to one.
    """

    def logits(blocked_now: Floats) -> Floats:
        kept = np.clip(blocked_now, 1e-9, 1 - 1e-9)
        return np.asarray(np.log(kept / (1 - kept)))

    def width(blocked_now: Floats) -> float:
        return float(np.ptp(np.percentile(logits(blocked_now), (5, 95))))

    def now(drawn: Ensemble) -> Floats:
        seen = signals_of(drawn, threshold, np.array([as_of_h]))
        return np.asarray(seen["blocked_subjective"][:, 0])

    total = width(whole)
    if total <= 0:
        return {}
    found = {name: width(now(e)) / total for name, e in zip(_ALONE, alone, strict=True)}
    return {
        "parameter": found.pop("parameter"),
        "structure": float(np.ptp(logits(now(middles)))) / total,
        **found,
    }


def stated_times(
    drawn: Ensemble, threshold: Threshold, as_of_h: float, horizon_h: float
) -> tuple[StatedTime, ...]:
    """The three stated times from as_of_h on, looked for up to horizon_h."""
    told = stated_by(threshold)
    ends_h = crossings_h(drawn, threshold, told, as_of_h, max(horizon_h, as_of_h + 1))
    return tuple(stated_time(s, ends_h[:, n], as_of_h) for n, s in enumerate(told))


def forecast_of(
    drawn: Ensemble,
    course: Course,
    chosen: Settings | None = None,
    *,
    challenge: tuple[str, str, float] | None = None,
    challenge_at_h: Sequence[float] | None = None,
) -> Forecast:
    """What some draws of a course's subject say, whoever drew them; without ``width_shares``.

    drawn: solved draws, all of one weight. Otherwise as ``simulate``.
    """
    chosen = chosen or settings()
    parameters, t = parameter_set(chosen.parameter_set), chosen.threshold
    seen = signals_of(drawn, t, np.array([course.as_of_h]))
    bands = _bands(drawn, t, course, chosen.step_h, seen)
    now_i = int(np.searchsorted(bands["conc_ntx"].time_h, course.as_of_h))
    at_now = {n: b.quantiles[[0, 2, 4], now_i] for n, b in bands.items()}
    now = Now(
        {n: (float(q[0]), float(q[1]), float(q[2])) for n, q in at_now.items()}, dict(QUANTITIES)
    )
    name, route, dose_mg = challenge or (t.agonist, t.route, t.dose_mg)
    agonist(name, route)
    hours = challenge_at_h or [course.as_of_h + h for h in defaults().challenge_after_h]
    weights = {part.structure.id: part.weight for part in parameters.fitted}
    return Forecast(
        course=course,
        bands=bands,
        now=now,
        stated=stated_times(drawn, t, course.as_of_h, course.horizon_h),
        challenges=challenge_points(drawn, name, route, dose_mg, hours),
        threshold=t,
        provenance=Provenance(
            parameters.name, parameters.version, parameters.sha256, weights,
            chosen.draws, chosen.seed,
        ),
        width_shares={},
        notes=_notes(course),
    )  # fmt: skip


def simulate(
    course: Course,
    chosen: Settings | None = None,
    *,
    challenge: tuple[str, str, float] | None = None,
    challenge_at_h: Sequence[float] | None = None,
) -> Forecast:
    """Forecast a course for one new patient, with everything uncertain drawn.

    course: dosing history with its 'now'. challenge: (opioid, route, mg), default the
    threshold's. challenge_at_h: hours since origin, default some hours from now on.
    Raises InputError for unknown or unsupported products, opioids or routes.
    """
    chosen = chosen or settings()
    parameters = parameter_set(chosen.parameter_set)
    groups = _groups(parameters, chosen.draws, chosen.seed)
    drawn, middles, *alone = ensembles(parameters.fitted, course.subject, groups)
    found = forecast_of(drawn, course, chosen, challenge=challenge, challenge_at_h=challenge_at_h)
    seen = signals_of(drawn, chosen.threshold, np.array([course.as_of_h]))
    shares = width_shares(
        chosen.threshold, course.as_of_h, seen["blocked_subjective"][:, 0], middles, alone
    )
    return replace(found, width_shares=shares)
