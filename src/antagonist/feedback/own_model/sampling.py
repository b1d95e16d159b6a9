"""The full posterior of structure, parameters and pattern, by importance resampling.

A draw: a structure, eta from its proposal, a pattern by ``blocks.imputed``. Its weight is
prior share x prior density x estimate of the levels' likelihood / proposal density.
"""

from __future__ import annotations

from collections.abc import Sequence
from dataclasses import dataclass

import numpy as np
from numpy.typing import NDArray
from scipy.special import logsumexp

from antagonist.feedback.own_model.blocks import Block, blocks_of, imputed, shares
from antagonist.feedback.own_model.intake import Intake
from antagonist.feedback.own_model.known import Known
from antagonist.feedback.own_model.levels import Levels, contributions
from antagonist.feedback.own_model.prior import Prior
from antagonist.feedback.own_model.proposals import Mixture, Peaks, log_normal, mixture_of, peaks
from antagonist.feedback.own_model.weights import Reckoning

Floats = NDArray[np.float64]
Ints = NDArray[np.intp]
Bits = NDArray[np.bool_]
_PROBES = 64  # draws by whose levels the blocks are made
_LEAST_SHARE = 0.08  # of all proposals, for each structure


@dataclass(frozen=True)
class Draws:
    """Weighted draws of one structure. eta: (N, q). taken: (N, D). log_weight: (N,)."""

    prior: Prior
    eta: Floats
    taken: Bits
    log_weight: Floats


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
        sizes = [len(d.log_weight) for d in self.draws]
        return np.concatenate([[0], np.cumsum(sizes)]).astype(np.intp)

    @property
    def shares(self) -> Floats:
        """Chance of each structure."""
        ends = self.firsts
        return np.array([self.weight[a:b].sum() for a, b in zip(ends, ends[1:], strict=False)])

    def resampled(self, count: int, rng: np.random.Generator) -> list[Ints]:
        """Places of equally weighted draws of each structure, ``count`` in all, some repeated.

        Systematic resampling (Kitagawa 1996, J Comput Graph Stat 5:1).
        """
        ends = np.cumsum(self.weight)
        at = (np.arange(count) + rng.random()) / count * ends[-1]
        chosen = np.minimum(np.searchsorted(ends, at, side="right"), len(ends) - 1)
        firsts = self.firsts
        return [
            (chosen[(chosen >= a) & (chosen < b)] - a).astype(np.intp)
            for a, b in zip(firsts, firsts[1:], strict=False)
        ]


def posterior(
    priors: Sequence[Prior], known: Known, levels: Levels, intake: Intake, how: Reckoning,
    rng: np.random.Generator,
) -> Posterior:  # fmt: skip
    """Draws from the posterior with their weights and diagnostics."""
    blocks = [_blocks(prior, known, levels, intake, how, rng) for prior in priors]
    found = []
    for prior, own in zip(priors, blocks, strict=True):
        centre = contributions(prior, prior.phi(np.zeros((1, len(prior.names)))), known, levels)[0]
        found.append(peaks(prior, known, levels, own, intake, centre, how.patterns))
    counts = _allotted(priors, found, how.proposals)
    draws = []
    for prior, own, top, count in zip(priors, blocks, found, counts, strict=True):
        mixture = mixture_of(prior, top, how.prior_share, how.degrees)
        share = count / sum(counts)
        draws.append(_draws(prior, known, levels, intake, own, mixture, count, share, rng))
    logs = np.concatenate([d.log_weight for d in draws])
    weight, k = smoothed(logs)
    evidence = float(logsumexp(logs) - np.log(len(logs)))
    ess = float(1.0 / (weight**2).sum())
    return Posterior(tuple(draws), tuple(found), tuple(blocks), weight, ess, k, evidence)


def smoothed(logs: Floats) -> tuple[Floats, float]:
    """Weights that add up to 1, the largest smoothed, and the Pareto shape of their tail.

    Source: Vehtari, Simpson, Gelman, Yao and Gabry 2024, JMLR 25(72); Zhang and Stephens 2009,
    Technometrics 51:316 (the fit).
    """
    from arviz_stats.base import array_stats

    kept = np.where(np.isfinite(logs), logs, -1e300)
    # What it takes is minus the logarithm of the weights.
    found, k = array_stats.psislw(kept.max() - kept)
    weight = np.exp(found - logsumexp(found))
    return weight / weight.sum(), float(k)


def _blocks(
    prior: Prior, known: Known, levels: Levels, intake: Intake, how: Reckoning,
    rng: np.random.Generator,
) -> tuple[Block, ...]:  # fmt: skip
    if not len(levels.value):
        return ()
    root = np.linalg.cholesky(prior.covariance)
    eta = rng.standard_normal((_PROBES, len(root))) @ root.T
    given = contributions(prior, prior.phi(eta), known, levels)
    dose_h = np.array([d.time_h for d in known.doses])
    return blocks_of(
        shares(given), levels.time_h, dose_h, intake,
        least_share=how.least_share, most=how.most_enumerated,
    )  # fmt: skip


def _allotted(priors: Sequence[Prior], found: Sequence[Peaks], total: int) -> list[int]:
    """Proposals of each structure, by what Laplace's integrals say of it."""
    logs = np.array([
        np.log(p.share) + logsumexp(f.log_weight) for p, f in zip(priors, found, strict=True)
    ])  # fmt: skip
    logs = np.where(np.isfinite(logs), logs, -1e300)
    share = np.exp(logs - logsumexp(logs))
    share = np.maximum(share, _LEAST_SHARE)
    return [max(2, int(n)) for n in np.round(share / share.sum() * total)]


def _draws(
    prior: Prior, known: Known, levels: Levels, intake: Intake, blocks: tuple[Block, ...],
    mixture: Mixture, count: int, share: float, rng: np.random.Generator,
) -> Draws:  # fmt: skip
    eta = mixture.drawn(count, rng)
    given = contributions(prior, prior.phi(eta), known, levels)
    before = intake.drawn(count, rng)
    taken, weight = imputed(given, levels, blocks, intake, before, rng)
    weight = weight + np.log(prior.share) - np.log(share)
    weight += log_normal(eta, mixture.prior_root) - mixture.log_density(eta)
    return Draws(prior, eta, taken, np.where(np.isnan(weight), -np.inf, weight))
