"""Where the importance sampler draws parameters: Student-t around the most probable ones.

For each structure, patterns are ranked by the evidence of the levels under a model that is linear
in eta on the logarithm, at the prior's centre; for the best of them the estimator finds the most
probable eta and its covariance (Laplace). The proposal mixes a t distribution around each of these
with the prior itself.
"""

from __future__ import annotations

from dataclasses import dataclass

import numpy as np
from numpy.typing import NDArray
from scipy.special import gammaln, logsumexp

from antagonist.feedback.own_model.blocks import Block
from antagonist.feedback.own_model.intake import Intake
from antagonist.feedback.own_model.known import Known
from antagonist.feedback.own_model.levels import Levels
from antagonist.feedback.own_model.prior import Prior, root_of
from antagonist.pharmacology.dosing.records import EventRecord
from antagonist.pharmacology.estimation.batch import batch_of, predicted
from antagonist.pharmacology.estimation.estimate import map_estimate
from antagonist.pharmacology.estimation.likelihood import evaluated
from antagonist.pharmacology.estimation.problem import History, Level

Floats = NDArray[np.float64]
Bits = NDArray[np.bool_]
_BEAM = 8
_SMALLEST = 1e-3  # ng/mL, of predictions whose logarithm is taken


@dataclass(frozen=True)
class Peaks:
    """The most probable parameters of one structure under each of M patterns.

    taken: chance or fact of each dose, (M, D). eta: (M, q). covariance: (M, q, q).
    log_weight: log of prior times Laplace's integral, (M,). converged: (M,).
    """

    taken: Floats
    eta: Floats
    covariance: Floats
    log_weight: Floats
    converged: NDArray[np.bool_]


def history(known: Known, levels: Levels, taken: Floats, name: str) -> History:
    """A patient whose doses were taken by these amounts' shares (D,)."""
    records = [
        EventRecord(d.time_h, 1, amt_mg=d.dose_mg * float(share), product=d.product)
        for d, share in zip(known.doses, taken, strict=True)
        if share > 0
    ]
    whole = sorted((*known.changes, *records), key=lambda r: r.time_h)
    seen = [
        Level(float(levels.time_h[i]), levels.output[i], float(levels.value[i]),
              -1 if levels.below[i] else 0, levels.residual(i))
        for i in range(len(levels.value))
    ]  # fmt: skip
    return History(name, tuple(whole), tuple(seen), dict(known.covariates))


def peaks(
    prior: Prior, known: Known, levels: Levels, blocks: tuple[Block, ...], intake: Intake,
    given: Floats, count: int,
) -> Peaks:  # fmt: skip
    """The most probable parameters for the most promising patterns of a structure.

    given: contributions at the prior's centre, (L, D).
    """
    mean = intake.marginal
    patterns = _promising(prior, known, levels, blocks, intake, given, count)
    inside = np.concatenate([b.doses for b in blocks]) if blocks else np.zeros(0, dtype=np.intp)
    taken = np.tile(mean, (len(patterns), 1))
    taken[:, inside] = patterns[:, inside]
    told = (given.max(axis=0) > 0) | (np.arange(len(mean)) == 0)
    held = [history(known, levels, np.where(told, row, 0.0), str(n)) for n, row in enumerate(taken)]
    found = map_estimate(prior.problem, batch_of(prior.problem, held), starts=0)
    logs = np.linalg.slogdet(found.covariance)[1] - np.linalg.slogdet(prior.covariance)[1]
    chance = _log_chances(intake, blocks, patterns)
    weight = np.where(np.isfinite(found.fit), 0.5 * (logs - found.fit) + chance, -np.inf)
    return Peaks(taken, found.eta, found.covariance, weight, found.converged)


def covariances_at(prior: Prior, known: Known, levels: Levels, taken: Bits, eta: Floats) -> Floats:
    """Covariance by the expected Hessian at some etas (N, q), each with its pattern, (N, q, q)."""
    held = [history(known, levels, row.astype(float), str(n)) for n, row in enumerate(taken)]
    found: Floats = np.linalg.inv(
        evaluated(batch_of(prior.problem, held), np.ascontiguousarray(eta)).information
    ).astype(np.float64)
    return found


def _log_chances(intake: Intake, blocks: tuple[Block, ...], patterns: Bits) -> Floats:
    found = np.zeros(len(patterns))
    likely = np.tile(intake.marginal > 0.5, (len(patterns), 1))
    for block in blocks:
        own = patterns[:, block.doses]
        for n, row in enumerate(own):
            found[n] += intake.log_relative(likely[n : n + 1], block.doses, row[None])[0, 0]
    return found


def _slopes(prior: Prior, known: Known, levels: Levels, doses: NDArray[np.intp]) -> Floats:
    """Derivative of what some doses give at the prior's centre by eta, shape (k, L, q)."""
    only = []
    for d in doses:
        share = np.zeros(len(known.doses))
        share[d] = 1.0
        only.append(history(known, levels, share, str(d)))
    batch = batch_of(prior.problem, only)
    return predicted(batch, np.zeros((len(only), len(prior.names))))[1]


def _promising(
    prior: Prior, known: Known, levels: Levels, blocks: tuple[Block, ...], intake: Intake,
    given: Floats, count: int,
) -> Bits:  # fmt: skip
    """The patterns of the greatest linear evidence, one block after another, shape (M, D)."""
    likely = intake.marginal > 0.5
    mean = intake.marginal
    root = prior.root
    near = np.flatnonzero(given.max(axis=0) > 0)
    slope = np.zeros((len(known.doses), *given.shape[:1], len(prior.names)))
    if len(near):
        slope[near] = _slopes(prior, known, levels, near) @ root
    inside = np.zeros(len(mean), dtype=bool)
    for block in blocks:
        inside[block.doses] = True
    base = np.where(inside, 0.0, mean)
    beam = np.zeros((1, len(mean)), dtype=bool)
    score = np.zeros(1)
    seen: list[int] = []
    for block in blocks:
        seen += block.levels.tolist()
        patterns = block.patterns
        wide = np.repeat(beam, len(patterns), axis=0)
        wide[:, block.doses] = np.tile(patterns, (len(beam), 1))
        chance = intake.log_relative(np.where(inside, False, likely)[None], block.doses, patterns)
        before = np.repeat(score, len(patterns)) + np.tile(chance[0], len(beam))
        rows = np.array(seen, dtype=np.intp)
        whole = base + wide
        size = max(_BEAM, count)
        evidence = _linear_evidence(levels, rows, whole @ given[rows].T,
                                    np.tensordot(whole, slope[:, rows], axes=1))  # fmt: skip
        kept = np.argsort(-(before + evidence), kind="stable")[:size]
        beam, score = wide[kept], before[kept]
        last = (before + evidence)[kept]
    if not blocks:
        return likely[None]
    best = beam[np.argsort(-last, kind="stable")[:count]]
    # The linear model errs where a patient is far from the centre: what is usual, and all or
    # nothing of one block or of every one, are tried whatever it says.
    usual = [likely, np.ones_like(likely), np.zeros_like(likely)]
    for block in blocks:
        for one in (True, False):
            other = best[0].copy()
            other[block.doses] = one
            usual.append(other)
    tried = np.unique(np.where(inside, np.vstack([best, *usual]), likely), axis=0)
    return np.asarray(tried, dtype=bool)


def _linear_evidence(levels: Levels, rows: NDArray[np.intp], f: Floats, slope: Floats) -> Floats:
    """Log evidence of levels where log f is linear in eta, shape (M,).

    f: (M, l). slope: of f by standard normals, (M, l, q). A level below its limit counts as one
    at half of it with the error of its own size.
    """
    value = np.where(levels.below[rows], 0.5 * levels.value[rows], levels.value[rows])
    value = np.maximum(value, _SMALLEST)
    kept = np.maximum(f, _SMALLEST)
    turned = slope / kept[..., None]
    # The error on the logarithm, at the prediction or the value, whichever is more.
    size = np.maximum(kept, value)
    noise = levels.cv[rows] ** 2 + (levels.additive[rows] / size) ** 2
    noise = np.where(levels.below[rows], noise + 0.5, noise)
    covariance = turned @ np.swapaxes(turned, 1, 2)
    covariance[:, np.arange(len(rows)), np.arange(len(rows))] += noise
    off = np.log(value) - np.log(kept)
    solved = np.linalg.solve(covariance, off[..., None])[..., 0]
    found: Floats = -0.5 * ((off * solved).sum(axis=1) + np.linalg.slogdet(covariance)[1])
    return found


@dataclass(frozen=True)
class Mixture:
    """t distributions and the prior. centre: (M, q). root: lower, (M, q, q). share: (M,)."""

    centre: Floats
    root: Floats
    share: Floats
    prior_root: Floats
    prior_share: float
    degrees: float

    def drawn(self, count: int, rng: np.random.Generator) -> Floats:
        """Etas, shape (count, q)."""
        which = rng.choice(len(self.share) + 1, count, p=[*self.share, self.prior_share])
        normal = rng.standard_normal((count, self.prior_root.shape[0]))
        longer = np.sqrt(self.degrees / rng.chisquare(self.degrees, count))
        found: Floats = normal @ self.prior_root.T
        for m in range(len(self.share)):
            rows = np.flatnonzero(which == m)
            step = (normal[rows] * longer[rows, None]) @ self.root[m].T
            found[rows] = self.centre[m] + step
        return found

    def log_density(self, eta: Floats) -> Floats:
        """Log density at etas (N, q), with the constant of the prior's normal left out."""
        q = eta.shape[1]
        parts = [np.log(self.prior_share) + log_normal(eta, self.prior_root)]
        constant = (
            gammaln(0.5 * (self.degrees + q)) - gammaln(0.5 * self.degrees)
            - 0.5 * q * np.log(0.5 * self.degrees)
        )  # fmt: skip
        for m, share in enumerate(self.share):
            off = _solved(self.root[m], eta - self.centre[m])
            tail = np.log1p((off * off).sum(axis=1) / self.degrees)
            log_root = np.log(np.diag(self.root[m])).sum()
            parts.append(np.log(share) + constant - log_root - 0.5 * (self.degrees + q) * tail)
        found: Floats = logsumexp(np.array(parts), axis=0)
        return found


def _solved(root: Floats, off: Floats) -> Floats:
    found: Floats = np.linalg.solve(root, off.T).T.astype(np.float64)
    return found


def log_normal(eta: Floats, root: Floats) -> Floats:
    """Log density of a normal with mean 0 and covariance root root', without (2 pi)^(-q/2)."""
    off = _solved(root, eta)
    found: Floats = -0.5 * (off * off).sum(axis=1) - np.log(np.diag(root)).sum()
    return found


def mixture_of(prior: Prior, found: Peaks, prior_share: float, degrees: float) -> Mixture:
    """The proposal of one structure."""
    root = prior.root
    weight = found.log_weight - logsumexp(found.log_weight)
    share = 0.9 * np.exp(weight) + 0.1 / len(weight)
    share = np.where(np.isfinite(found.log_weight), share, 0.0)
    used = share > 0
    share = (1 - prior_share) * share[used] / share[used].sum()
    roots = root_of(found.covariance[used])
    return Mixture(found.eta[used], roots, share, root, prior_share, degrees)
