"""Random courses, and what they do against a level by brute force: fine grids and bracketing.

Nothing here knows the compiled loops' way: curves are read from ``Solution.at`` alone.
"""

from __future__ import annotations

from collections.abc import Mapping, Sequence
from dataclasses import dataclass
from functools import cached_property
from itertools import pairwise
from typing import Any, TypeVar

import numpy as np
from numpy.typing import NDArray
from scipy.optimize import brentq

from antagonist.pharmacology.kernel import Jumps, LinearSystem, solve
from antagonist.pharmacology.kernel.answers import answers
from antagonist.pharmacology.kernel.window import Answers, Window

Floats = NDArray[np.float64]
Ints = NDArray[np.intp]
Kind = TypeVar("Kind", bound=np.generic)
Rates = Mapping[str, float]
RATES = ("kel", "k12", "k21", "k13", "k31", "km", "k45", "k54", "ke0", "ke1", "ka", "kb")
SEEN = ("central", "metabolite", "site", "late_site")
NOISE = 1e-9  # of the peak: how far a value may be off
PAIR_H = 11 / 3600  # two crossings closer than this may be taken for none
_TIME_H = 1e-6


@dataclass(frozen=True)
class Shape:
    """States of a system. parent, metabolite: how many compartments; sites: effect sites."""

    depots: int
    parent: int
    metabolite: int
    sites: int

    @property
    def states(self) -> list[str]:
        """In order; the last is an infusion's constant rate."""
        metabolite = ["metabolite", "tissue"][: self.metabolite]
        parent = ["central", "shallow", "deep"][: self.parent]
        sites = ["site", "late_site"][: self.sites]
        return [*["depot", "other_depot"][: self.depots], *parent, *metabolite, *sites, "rate"]

    def rates_per_h(self, k: Rates) -> Floats:
        """The rate matrix."""
        at = {name: i for i, name in enumerate(self.states)}
        found = np.zeros((len(at), len(at)))
        flows = [
            ("depot", "central", "ka", 0.7),
            ("other_depot", "central", "kb", 1.0),
            ("central", "metabolite", "kel", 1.0),
            ("central", "shallow", "k12", 1.0),
            ("shallow", "central", "k21", 1.0),
            ("central", "deep", "k13", 1.0),
            ("deep", "central", "k31", 1.0),
            ("metabolite", None, "km", 0.0),
            ("metabolite", "tissue", "k45", 1.0),
            ("tissue", "metabolite", "k54", 1.0),
        ]
        for a, b, name, share in flows:
            if a in at and (b in at or name in ("kel", "km")):
                found[at[a], at[a]] -= k[name]
                if b in at:
                    found[at[b], at[a]] += share * k[name]
        if "depot" in at and "metabolite" in at:
            found[at["metabolite"], at["depot"]] += 0.2 * k["ka"]
        for site, of, name in (("site", "central", "ke0"), ("late_site", SEEN[1], "ke1")):
            if site in at:
                found[at[site], at[site]] -= k[name]
                found[at[site], at[of if of in at else "central"]] += 0.5 * k[name]
        found[at["central"], at["rate"]] = 1.0
        return found

    def outputs(self, gains: Sequence[float]) -> Floats:
        """One row, what is seen: the sum of the states of SEEN times their gains."""
        row = np.zeros((1, len(self.states)))
        for name, gain in zip(SEEN, gains, strict=True):
            if name in self.states:
                row[0, self.states.index(name)] = gain
        return row


def _rows(a: NDArray[Kind], which: Ints) -> NDArray[Kind]:
    return a if len(a) == 1 else a[which]


@dataclass(frozen=True)
class Course:
    """What ``answers`` is given of some subjects, but for the level; weights are ones."""

    system: LinearSystem
    jumps: Jumps
    window: Window
    start_h: float = 0.0
    initial: Floats | None = None

    @property
    def weights(self) -> Floats:
        """One for each output."""
        return np.ones((1, self.system.outputs.shape[2]))

    def part(self, which: Ints) -> Course:
        """Some of the subjects."""
        j, k = self.jumps, self.system
        return Course(
            LinearSystem(k.rates_per_h[which], k.outputs[which]),
            Jumps(
                _rows(j.time_h, which),
                _rows(j.target, which),
                _rows(j.amount, which),
                _rows(j.reset, which),
                _rows(j.regime, which),
            ),
            self.window,
            self.start_h,
            None if self.initial is None else self.initial[which],
        )

    def alone(self, s: int) -> Course:
        """One of the subjects."""
        return self.part(np.array([s]))

    def answers(self, level: Floats, **more: Any) -> Answers:
        """Of all subjects, with the crossings."""
        return answers(
            self.system, self.jumps, self.weights, level, self.window, start_h=self.start_h,
            initial=self.initial, **{"most_crossings": 400} | more,
        )  # fmt: skip


@dataclass(frozen=True)
class Told:
    """Crossings, whether the first hours are over the level, and the answers."""

    crossed_h: list[float]
    over: bool

    def of(self, window: Window) -> tuple[float, list[float], float]:
        """Hours over the level, gaps, the first fall."""
        now, up, above, gaps, falls = window.from_h, self.over, 0.0, [], np.inf
        for n, at in enumerate([*self.crossed_h, window.until_h]):
            if up:
                above += at - now
                if n < len(self.crossed_h) and at >= window.as_of_h:
                    falls = min(falls, at)
            else:
                gaps.append(at - now)
                if now <= window.as_of_h < at or at == window.as_of_h == window.until_h:
                    falls = min(falls, window.as_of_h)
            now, up = at, not up
        return above, gaps, falls

    def without_pairs(self, pair_h: float) -> list[float]:
        """Crossings but for those with another one close by."""
        kept: list[float] = []
        for at in self.crossed_h:
            if kept and at - kept[-1] < pair_h:
                kept.pop()
            else:
                kept.append(at)
        return kept


class Curve:
    """What is seen of one subject in the window, by intervals between its jumps."""

    def __init__(self, course: Course) -> None:
        window = course.window
        self.window, self.weights = window, course.weights[0]
        self.solution = solve(
            course.system, course.jumps, start_h=course.start_h, initial=course.initial
        )
        knots = self.solution.time_h[0]
        self.knots = np.unique(knots[np.isfinite(knots)])
        cuts = [window.from_h, window.weakest_from_h, window.as_of_h, window.until_h]
        inside = self.knots[(self.knots > window.from_h) & (self.knots < window.until_h)]
        self.parts = [self._part(a, b) for a, b in pairwise(np.unique([*inside, *cuts]))]
        later = np.unique(self.knots[:, None] + [0.0, 0.01, 0.1, 1.0, 10.0, 100.0])
        known = np.concatenate([v for _, v in self.parts] + [self.seen(later)])
        self.peak = max(float(np.abs(known).max()), 1e-200)

    def seen(self, time_h: Floats, *, before: bool = False) -> Floats:
        """Values at times."""
        value: Floats = self.weights @ self.solution.at(time_h, before=before)[0]
        return value

    def _part(self, a: float, b: float) -> tuple[Floats, Floats]:
        """Times from a to b, dense beside both, with the values between the two jumps."""
        early, late = np.geomspace(1e-5, 1, 110), 1 - np.geomspace(1e-5, 1, 40)
        after = np.concatenate([[0.0], early, late, np.linspace(0, 1, 31)])
        time_h = np.unique(np.minimum(a + (b - a) * after, b))
        return time_h, np.append(self.seen(time_h[:-1]), self.seen(time_h[-1:], before=True))

    @cached_property
    def turns(self) -> list[list[tuple[float, float]]]:
        """Of each part, the time and value of peaks and dips within."""
        return [self._turns(*part) for part in self.parts]

    def _turns(self, time_h: Floats, value: Floats) -> list[tuple[float, float]]:
        found, rise = [], np.diff(value)
        for i in np.flatnonzero(rise[1:] * rise[:-1] < 0) + 1:
            low, high, sign = time_h[i - 1], time_h[i + 1], np.sign(rise[i - 1])
            for _ in range(10):
                near = np.linspace(low, high, 9)
                seen = sign * self.seen(near)
                if high == time_h[-1]:
                    seen[-1] = sign * value[-1]
                best = int(np.argmax(seen))
                low, high = near[max(best - 1, 0)], near[min(best + 1, 8)]
            found.append((float(near[best]), float(sign * seen[best])))
        return found

    def told(self, level: float) -> Told:
        """Every crossing of a level, to 1e-12 h."""
        crossed: list[float] = []
        last: bool | None = None
        for (time_h, value), turns in zip(self.parts, self.turns, strict=True):
            points = sorted([*zip(time_h.tolist(), value.tolist(), strict=True), *turns])
            over = [v > level for _, v in points]
            if last is not None and over[0] != last:
                crossed.append(points[0][0])
            for n in np.flatnonzero(np.diff(over)):
                crossed.append(self._root(points[n], points[n + 1], level, time_h[-1]))
            last = over[-1]
        return Told(crossed, bool(self.parts[0][1][0] > level))

    def _root(
        self, a: tuple[float, float], b: tuple[float, float], level: float, end_h: float
    ) -> float:
        def over(t: float) -> float:
            return float(self.seen(np.array([t]), before=t == end_h)[0]) - level

        at_a, at_b = over(a[0]), over(b[0])
        if (at_a > 0) == (at_b > 0):  # nothing but rounding lies between
            return a[0] if abs(at_a) < abs(at_b) else b[0]
        return float(brentq(over, a[0], b[0], xtol=1e-12))

    def doubtful(self, level: float) -> bool:
        """Whether a jump, a peak or a dip is so close to the level that either side is right."""
        ends = [value[[0, -1]] for _, value in self.parts]
        tops = [v for turns in self.turns for _, v in turns]
        return bool((np.abs(np.concatenate([*ends, tops]) - level) < NOISE * self.peak).any())

    @property
    def lowest(self) -> float:
        """Least value from the weak moment on."""
        late = [
            [*value, *(v for _, v in turns)]
            for (time_h, value), turns in zip(self.parts, self.turns, strict=True)
            if time_h[0] >= self.window.weakest_from_h
        ]
        return float(min(min(v) for v in late))

    def time_bound_h(self, time_h: float) -> float:
        """How far a crossing may be off: by a hundredth of a second, or by what noise shifts it."""
        if (self.knots == time_h).any():
            return 1e-9
        near = np.clip([time_h - 1e-5, time_h + 1e-5], self.window.from_h, self.window.until_h)
        low, high = self.seen(near)
        steep = abs(high - low) / (near[1] - near[0])
        return float(_TIME_H + NOISE * self.peak / max(steep, 1e-300))


def agree(curve: Curve, level: float, found: Answers, s: int, pair_h: float = PAIR_H) -> None:
    """Answers of subject s against the curve's own; two crossings within pair_h may be left out."""
    weakest_agrees(curve, found, s)
    told, count = curve.told(level), int(found.crossings[s])
    if curve.doubtful(level):
        bracketed(curve, level, found, s, pair_h)
        return
    ours = Told(found.crossed_h[s, :count].tolist(), told.over)
    expected, actual = told.without_pairs(pair_h), ours.without_pairs(pair_h)
    assert len(actual) == len(expected), f"crossings {actual}, not {expected}"
    bounds = [curve.time_bound_h(t) for t in expected]
    off = np.abs(np.array(actual) - np.array(expected))
    assert (off <= bounds).all(), f"crossings off by {off} h"
    if len(expected) < max(len(told.crossed_h), count):
        return
    above, gaps, falls = told.of(curve.window)
    slack = sum(bounds) + 1e-9
    assert abs(found.above_h[s] - above) <= slack
    assert abs(found.gap_h[s] - sum(gaps)) <= slack
    assert found.gaps[s] == len(gaps)
    assert abs(found.longest_gap_h[s] - max(gaps, default=0.0)) <= slack
    assert found.falls_at_h[s] == falls or abs(found.falls_at_h[s] - falls) <= slack


def bracketed(curve: Curve, level: float, found: Answers, s: int, pair_h: float = PAIR_H) -> None:
    """Hours over the level lie between those over levels a little higher and a little lower."""
    few, many = (curve.told(level + sign * NOISE * curve.peak) for sign in (1, -1))
    pairs = sum(len(t.crossed_h) - len(t.without_pairs(pair_h)) for t in (few, many))
    slack = _TIME_H * (1 + len(many.crossed_h)) + pair_h * pairs
    (least, _, early), (most, _, late) = (t.of(curve.window) for t in (few, many))
    assert least - slack <= found.above_h[s] <= most + slack, f"{least, most}"
    if not pairs:
        assert early - slack <= found.falls_at_h[s] <= late + slack, f"{early, late}"


def weakest_agrees(curve: Curve, found: Answers, s: int) -> None:
    """Nothing is lower than the weakest value, and it is seen when it is said to be."""
    least, at, window = found.weakest[s], found.weakest_at_h[s], curve.window
    noise = NOISE * curve.peak
    assert least <= curve.lowest + noise, f"{curve.lowest} is lower"
    near = curve.knots[np.abs(curve.knots - at) < 1e-9]
    moments = near if len(near) else np.clip([at], window.weakest_from_h, window.until_h)
    before = curve.seen(moments, before=True)[moments > window.weakest_from_h]
    after = curve.seen(moments)[moments < window.until_h]
    off = np.abs(np.concatenate([before, after]) - least)
    assert off.min() <= noise, f"{before}, {after} at {moments}"
