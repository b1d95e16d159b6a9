"""Answers without a grid against fine grids, bracketing and Brent's method on ``Solution.at``.

Crossings must be found to a hundredth of a second (or to what noise of 1e-9 of the peak shifts
them by); two within 11 s of each other may be left out. Nothing else may be missed.
"""

from __future__ import annotations

from collections.abc import Sequence
from dataclasses import replace
from typing import TypeAlias

import numpy as np
from hypothesis import HealthCheck, Phase, assume, given, settings
from hypothesis import strategies as st
from numpy.typing import NDArray
from tests.support.answer_cases import (
    PAIR_H,
    RATES,
    Course,
    Curve,
    Rates,
    Shape,
    agree,
    bracketed,
)

from antagonist.pharmacology.kernel import Jumps, LinearSystem, solve
from antagonist.pharmacology.kernel.answers_general import STEP_H
from antagonist.pharmacology.kernel.packed import packed
from antagonist.pharmacology.kernel.seen import seen_modes
from antagonist.pharmacology.kernel.trajectories import Steps, trajectories
from antagonist.pharmacology.kernel.window import Window

# Hour, state, amount, reset, regime (-1: the same as before).
Event: TypeAlias = tuple[float, int, float, bool, int]
# How a level is chosen, and two numbers for it.
Choice: TypeAlias = tuple[str, float, float]

shapes = st.builds(
    Shape, st.integers(0, 2), st.integers(1, 3), st.integers(0, 2), st.integers(0, 2)
)


def rate_sets(fastest: float) -> st.SearchStrategy[Rates]:
    """Each name has its own factor: rates do not meet because they are drawn alike."""
    logs = st.floats(np.log(1e-4), np.log(fastest))
    exponents = st.lists(logs, min_size=len(RATES), max_size=len(RATES))
    factors = 1.07 ** np.arange(len(RATES))
    return exponents.map(lambda x: dict(zip(RATES, np.exp(x) * factors, strict=True)))


gaps = st.sampled_from([0.0, 1e-12, 1e-9, 1e-7, 1e-5, 1e-3])
units = st.floats(0, 1)
others = st.lists(st.one_of(st.just(0.0), units), min_size=3, max_size=3)
choices = st.tuples(st.sampled_from(["log", "range", "turn", "knot"]), units, units)
# The same examples each time, as for the solver.
unhurried = settings(deadline=None, suppress_health_check=list(HealthCheck), derandomize=True)


@st.composite
def histories(draw: st.DrawFn, shape: Shape, regimes: int, horizon_h: float) -> list[Event]:
    """Doses (some of nothing), infusions or resets, changes of parameters; in order of time."""
    infused = draw(st.booleans())
    ways = ["dose", "dose", "dose", "none", "infusion" if infused else "reset"]
    at = st.one_of(
        st.integers(0, 20).map(lambda n: n * horizon_h / 20),
        st.floats(0, horizon_h).map(lambda t: round(t, 6)),
    )
    found: list[Event] = []
    rate_state = len(shape.states) - 1
    for _ in range(draw(st.sampled_from([0, 1, 1, 2, 3, 4, 6, 8]))):
        time_h, way, amount = draw(at), draw(st.sampled_from(ways)), draw(st.floats(1, 100))
        regime = draw(st.integers(-1, regimes - 1)) if regimes > 1 else -1
        target = draw(st.integers(0, min(rate_state - 1, 2)))
        if way == "infusion":
            lasts_h = draw(st.sampled_from([0.25, 2.0, 7.5]))
            found += [(time_h, rate_state, amount, False, regime)]
            found += [(time_h + lasts_h, rate_state, -amount, False, -1)]
        else:
            found.append((time_h, target, amount * (way != "none"), way == "reset", regime))
    return sorted(found, key=lambda e: e[0])


def jumps_of(histories: Sequence[Sequence[Event]]) -> Jumps:
    """Padded to the longest."""
    shape = len(histories), max(1, *(len(h) for h in histories), 1)
    time_h, amount = np.full(shape, np.inf), np.zeros(shape)
    target, regime = np.zeros(shape, dtype=np.intp), np.zeros(shape, dtype=np.intp)
    reset = np.zeros(shape, dtype=bool)
    for s, history in enumerate(histories):
        for m, (at, state, given_, empties, held) in enumerate(history):
            time_h[s, m], target[s, m], amount[s, m], reset[s, m] = at, state, given_, empties
            if held >= 0:
                regime[s, m:] = held
    return Jumps(time_h, target, amount, reset, regime)


@st.composite
def windows(draw: st.DrawFn, begins_h: Sequence[float], horizon_h: float) -> Window:
    """From the start, a dose or later; the fall and the weakest moment from any hour on."""
    moments = st.sampled_from([0.0, *begins_h])
    early, late = st.floats(0, 0.5 * horizon_h), st.floats(0, 0.99 * horizon_h)
    from_h = min(draw(st.one_of(st.just(0.0), moments, early)), 0.9 * horizon_h)
    until_h = max(draw(st.sampled_from([horizon_h, horizon_h, *begins_h])), from_h + 1.0)
    marks = [draw(st.one_of(st.just(from_h), moments, late)) for _ in range(2)]
    # not the end itself: a known defect has its own test
    as_of_h, weak_h = (from_h if not from_h < t < until_h else t for t in marks)
    return Window(from_h, until_h, as_of_h, weak_h)


def _meeting(shape: Shape, k: Rates, gap: float, tied: int) -> Rates:
    """Absorption, metabolite and effect sites as fast as the parent's fastest mode, or nearly."""
    at = [i for i, name in enumerate(shape.states) if name in ("central", "shallow", "deep")]
    mode = float(np.abs(np.linalg.eigvals(shape.rates_per_h(k)[np.ix_(at, at)])).max())
    names = ("ka", "ke0", "km", "kb", "ke1")[:tied]
    return {**k, **{name: mode * (1 + n * gap) for n, name in enumerate(names, 1)}}


@st.composite
def courses(draw: st.DrawFn, near: bool = False) -> Course:
    """One to three subjects with their own or a shared history, in one regime or two."""
    shape, subjects = draw(shapes), draw(st.integers(1, 3))
    regimes, horizon_h = draw(st.sampled_from([1, 1, 2])), draw(st.sampled_from([60.0, 300.0, 4e3]))
    if near:
        horizon_h, gap, tied = 20.0, draw(gaps), draw(st.integers(1, 5))
    systems = []
    for _ in range(subjects):
        k = [draw(rate_sets(2.0 if near else 50.0)) for _ in range(regimes)]
        systems.append([_meeting(shape, x, gap, tied) if near else x for x in k])
    gains = [[draw(st.floats(0.05, 1)), *draw(others)] for _ in range(regimes)]
    own = draw(st.booleans())
    told = [draw(histories(shape, regimes, horizon_h)) for _ in range(subjects if own else 1)]
    begins = [e[0] for history in told for e in history]
    initial = None
    if draw(st.integers(0, 4)) == 4:
        initial = np.array(draw(st.lists(units, min_size=subjects, max_size=subjects)))
        initial = 20 * initial[:, None] * np.append(np.ones(len(shape.states) - 1), 0.0)
    outputs = np.array([[shape.outputs(g) for g in gains]] * subjects)
    rates = np.array([[shape.rates_per_h(x) for x in k] for k in systems])
    window = draw(windows(begins, horizon_h))
    start_h = draw(st.sampled_from([0.0, 0.0, -5.0]))
    course = Course(LinearSystem(rates, outputs), jumps_of(told), window, start_h, initial)
    return replace(course, window=_first(window)) if _plain(course) else course


def _plain(course: Course) -> bool:
    """Whether the reference needs exponentials of matrices, which take their time."""
    solution = solve(course.system, course.jumps, start_h=course.start_h, initial=course.initial)
    return bool(solution.modes.plain.any())


def _first(window: Window, hours: float = 8.0) -> Window:
    until_h = min(window.until_h, window.from_h + hours)
    marks = (window.as_of_h, window.weakest_from_h)
    as_of_h, weak_h = (t if t < until_h else window.from_h for t in marks)
    return Window(window.from_h, until_h, as_of_h, weak_h)


def level_of(curve: Curve, choice: Choice) -> float:
    """From far under to far over; near a peak, a dip or an end of an interval."""
    kind, u, v = choice
    nearly = 1 + (1 if v > 0.5 else -1) * 10 ** (-7 * abs(2 * v - 1))
    ends = [float(x) for _, value in curve.parts for x in value[[0, -1]]]
    tops = [x for turns in curve.turns for _, x in turns]
    if kind == "range":
        lowest = max(min(ends + tops), 1e-6 * curve.peak)
        return lowest + (1.1 * u - 0.05) * (curve.peak - lowest)
    near = tops if kind == "turn" else ends if kind == "knot" else []
    if near:
        return max(near[int(u * (len(near) - 1))] * nearly, 1e-6 * curve.peak)
    return curve.peak * 10 ** (5 * u - 4.5)


def slow(course: Course) -> NDArray[np.bool_]:
    """Subjects whose modes are not to be trusted: a fine grid serves them."""
    given_ = packed(course.jumps, start_h=course.start_h)
    weights = np.ones((len(course.system.outputs), 1))
    return seen_modes(course.system, given_, weights, course.initial).skip


def check(course: Course, chosen: Sequence[Choice]) -> None:
    """All subjects at once, each against its own curve."""
    subjects = len(course.system.outputs)
    curves = [Curve(course.alone(s)) for s in range(subjects)]
    levels = np.array([level_of(c, x) for c, x in zip(curves, chosen, strict=False)])
    found = course.answers(levels)
    for s, by_grid in enumerate(slow(course)):
        agree(curves[s], float(levels[s]), found, s, STEP_H if by_grid else PAIR_H)


three = st.lists(choices, min_size=3, max_size=3)


@settings(unhurried, max_examples=50)
@given(courses(), three)
def test_random_courses(course: Course, chosen: list[Choice]) -> None:
    check(course, chosen)


@settings(unhurried, max_examples=8)
@given(courses(near=True), three)
def test_rates_that_nearly_meet(course: Course, chosen: list[Choice]) -> None:
    check(course, chosen)


@settings(unhurried, max_examples=10, phases=[Phase.generate])
@given(courses(), st.integers(0, 9), st.sampled_from([0.3, 1.0, 2.5, 6.0, 14.0, 32.0, 80.0]))
def test_levels_that_the_curve_has_hours_after_a_dose(course: Course, n: int, hours: float) -> None:
    """Exactly: either side of the level is right there, and everywhere else but one."""
    one = course.alone(0)
    curve = Curve(one)
    at_h = curve.knots[n % len(curve.knots)] + hours
    assume(not slow(one).any() and course.window.from_h <= at_h < course.window.until_h)
    level = float(curve.seen(np.array([at_h]))[0])
    assume(level > 1e-6 * curve.peak)
    bracketed(curve, level, one.answers(np.array([level])), 0)


steps = st.builds(
    Steps,
    st.sampled_from([0.0, 0.25, 7.0, 0.1]),
    st.sampled_from([0.25, 1 / 24, 1.0, 0.7]),
    st.integers(1, 700),
)


@settings(unhurried, max_examples=12)
@given(st.one_of(courses(), courses(), courses(near=True)), steps)
def test_every_step_of_a_grid(course: Course, grid: Steps) -> None:
    """To 1e-12 of the peak; doses lie on the grid, or between its times."""
    seen = trajectories(
        course.system, course.jumps, course.weights, grid, start_h=course.start_h,
        initial=course.initial,
    )  # fmt: skip
    solution = solve(course.system, course.jumps, start_h=course.start_h, initial=course.initial)
    expected = solution.at(grid.time_h)[:, 0]
    knots = np.unique(solution.time_h[np.isfinite(solution.time_h)])
    later = np.unique(knots[:, None] + [0.0, 0.01, 0.1, 1.0, 10.0])
    peak = np.abs(np.hstack([expected, solution.at(later)[:, 0]])).max(axis=1)
    assert (np.abs(seen - expected).max(axis=1) <= 1e-12 * peak).all()
