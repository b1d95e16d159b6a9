"""The full posterior of structure, parameters and pattern, by importance resampling.

A draw: a structure, eta from its proposal, a pattern by ``blocks.imputed``. Its weight is
prior share x prior density x estimate of the levels' likelihood / proposal density.
"""

from __future__ import annotations

from collections.abc import Sequence
from dataclasses import dataclass, replace
from itertools import pairwise

import numpy as np
from numpy.typing import NDArray
from scipy.special import logsumexp

from antagonist.feedback.own_model.blocks import Block, blocks_of, imputed, shares
from antagonist.feedback.own_model.intake import Intake
from antagonist.feedback.own_model.known import Known
from antagonist.feedback.own_model.levels import Levels, contributions
from antagonist.feedback.own_model.prior import Prior, root_of
from antagonist.feedback.own_model.proposals import (
    Mixture,
    Peaks,
    covariances_at,
    log_normal,
    mixture_of,
    peaks,
)
from antagonist.feedback.own_model.weights import Reckoning

Floats = NDArray[np.float64]
Ints = NDArray[np.intp]
Bits = NDArray[np.bool_]
_PROBES = 64  # draws by whose levels the blocks are made
_LEAST_SHARE = 0.08  # of all proposals, for each structure


@dataclass(frozen=True)
class Draws:
    """Draws of one structure. eta: (N, q). taken: (N, D). log_seen: of the levels, (N,)."""

    prior: Prior
    eta: Floats
    taken: Bits
    log_seen: Floats


@dataclass(frozen=True)
class Posterior:
    """Weighted draws of all structures.

    draws, peaks, blocks: of each structure. weight: of all draws, after one another, adding up to
    1, smoothed where they were. ess: effective sample size. pareto_k: of the largest weights.
    log_evidence: log of the chance of the levels, up to the constants of the evidence of intake.
    """

    draws: tuple[Draws, ...]
    peaks: tuple[Peaks, ...]
    blocks: tuple[tuple[Block, ...], ...]
    weight: Floats
    ess: float
    pareto_k: float
    log_evidence: float

    @property
    def taken(self) -> Bits:
        """Patterns of all draws, shape (N, D)."""
        return np.concatenate([d.taken for d in self.draws])

    @property
    def firsts(self) -> Ints:
        """Place of each structure's first draw among all, and their number."""
        sizes = [len(d.log_seen) for d in self.draws]
        return np.concatenate([[0], np.cumsum(sizes)]).astype(np.intp)

    @property
    def shares(self) -> Floats:
        """Chance of each structure."""
        ends = self.firsts
        return np.array([self.weight[a:b].sum() for a, b in pairwise(ends)])

    def resampled(self, count: int, rng: np.random.Generator) -> list[Ints]:
        """Places of equally weighted draws of each structure, ``count`` in all, some repeated.

        Systematic resampling (Kitagawa 1996, J Comput Graph Stat 5:1).
        """
        ends = np.cumsum(self.weight)
        at = (np.arange(count) + rng.random()) / count * ends[-1]
        chosen = np.minimum(np.searchsorted(ends, at, side="right"), len(ends) - 1)
        firsts = self.firsts
        return [
            (chosen[(chosen >= a) & (chosen < b)] - a).astype(np.intp) for a, b in pairwise(firsts)
        ]


def posterior(
    priors: Sequence[Prior], known: Known, levels: Levels, intake: Intake, how: Reckoning,
    rng: np.random.Generator,
) -> Posterior:  # fmt: skip
    """Draws from the posterior with their weights and diagnostics; without levels, the prior's."""
    if not len(levels.value):
        return _nothing_seen(priors, intake, how, rng)
    blocks = [_blocks(prior, known, levels, intake, how, rng) for prior in priors]
    found = []
    for prior, own in zip(priors, blocks, strict=True):
        centre = contributions(prior, prior.phi(np.zeros((1, len(prior.names)))), known, levels)[0]
        found.append(peaks(prior, known, levels, own, intake, centre, how.patterns))
    tops = tuple(found)
    laplace = [mixture_of(p, f, how.prior_share, how.degrees)
               for p, f in zip(priors, found, strict=True)]  # fmt: skip
    setting = _Setting(tuple(priors), known, levels, intake, tuple(map(tuple, blocks)))
    logs = np.array([logsumexp(f.log_weight) for f in found])
    stages = [_stage(setting, laplace, _allotted(priors, logs, how.proposals[0]), rng)]
    for count in how.proposals[1:]:
        stages.append(_next(setting, stages, laplace, how, count, rng))
    counted = _counted(setting, stages[-1], tops)
    if counted.pareto_k > how.worst_pareto_k and how.more_proposals:
        last = _next(setting, stages, laplace, how, how.more_proposals, rng)
        counted = _counted(setting, last, tops)
    return counted


def _next(
    setting: _Setting, stages: Sequence[_Stage], first: Sequence[Mixture], how: Reckoning,
    count: int, rng: np.random.Generator,
) -> _Stage:  # fmt: skip
    """A stage around what weighs most of all before it."""
    weight = smoothed(_weights(setting, stages))[0]
    better, share = _adapted(setting, stages, weight, first, how, rng)
    return _stage(setting, better, _allotted(setting.priors, share, count), rng)


def _counted(setting: _Setting, stage: _Stage, tops: tuple[Peaks, ...]) -> Posterior:
    """The posterior by the draws of one stage.

    Those before it only say where to propose. Were they to count, later proposals around the ones
    that weigh most would take their weight away, and tails would be too thin.
    """
    logs = _weights(setting, [stage])
    weight, k = smoothed(logs)
    evidence = float(logsumexp(logs) - np.log(len(logs)))
    ess = float(1.0 / (weight**2).sum())
    draws, places = _joined(setting, [stage])
    return Posterior(draws, tops, setting.blocks, weight[np.concatenate(places)], ess, k, evidence)


def _nothing_seen(
    priors: Sequence[Prior], intake: Intake, how: Reckoning, rng: np.random.Generator
) -> Posterior:
    """The prior itself, every draw of equal weight within its structure."""
    count = max(2, how.proposals[-1] // len(priors))
    draws, tops, weights = [], [], []
    total = sum(prior.share for prior in priors)
    for prior in priors:
        root = prior.root
        eta = rng.standard_normal((count, len(root))) @ root.T
        logs = np.full(count, np.log(prior.share))
        draws.append(Draws(prior, eta, intake.drawn(count, rng), logs))
        tops.append(Peaks(intake.marginal[None], np.zeros((1, len(root))), prior.covariance[None],
                          np.zeros(1), np.ones(1, dtype=bool)))  # fmt: skip
        weights.append(np.full(count, prior.share / total / count))
    weight = np.concatenate(weights)
    ess = float(1.0 / (weight**2).sum())
    return Posterior(tuple(draws), tuple(tops), ((),) * len(priors), weight, ess, 0.0, 0.0)


def smoothed(logs: Floats) -> tuple[Floats, float]:
    """Weights that add up to 1, the largest smoothed, and the Pareto shape of their tail.

    Source: Vehtari, Simpson, Gelman, Yao and Gabry 2024, JMLR 25(72); Zhang and Stephens 2009,
    Technometrics 51:316 (the fit).
    """
    from arviz_stats.base import array_stats  # type: ignore[attr-defined]

    kept = np.where(np.isfinite(logs), logs, -1e300)
    # What it takes is minus the logarithm of the weights.
    found, k = array_stats.psislw(kept.max() - kept)  # type: ignore[no-untyped-call]
    weight = np.exp(found - logsumexp(found))
    return weight / weight.sum(), float(k)


def _blocks(
    prior: Prior, known: Known, levels: Levels, intake: Intake, how: Reckoning,
    rng: np.random.Generator,
) -> tuple[Block, ...]:  # fmt: skip
    if not len(levels.value):
        return ()
    root = prior.root
    eta = rng.standard_normal((_PROBES, len(root))) @ root.T
    given = contributions(prior, prior.phi(eta), known, levels)
    dose_h = np.array([d.time_h for d in known.doses])
    return blocks_of(
        shares(given), levels.time_h, dose_h, intake,
        least_share=how.least_share, most=how.most_enumerated,
    )  # fmt: skip


@dataclass(frozen=True)
class _Setting:
    """What every stage needs. blocks: of each structure."""

    priors: tuple[Prior, ...]
    known: Known
    levels: Levels
    intake: Intake
    blocks: tuple[tuple[Block, ...], ...]


@dataclass(frozen=True)
class _Stage:
    """Draws of each structure from a proposal. seen: log likelihood estimates. counts: draws."""

    mixtures: tuple[Mixture, ...]
    counts: tuple[int, ...]
    eta: tuple[Floats, ...]
    taken: tuple[Bits, ...]
    seen: tuple[Floats, ...]


def _allotted(priors: Sequence[Prior], log_share: Floats, total: int) -> list[int]:
    """Proposals of each structure in proportion to its chance, none with too few."""
    logs = np.log([p.share for p in priors]) + np.where(np.isfinite(log_share), log_share, -1e300)
    share = np.maximum(np.exp(logs - logsumexp(logs)), _LEAST_SHARE)
    return [max(2, int(n)) for n in np.round(share / share.sum() * total)]


def _stage(
    setting: _Setting, mixtures: Sequence[Mixture], counts: Sequence[int],
    rng: np.random.Generator,
) -> _Stage:  # fmt: skip
    etas, patterns, logs = [], [], []
    each = zip(setting.priors, setting.blocks, mixtures, counts, strict=True)
    for prior, blocks, mixture, count in each:
        eta = mixture.drawn(count, rng)
        given = contributions(prior, prior.phi(eta), setting.known, setting.levels)
        before = setting.intake.drawn(count, rng)
        taken, seen = imputed(given, setting.levels, blocks, setting.intake, before, rng)
        etas.append(eta)
        patterns.append(taken)
        logs.append(np.where(np.isnan(seen), -np.inf, seen))
    return _Stage(tuple(mixtures), tuple(counts), tuple(etas), tuple(patterns), tuple(logs))


def _weights(setting: _Setting, stages: Sequence[_Stage]) -> Floats:
    """Log weights of all draws of some stages, stage by stage and structure by structure.

    The density of what was proposed is that of all stages together (Owen and Zhou 2000, J Am Stat
    Assoc 95:135), so no draw weighs much that any stage would have made.
    """
    total = sum(sum(stage.counts) for stage in stages)
    found = []
    for stage in stages:
        for s, prior in enumerate(setting.priors):
            eta = stage.eta[s]
            proposed = [np.log(other.counts[s] / total) + other.mixtures[s].log_density(eta)
                        for other in stages]  # fmt: skip
            density = log_normal(eta, stage.mixtures[s].prior_root) + np.log(prior.share)
            found.append(stage.seen[s] + density - logsumexp(np.array(proposed), axis=0))
    return np.concatenate(found)


def _adapted(
    setting: _Setting, stages: Sequence[_Stage], weight: Floats, before: Sequence[Mixture],
    how: Reckoning, rng: np.random.Generator,
) -> tuple[list[Mixture], Floats]:  # fmt: skip
    """Proposals around the draws so far, and the logarithm of each structure's share over prior.

    Centres are drawn towards their mean so that the mixture is no wider than the draws (West 1993,
    J R Stat Soc B 55:409). Their covariance is between that of the draws, the more there are, and
    that which the estimator finds at each.
    """
    draws, places = _joined(setting, stages)
    found, shares_ = [], []
    for prior, drawn, at, old in zip(setting.priors, draws, places, before, strict=True):
        own = weight[at]
        shares_.append(np.log(max(own.sum(), 1e-300) / prior.share))
        found.append(_around(setting, drawn, own, old, how, rng) if own.sum() > 0 else old)
    return found, np.array(shares_)


def _around(
    setting: _Setting, drawn: Draws, weight: Floats, old: Mixture, how: Reckoning,
    rng: np.random.Generator,
) -> Mixture:  # fmt: skip
    own = weight / weight.sum()
    at = (np.arange(how.kernels) + rng.random()) / how.kernels
    chosen = np.unique(np.minimum(np.searchsorted(np.cumsum(own), at), len(own) - 1))
    eta, mean = drawn.eta[chosen], own @ drawn.eta
    off = drawn.eta - mean
    seen = (off.T * own) @ off
    many = 1.0 / (own**2).sum()
    trust = many / (many + how.trusted_draws * len(mean))
    local = covariances_at(drawn.prior, setting.known, setting.levels, drawn.taken[chosen], eta)
    width = how.kernel_width**2 * (trust * seen + (1 - trust) * local)
    centre, root = mean + how.drawn_in * (eta - mean), root_of(width)
    share = (1 - how.prior_share - how.laplace_share) * own[chosen] ** 0.5
    kept = how.laplace_share * old.share / old.share.sum()
    return replace(
        old, centre=np.concatenate([centre, old.centre]), root=np.concatenate([root, old.root]),
        share=np.concatenate([share / (own[chosen] ** 0.5).sum(), kept]),
    )  # fmt: skip


def _joined(setting: _Setting, stages: Sequence[_Stage]) -> tuple[tuple[Draws, ...], list[Ints]]:
    """Draws of each structure from all stages, and their places in the order of ``_weights``."""
    draws, places, firsts, total = [], [], [], 0
    for stage in stages:
        firsts.append(total + np.cumsum([0, *stage.counts]))
        total += sum(stage.counts)
    for s, prior in enumerate(setting.priors):
        at = np.concatenate([np.arange(f[s], f[s + 1]) for f in firsts]).astype(np.intp)
        eta = np.concatenate([stage.eta[s] for stage in stages])
        taken = np.concatenate([stage.taken[s] for stage in stages])
        draws.append(Draws(prior, eta, taken, np.concatenate([x.seen[s] for x in stages])))
        places.append(at)
    return tuple(draws), places
