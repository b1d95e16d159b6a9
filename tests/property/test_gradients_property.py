"""Exact derivatives against dual numbers in extended precision, over random courses and formulas.

Every output and every derivative must agree to 1e-8 of its peak over the course (of a thousandth
of the largest output, over the parameter, where that is more).
"""

from __future__ import annotations

from collections.abc import Sequence
from typing import TypeAlias

import numpy as np
import pytest
from hypothesis import HealthCheck, assume, given, settings
from hypothesis import strategies as st
from tests.support.duals import Dual, Event, constant, formula, variable
from tests.support.gradient_cases import Case, Entries, Floats, agree, parameters, rates

from antagonist.pharmacology.catalogue import formulations, structure
from antagonist.pharmacology.dosing.records import EventRecord
from antagonist.pharmacology.expressions import parse
from antagonist.pharmacology.gradients import scene_with_gradient
from antagonist.pharmacology.subjects import definitions

BOUND = 1e-8
RATES = 8
# Hour, how far a lag moves it, state, amount, reset, regime.
Change: TypeAlias = tuple[float, float, int, float, bool, int]
HOURS = [0.05, 0.4, 1.0, 2.2, 5.0, 9.7, 16.0, 24.0, 33.0, 47.0, 60.0]


def parent_metabolite_site(*k: Dual) -> Entries:
    """Depot, central with a peripheral, metabolite with another, an effect site that takes none."""
    kel, k12, k21, km, k45, k54, ke0, ka = k
    return [
        ((0, 0), -ka),
        ((1, 0), ka * 0.4),
        ((3, 0), ka * 0.3),
        ((1, 1), -kel - k12),
        ((2, 1), k12),
        ((1, 2), k21),
        ((2, 2), -k21),
        ((3, 1), kel),
        ((3, 3), -km - k45),
        ((4, 3), k45),
        ((3, 4), k54),
        ((4, 4), -k54),
        ((5, 3), ke0 * 0.5),
        ((5, 5), -ke0),
    ]


rate = st.floats(np.log(1e-4), np.log(10)).map(lambda x: float(np.exp(x)))
sets = st.lists(rate, min_size=RATES, max_size=RATES)
shifts = st.lists(st.floats(-1, 1), min_size=RATES, max_size=RATES)
spreads = st.sampled_from([0.0, 1e-12, 1e-9, 1e-6, 1e-4, 1e-3, 1e-2, 0.1, 0.5])


@st.composite
def histories(draw: st.DrawFn, regimes: int) -> list[Change]:
    """Changes in order of time."""
    found = []
    for _ in range(draw(st.integers(1, 5))):
        hour = draw(st.integers(0, 40)) + 0.5
        reset = draw(st.sampled_from([False, False, False, True]))
        regime = draw(st.integers(-1, regimes - 1)) if regimes > 1 else -1
        # What empties or changes the rates stands still: a dose that meets it makes a kink.
        moved = 0.0 if reset or regime >= 0 else draw(st.sampled_from([0.0, 1.0, 2.0]))
        # Half-hours and quarter-hours: a moving dose never meets one that stands still.
        at = hour + 0.25 * (moved > 0)
        found.append((at, moved, draw(st.integers(0, 3)), draw(st.floats(1, 100)), reset, regime))
    return sorted(found)


def case_of(
    values: Sequence[Sequence[float]],
    history: Sequence[Change],
) -> Case:
    """The first set's rates are directions, the others follow in proportion; a lag, a share too."""
    *k, lag, bit = parameters(*values[0], 0.1, 1.0)
    matrices = []
    for some in values:
        moved = [x * (v / float(x.value)) for x, v in zip(k, some, strict=True)]
        matrices.append(rates(6, parent_metabolite_site, *moved))
    events = [
        Event((lag - 0.1) * moved + at, target, bit * amount, reset, regime)
        for at, moved, target, amount, reset, regime in history
    ]
    return Case(matrices, events)


# The same examples each time, as for the solver.
unhurried = settings(deadline=None, suppress_health_check=list(HealthCheck), derandomize=True)


@settings(unhurried, max_examples=40)
@given(st.lists(st.tuples(sets, histories(1)), min_size=1, max_size=3))
def test_random_systems_and_histories(
    cohort: list[tuple[list[float], list[Change]]],
) -> None:
    cases = [case_of([values], history) for values, history in cohort]
    agree(HOURS, *cases, bound=BOUND, sizes=[[*values, 0.1, 1.0] for values, _ in cohort])


@settings(unhurried, max_examples=40)
@given(sets, sets, histories(2))
def test_rates_that_change(
    first: list[float],
    second: list[float],
    history: list[Change],
) -> None:
    agree(HOURS, case_of([first, second], history), bound=BOUND, sizes=[[*first, 0.1, 1.0]])


@settings(unhurried, max_examples=60)
@given(st.floats(1e-3, 3.0), shifts, spreads, histories(1))
def test_rates_that_nearly_meet(
    middle: float,
    shift: list[float],
    spread: float,
    history: list[Change],
) -> None:
    values = [middle * float(np.exp(spread * x)) for x in shift]
    agree(HOURS, case_of([values], history), bound=BOUND, sizes=[[*values, 0.1, 1.0]])


# Formulas


def joined(parts: st.SearchStrategy[str]) -> st.SearchStrategy[str]:
    """Formulas that are defined everywhere: what divides or is a base stays above one."""
    pairs = st.tuples(parts, parts)
    return st.one_of(
        st.tuples(parts, st.sampled_from("+-*"), parts).map(lambda p: f"({p[0]} {p[1]} {p[2]})"),
        pairs.map(lambda p: f"({p[0]}) / (1 + ({p[1]}) * ({p[1]}))"),
        pairs.map(lambda p: f"(1 + ({p[0]}) * ({p[0]})) ** (({p[1]}) / 10)"),
        parts.map(lambda p: f"-({p})"),
        parts.map(lambda p: f"exp(({p}) / 10)"),
        parts.map(lambda p: f"log(1 + ({p}) * ({p}))"),
        parts.map(lambda p: f"sqrt(1 + ({p}) * ({p}))"),
    )


texts = st.recursive(st.sampled_from(["a", "b", "c", "2", "0.3"]), joined, max_leaves=6)
numbers = st.floats(0.2, 5.0)


@settings(unhurried, max_examples=200)
@given(texts, numbers, numbers, numbers)
def test_random_formulas(text: str, a: float, b: float, c: float) -> None:
    """By a and b; c is constant."""
    duals = {"a": variable(a, 0, 2), "b": variable(b, 1, 2), "c": constant(c, 2)}
    expected = formula(text, duals, 2)
    assume(abs(expected.value) < 1e6 and np.abs(expected.slope).max() < 1e6)
    tangents = {"a": np.array([1.0, 0.0]), "b": np.array([0.0, 1.0])}
    value, gradient = parse(text).with_gradient({"a": a, "b": b, "c": c}, tangents)
    assert float(value) == pytest.approx(float(expected.value), rel=1e-9, abs=1e-9)
    assert gradient == pytest.approx(expected.slope.astype(float), rel=1e-9, abs=1e-9)


# Whole models


@st.composite
def plans(draw: st.DrawFn) -> list[EventRecord]:
    """Doses of several products, some given again and again, or long before."""
    found = []
    for name in draw(st.lists(st.sampled_from(list(PRODUCTS)), min_size=1, max_size=4)):
        amt_mg, again = draw(st.floats(1, 500)), draw(st.integers(0, 3))
        time_h = float(draw(st.integers(0, 30)))
        found.append(EventRecord(time_h, 1, amt_mg, product=name, addl=again, ii_h=24.0))
    return sorted(found, key=lambda r: r.time_h)


PRODUCTS = {name: formulations()[name] for name in ("oral_tablet", "iv", "xr_im_380")}


@settings(unhurried, max_examples=40)
@given(plans(), st.integers(0, 2**32 - 1))
def test_levels_are_what_each_dose_adds_to_them(plan: list[EventRecord], seed: int) -> None:
    """A linear model: amounts times derivatives add up to the level (Euler)."""
    model, rng = structure("slow_both"), np.random.default_rng(seed)
    known = {}
    for name, p in definitions(model, PRODUCTS).items():
        factor = np.exp(0.3 * rng.standard_normal()) if p.transform == "log" else 1.0
        known[name] = np.array([[p.value * factor]])
    doses = range(len(plan))
    scene = scene_with_gradient(model, PRODUCTS, known, [plan], doses=doses)
    time_h = np.array([0.0, 5.5, 31.0, 77.0, 400.0, 700.0])
    value, gradient = scene.solution.at(time_h)
    amounts: Floats = np.array([r.amt_mg for r in plan])
    total = np.einsum("soqt,q->sot", gradient, amounts)
    peak = np.abs(value).max(axis=2, keepdims=True)
    assert (peak > 0).all()
    assert (np.abs(total - value) <= 1e-10 * peak).all()
