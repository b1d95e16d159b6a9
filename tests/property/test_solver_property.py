"""The solver against an independent solution of the differential equations.

The same courses are put to SciPy's DOP853, restarted at every discontinuity, with equations
written out here by hand. Every output, and its integral, must agree to 1e-8 of its peak.
"""

from __future__ import annotations

from collections.abc import Mapping, Sequence
from dataclasses import dataclass
from itertools import pairwise

import numpy as np
import pytest
from hypothesis import HealthCheck, given, settings
from hypothesis import strategies as st
from scipy.integrate import solve_ivp

from antagonist.pharmacology.assembly import assemble, jumps_of
from antagonist.pharmacology.dosing.records import EventRecord
from antagonist.pharmacology.kernel import Floats, solve
from antagonist.pharmacology.models import Formulation, Structure

BOUND = 1e-8
RATES = ("kel", "k12", "k21", "k13", "k31", "km", "k45", "k54", "ke0", "ka", "kb")
LAG_H, HOLD_H, RISE = 1.5, 9.0, 3.0
Rates = Mapping[str, float]


@dataclass(frozen=True)
class Shape:
    """Which compartments a system has. parent, metabolite: number of their peripherals."""

    parent: int
    metabolite: int
    effect_of: str


def _structure(shape: Shape) -> Structure:
    compartments = ["central", *["shallow", "deep"][: shape.parent], "metabolite"]
    compartments += [*["tissue"][: shape.metabolite], "effect"]
    flows = [
        ("central", "metabolite", "kel"),
        ("metabolite", None, "km"),
        ("central", "shallow", "k12"),
        ("shallow", "central", "k21"),
        ("central", "deep", "k13"),
        ("deep", "central", "k31"),
        ("metabolite", "tissue", "k45"),
        ("tissue", "metabolite", "k54"),
    ]
    return Structure.model_validate(
        {
            "id": "random",
            "version": "1",
            "title": "Parent, metabolite, effect site",
            "compartments": compartments,
            "transfers": [
                {"from": a, "to": b, "rate": rate}
                for a, b, rate in flows
                if a in compartments and (b is None or b in compartments)
            ],
            "links": [{"of": shape.effect_of, "to": "effect", "gain": "0.5", "rate": "ke0"}],
            "entries": {
                "systemic": {"central": "1"},
                "portal": {"central": 0.4, "metabolite": 0.3},
            },
            "outputs": {
                name: {"of": name, "gain": "2", "unit": "mg"}
                for name in ("central", "metabolite", "effect")
            },
            "parameters": {},
        }
    )


def _product(name: str, entry: str, *release: Mapping[str, object]) -> Formulation:
    return Formulation.model_validate(
        {
            "id": name,
            "version": "1",
            "title": {"en": name, "ru": name},
            "route": "sc",
            "entry": entry,
            "max_dose_mg": 1000,
            "release": release,
            "source": "made up for a test",
            "provenance": "assumed",
        }
    )


PRODUCTS = {
    "tablet": _product("tablet", "portal", {"kind": "exponential", "rate_per_h": "ka"}),
    # Rises and falls: a difference of exponentials, after a lag.
    "depot": _product(
        "depot",
        "systemic",
        {
            "kind": "exponential",
            "fraction": RISE / (RISE - 1),
            "rate_per_h": "kb",
            "lag_h": LAG_H,
        },
        {
            "kind": "exponential",
            "fraction": -1 / (RISE - 1),
            "rate_per_h": f"{RISE} * kb",
            "lag_h": LAG_H,
        },
    ),
    "implant": _product(
        "implant", "systemic", {"kind": "constant", "duration_h": HOLD_H, "lag_h": LAG_H}
    ),
}

# States of the equations by hand: the compartments, what is left of tablet and depot (whose
# release is that of two stores), and the integrals of the three outputs.
STATES = ("central", "shallow", "deep", "metabolite", "tissue", "effect", "tablet", "slow", "quick")
SEEN = ("central", "metabolite", "effect")


def _equations(shape: Shape, k: Rates) -> Floats:
    at = {name: i for i, name in enumerate(STATES)}
    size = len(STATES)
    matrix = np.zeros((size + len(SEEN), size + len(SEEN)))

    def flow(a: str, b: str | None, rate: float) -> None:
        matrix[at[a], at[a]] -= rate
        if b is not None:
            matrix[at[b], at[a]] += rate

    flow("central", "metabolite", k["kel"])
    flow("metabolite", None, k["km"])
    for name, out, back in (("shallow", "k12", "k21"), ("deep", "k13", "k31"))[: shape.parent]:
        flow("central", name, k[out])
        flow(name, "central", k[back])
    if shape.metabolite:
        flow("metabolite", "tissue", k["k45"])
        flow("tissue", "metabolite", k["k54"])
    matrix[at["effect"], at[shape.effect_of]] += 0.5 * k["ke0"]
    matrix[at["effect"], at["effect"]] -= k["ke0"]
    flow("tablet", None, k["ka"])
    matrix[at["central"], at["tablet"]] += 0.4 * k["ka"]
    matrix[at["metabolite"], at["tablet"]] += 0.3 * k["ka"]
    flow("slow", "central", k["kb"])
    flow("quick", "central", RISE * k["kb"])
    for o, name in enumerate(SEEN):
        matrix[size + o, at[name]] = 2.0
    return matrix


def _changes(records: Sequence[EventRecord]) -> list[tuple[float, str, float]]:
    """(hour, state or ``input``, amount or change of the rate into central)."""
    found: list[tuple[float, str, float]] = []
    for r in records:
        t, amt, rate = r.time_h, r.amt_mg, r.rate_mg_per_h
        if r.product == "tablet":
            found.append((t, "tablet", amt))
        elif r.product == "depot":
            found.append((t + LAG_H, "slow", amt * RISE / (RISE - 1)))
            found.append((t + LAG_H, "quick", -amt / (RISE - 1)))
        elif r.product == "implant":
            found.append((t + LAG_H, "input", amt / HOLD_H))
            found.append((t + LAG_H + HOLD_H, "input", -amt / HOLD_H))
        elif rate > 0:
            found += [(t, "input", rate), (t + amt / rate, "input", -rate)]
        else:
            found.append((t, "central", amt))
    return sorted(found)


def _reference(
    shape: Shape, k: Rates, records: Sequence[EventRecord], time_h: Floats
) -> tuple[Floats, Floats]:
    """Outputs and their integrals at times, shapes (3, T).

    Every moment asked for ends a step: what DOP853 gives inside a step is only good to 1e-8.
    """
    matrix, changes = _equations(shape, k), _changes(records)
    first_h = 0.01 / np.abs(matrix).max()
    state, inflow = np.zeros(len(matrix)), np.zeros(len(matrix))
    at_edge: dict[float, Floats] = {}
    edges = sorted({0.0, *time_h.tolist(), *(t for t, _, _ in changes if t < time_h[-1])})
    for start, end in pairwise([*edges, edges[-1] + 1]):
        for _, name, amount in (c for c in changes if c[0] == start):
            if name == "input":
                inflow[0] += amount
            else:
                state[STATES.index(name)] += amount
        at_edge[start] = state.copy()
        if start < edges[-1] and (state.any() or inflow.any()):
            found = solve_ivp(
                lambda _, y, b: matrix @ y + b,
                (start, end),
                state,
                method="DOP853",
                args=(inflow,),
                first_step=min(end - start, first_h),
                rtol=1e-11,
                atol=1e-24,
            )
            assert found.success, found.message
            state = found.y[:, -1]
    seen = np.stack([at_edge[t] for t in time_h.tolist()], axis=1)
    at = [STATES.index(name) for name in SEEN]
    return 2.0 * seen[at], seen[len(STATES) :]


def _times(records: Sequence[EventRecord], last_h: float) -> Floats:
    """Hours that show every peak: close after each change and far from it."""
    starts = [t for t, _, _ in _changes(records) if t < last_h]
    after = np.concatenate([[0.0], np.geomspace(0.01, last_h, 9)])
    times: Floats = np.unique(np.concatenate([start + after for start in [0.0, *starts]]))
    return np.append(times[times < last_h], last_h)


def _agree(
    shape: Shape,
    rates: Sequence[Rates],
    schedules: Sequence[Sequence[EventRecord]],
    last_h: float,
) -> None:
    """All subjects at once in the solver, each alone in the reference."""
    structure = _structure(shape)
    values = {name: np.array([[k[name]] for k in rates]) for name in RATES}
    records = [r for schedule in schedules for r in schedule]
    assembly = assemble(structure, PRODUCTS, values, records)
    jumps = jumps_of(assembly, structure, schedules)
    solution = solve(assembly.system, jumps, cumulative=True)
    time_h = _times(records, last_h)
    seen, total = solution.at(time_h), solution.at(time_h, cumulative=True)
    for s, k in enumerate(rates):
        schedule = schedules[s if len(schedules) > 1 else 0]
        reference = _reference(shape, k, schedule, time_h)
        for ours, theirs in zip((seen[s], total[s]), reference, strict=True):
            peak = np.abs(theirs).max(axis=1, keepdims=True)
            worst = (np.abs(ours - theirs) / np.where(peak > 0, peak, 1.0)).max(axis=1)
            assert (worst <= BOUND).all(), f"off by {worst} of the peak: {shape}, {k}, {schedule}"


shapes = st.builds(
    Shape,
    parent=st.integers(0, 2),
    metabolite=st.integers(0, 1),
    effect_of=st.sampled_from(["central", "metabolite"]),
)
rate = st.floats(np.log(1e-4), np.log(10)).map(lambda x: float(np.exp(x)))
subjects = st.fixed_dictionaries(dict.fromkeys(RATES, rate))
gaps = st.sampled_from([0.0, 1e-12, 1e-9, 1e-6, 1e-3])
EXTENT_H = 60.0


@st.composite
def records(draw: st.DrawFn) -> EventRecord:
    time_h = draw(st.integers(0, 40)) / 2
    amt_mg = draw(st.floats(1, 100))
    way = draw(st.sampled_from(["bolus", "infusion", "tablet", "depot", "implant"]))
    if way == "bolus":
        return EventRecord(time_h, amt_mg=amt_mg, cmt="central")
    if way == "infusion":
        rate_mg_per_h = amt_mg / draw(st.sampled_from([0.25, 2.0, 7.5]))
        return EventRecord(time_h, amt_mg=amt_mg, cmt=1, rate_mg_per_h=rate_mg_per_h)
    return EventRecord(time_h, amt_mg=amt_mg, product=way)


histories = st.lists(records(), min_size=1, max_size=4).map(
    lambda found: sorted(found, key=lambda r: r.time_h)
)
# The same examples each time: DOP853 itself is off by up to 8e-9 in one system of thousands.
unhurried = settings(deadline=None, suppress_health_check=list(HealthCheck), derandomize=True)


@settings(unhurried, max_examples=25)
@given(shapes, st.lists(st.tuples(subjects, histories), min_size=1, max_size=3))
def test_random_systems_and_histories(
    shape: Shape, cohort: list[tuple[Rates, list[EventRecord]]]
) -> None:
    _agree(shape, [k for k, _ in cohort], [history for _, history in cohort], EXTENT_H)


@settings(unhurried, max_examples=15)
@given(shapes, st.lists(subjects, min_size=2, max_size=3), histories)
def test_a_shared_history(shape: Shape, cohort: list[Rates], history: list[EventRecord]) -> None:
    _agree(shape, cohort, [history], EXTENT_H)


def _parent_mode(shape: Shape, k: Rates) -> float:
    """The fastest rate of decline of the parent and its peripherals, 1/h."""
    size = 1 + shape.parent
    return float(np.abs(np.linalg.eigvals(_equations(shape, k)[:size, :size])).max())


@settings(unhurried, max_examples=25)
@given(shapes, subjects, histories, gaps, st.sampled_from(["one", "two", "four"]))
def test_rates_that_nearly_meet(
    shape: Shape, k: Rates, history: list[EventRecord], gap: float, tied: str
) -> None:
    """Absorption, metabolite and effect site as fast as a mode of the parent, or nearly."""
    mode = _parent_mode(shape, k)
    near = {"ka": mode * (1 + gap)}
    if tied != "one":
        near["km"] = mode * (1 - gap)
    if tied == "four":
        near |= {"ke0": mode * (1 + 2 * gap), "kb": mode * (1 + 3 * gap)}
    tablet = EventRecord(0.0, amt_mg=50, product="tablet")
    _agree(shape, [{**k, **near}, k], [[tablet, *history]], EXTENT_H)


@pytest.mark.parametrize("tied", [("ka",), ("ka", "km"), ("ka", "km", "ke0"), ("ka", "kb")])
@pytest.mark.parametrize("gap", [0.0, 1e-12, 1e-9, 1e-7, 1e-6, 1e-5, 1e-4, 1e-3])
def test_absorption_as_fast_as_elimination(tied: Sequence[str], gap: float) -> None:
    """The case ka == CL / V, and more: where the closed form of a textbook divides by zero."""
    typical = dict.fromkeys(RATES, 0.7) | {"kel": 0.25, "km": 0.06, "ke0": 0.4, "kb": 0.01}
    met = {name: 0.25 * (1 + (n + 1) * gap) for n, name in enumerate(tied)}
    doses = [EventRecord(t, amt_mg=50, product="tablet") for t in (0.0, 24.0)]
    doses.append(EventRecord(26.0, amt_mg=80, product="depot"))
    _agree(Shape(0, 0, "metabolite"), [typical | met, typical], [doses], 48.0)


def test_half_a_year_of_a_depot_with_fast_absorption() -> None:
    k = dict.fromkeys(RATES, 1.0) | {"kb": 5e-4, "ka": 8.0, "k21": 0.05, "k31": 3e-3, "km": 0.06}
    doses = [
        EventRecord(0.0, amt_mg=1000, product="depot"),
        EventRecord(2000.0, amt_mg=50, product="tablet"),
    ]
    _agree(Shape(2, 0, "central"), [k], [doses], 4368.0)


@pytest.mark.parametrize(
    ("kel", "km", "ke0"), [(2.992e-4, 2.989e-4, 2.998e-4), (1.8565e-4, 1.8563e-4, 3.323e-4)]
)
def test_slow_steps_seen_long_before_their_peak(kel: float, km: float, ke0: float) -> None:
    """Hours against months: what is there so far is a small rest of large modes."""
    k = dict.fromkeys(RATES, 0.05) | {"kel": kel, "km": km, "ke0": ke0}
    infusion = EventRecord(10.5, amt_mg=60, cmt="central", rate_mg_per_h=30)
    _agree(Shape(0, 0, "metabolite"), [k], [[infusion]], EXTENT_H)
