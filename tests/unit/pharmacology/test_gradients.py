"""Derivatives of whole models: dual numbers put through the model files, central differences."""

from __future__ import annotations

from collections.abc import Callable, Mapping, Sequence
from typing import Any

import numpy as np
import pytest
from tests.support.duals import Dual, Event, Matrix, constant, course, formula, matrix, variable
from tests.support.gradient_cases import Floats, close

from antagonist.foundation.errors import InputError
from antagonist.pharmacology.assembly import assemble, jumps_of, jumps_with_gradient
from antagonist.pharmacology.catalogue import formulations, structure
from antagonist.pharmacology.dosing.records import EventRecord
from antagonist.pharmacology.gradients import by_phi, by_value, scene_with_gradient
from antagonist.pharmacology.kernel import solve
from antagonist.pharmacology.models import Formulation, Structure
from antagonist.pharmacology.receptors import RECEPTORS, antagonist_odds, occupancy
from antagonist.pharmacology.responses import ENDPOINTS, blocked
from antagonist.pharmacology.subjects import definitions, forward, values_of
from antagonist.pharmacology.varying import Quantity, Varying, applied, gradient_of, value_of

SOURCED = {"source": "made up for a test", "provenance": "assumed"}
HOURS = np.array([0.0, 0.5, 1.9, 2.1, 3.3, 5.9, 11.0, 13.4, 23.9, 31.3, 47.0, 61.0, 100.0])
VALUES = {"ka": 1.1, "ke": 0.15, "km": 0.04, "F": 0.6, "lag": 2.0, "share": 0.3, "lasts": 7.0}
STRUCTURE = Structure.model_validate(
    {
        "id": "test",
        "version": "1",
        "title": "Depot, central, metabolite",
        "compartments": ["gut", "central", "metabolite", "site"],
        "transfers": [
            {"from": "gut", "to": "central", "rate": "ka"},
            {"from": "central", "to": "metabolite", "rate": "ke"},
            {"from": "metabolite", "rate": "km"},
        ],
        "links": [{"of": "central", "to": "site", "gain": "sqrt(ka)", "rate": "ke * share"}],
        "entries": {
            "systemic": {"central": "1"},
            "portal": {"central": "share", "metabolite": "1 - share"},
        },
        "dose_inputs": {"gut": {"lag_h": "lag", "fraction": "F"}, "metabolite": {"fraction": "F"}},
        "outputs": {
            "parent": {"of": "central", "gain": "1 / F", "unit": "mg"},
            "metabolite": {"of": "metabolite", "gain": "exp(km)", "unit": "mg"},
            "site": {"of": "site", "gain": "1", "unit": "mg"},
        },
        "parameters": {},
    }
)


def product(*release: Mapping[str, Any], **changes: Any) -> Formulation:
    content: dict[str, Any] = {
        "id": "product",
        "version": "1",
        "title": {"en": "A product", "ru": "Препарат"},
        "route": "sc",
        "entry": "portal",
        "salt_factor": 0.9,
        "max_dose_mg": 1000,
        "release": release,
        **SOURCED,
    }
    return Formulation.model_validate(content | changes)


PRODUCTS = {
    "tablet": product({"kind": "exponential", "fraction": "F", "rate_per_h": "ka", "lag_h": "lag"}),
    "halves": product(
        {"kind": "bolus", "fraction": "share"},
        {"kind": "bolus", "fraction": "1 - share", "lag_h": "lag * 2"},
    ),
    "implant": product(
        {"kind": "constant", "fraction": "F", "duration_h": "lasts", "lag_h": "lag"}
    ),
    "humped": product(
        {"kind": "exponential", "fraction": "3 / 2", "rate_per_h": "km * 2"},
        {"kind": "exponential", "fraction": "-1 / 2", "rate_per_h": "km * 6"},
    ),
}


def values(**changes: Any) -> dict[str, Floats]:
    """Parameters of shape (S, P); a change may be an array of that shape."""
    mixed = {name: np.atleast_2d(changes.get(name, value)) for name, value in VALUES.items()}
    shape = np.broadcast_shapes(*(v.shape for v in mixed.values()))
    return {name: np.broadcast_to(v, shape).astype(float) for name, v in mixed.items()}


def given(time_h: float, cmt: str, amt_mg: float = 50.0, **more: Any) -> EventRecord:
    return EventRecord(time_h, amt_mg=amt_mg, cmt=cmt, **more)


def taken(time_h: float, name: str, amt_mg: float = 50.0, **more: Any) -> EventRecord:
    return EventRecord(time_h, amt_mg=amt_mg, product=name, **more)


def change(time_h: float) -> EventRecord:
    return EventRecord(time_h, evid=2, covariates={"weight_kg": 80.0})


def with_amount(records: Sequence[EventRecord], n: int, more: float) -> list[EventRecord]:
    """The n-th dose row with so many milligrams more."""
    found, dose = [], -1
    for r in records:
        dose += r.evid in (1, 4)
        hit = r.evid in (1, 4) and dose == n
        found.append(EventRecord(**(vars(r) | {"amt_mg": r.amt_mg + more})) if hit else r)
    return found


def slope(course_of: Callable[[float], Floats], step: float) -> Floats:
    """Central difference of the sixth order."""
    one, two, three = (course_of(k * step) - course_of(-k * step) for k in (1, 2, 3))
    result: Floats = (45 * one - 9 * two + three) / (60 * step)
    return result


def same(actual: Floats, expected: Floats, bound: float, noise: float) -> None:
    """Shape (S, o, T); an output counts for a hundredth of the largest: differences have noise.

    noise: of the differences, where what is asked for changes nothing at all.
    """
    largest = 0.01 * np.abs(expected).max(axis=(1, 2), keepdims=True)
    close(actual, expected, bound, np.maximum(largest, noise / bound))


def agrees(
    schedules: Sequence[Sequence[EventRecord]],
    known: Mapping[str, Floats],
    *,
    time_h: Floats = HOURS,
    bound: float = 1e-8,
) -> Floats:
    """Gradients by every parameter and every dose against differences of the whole pipeline."""

    def levels(x: Mapping[str, Floats], plans: Sequence[Sequence[EventRecord]]) -> Floats:
        assembly = assemble(STRUCTURE, PRODUCTS, x, [r for plan in plans for r in plan])
        return solve(assembly.system, jumps_of(assembly, STRUCTURE, plans)).at(time_h)

    doses = range(min(sum(r.evid in (1, 4) for r in plan) for plan in schedules))
    scene = scene_with_gradient(
        STRUCTURE, PRODUCTS, by_value(known, tuple(known)), schedules, doses=doses
    )
    value, gradient = scene.solution.at(time_h)
    np.testing.assert_allclose(value, levels(known, schedules), rtol=1e-11, atol=1e-12)
    assert gradient.shape[2] == scene.directions == len(known) + len(doses)
    rounding = 1e-14 * float(np.abs(value).max())
    for k, (name, value) in enumerate(known.items()):
        step = 3e-3 * float(value.min())

        def moved(h: float, name: str = name, value: Floats = value) -> Floats:
            return levels({**known, name: value + h}, schedules)

        same(gradient[:, :, k], slope(moved, step), bound, rounding / step)
    for n in doses:

        def given_more(mg: float, n: int = n) -> Floats:
            return levels(known, [with_amount(plan, n, mg) for plan in schedules])

        same(gradient[:, :, len(known) + n], slope(given_more, 0.1), bound, rounding / 0.1)
    return gradient


@pytest.mark.parametrize(
    "records",
    [
        [given(0, "gut"), given(3, "metabolite", 20)],
        [taken(0, "tablet", addl=2, ii_h=12)],
        [taken(0, "halves"), taken(10, "halves", 20)],
        [taken(0, "implant", addl=1, ii_h=6), given(1, "central", 5)],
        [taken(0, "humped")],
        [given(0, "gut", rate_mg_per_h=10), given(20, "central", rate_mg_per_h=8)],
        [given(0, "metabolite", rate_mg_per_h=10, addl=3, ii_h=3)],
        [given(0, "gut"), EventRecord(12, evid=3), taken(20, "tablet")],
        [taken(0, "implant"), given(4, "gut", evid=4, addl=1, ii_h=24)],
        [given(0, "gut"), EventRecord(1, evid=3), given(2, "central", 5)],  # it never arrives
        [given(0, "central"), EventRecord(0.3, evid=0), EventRecord(1, evid=2)],
    ],
)
def test_ways_in(records: list[EventRecord]) -> None:
    assert np.abs(agrees([records], values())).max() > 0


@pytest.mark.parametrize(
    "dose",
    [
        given(0, "central", ss=1, ii_h=12),
        given(0, "gut", ss=1, ii_h=24, addl=2),
        given(0, "gut", ss=1, ii_h=1.5),  # shorter than the lag
        given(0, "central", ss=1, ii_h=12, rate_mg_per_h=10),
        given(0, "metabolite", ss=1, ii_h=4, rate_mg_per_h=5),  # infusions that overlap
        taken(0, "implant", ss=1, ii_h=24),
        taken(0, "halves", ss=1, ii_h=24),
        taken(0, "tablet", ss=1, ii_h=24),
    ],
)
def test_steady_state(dose: EventRecord) -> None:
    """The second subject's rates are equal: there the block exponential serves."""
    known = values(ke=np.array([[0.15], [1.1]]), lag=np.array([[2.0], [2.7]]))
    after = np.array([0.1, 1.3, 1.9, 2.3, 2.6, 4.1, 11.0, 13.0, 23.0, 26.5, 100.0])
    agrees([[dose]], known, time_h=after, bound=1e-7)


def test_steady_state_in_its_own_regime() -> None:
    known = values(ke=np.array([[0.4, 0.15]]), lag=np.array([[1.0, 2.0]]))
    agrees([[given(0, "gut"), change(3), given(6, "gut", ss=1, ii_h=12)]], known)


def test_no_steady_state_is_refused() -> None:
    known = by_value(values(km=0.0), ["km"])
    with pytest.raises(InputError, match=r"SS: 1 is not allowed \(there is no steady state"):
        scene_with_gradient(STRUCTURE, PRODUCTS, known, [[given(0, "central", ss=1, ii_h=12)]])


def test_regimes_with_doses_that_wait_and_run() -> None:
    """Every parameter differs between regimes and moves in all of them at once."""
    known = values(
        ke=np.array([[0.9, 0.4, 0.15]]),
        lag=np.array([[2.0, 3.0, 1.0]]),
        F=np.array([[0.5, 0.6, 0.8]]),
        ka=np.array([[0.9, 0.4, 1.5]]),  # equal rates in two of them
    )
    records = [
        given(0, "gut", addl=2, ii_h=12),
        given(0.2, "central", rate_mg_per_h=10),
        change(1),
        taken(2, "implant"),
        change(6),
        taken(20, "tablet"),
    ]
    agrees([records], known)


def test_subjects_with_their_own_schedules() -> None:
    """One oscillation of schedules: resets, infusions, nothing at all to take part in."""
    known = values(ke=np.array([[0.1], [1.1], [0.3]]), lag=np.array([[2.0], [1.0], [0.6]]))
    schedules = [
        [given(0, "central", addl=5, ii_h=7), EventRecord(9.1, evid=3), given(10, "gut")],
        [given(2.5, "central", rate_mg_per_h=10), taken(6, "tablet")],
        [given(0, "gut", ss=1, ii_h=24), taken(1, "implant")],
    ]
    agrees(schedules, known)


def test_a_parameter_that_moves_in_one_regime_only() -> None:
    """Directions are free: here the clearance after the change, and half of ka with F."""
    known = values(ke=np.array([[0.4, 0.15]]))
    moving: dict[str, Quantity] = dict(known)
    moving["ke"] = Varying(known["ke"], np.array([[[0.0, 0.0], [1.0, 0.0]]]))
    moving["ka"] = Varying(known["ka"], np.array([[[0.0, 0.5]] * 2]))
    moving["F"] = Varying(known["F"], np.array([[[0.0, 1.0]] * 2]))
    records = [given(0, "gut"), change(6), taken(7, "tablet")]
    scene = scene_with_gradient(STRUCTURE, PRODUCTS, moving, [records])

    def levels(after: float, both: float) -> Floats:
        x = {**known, "ke": known["ke"] + np.array([[0.0, after]])}
        x |= {"ka": known["ka"] + both / 2, "F": known["F"] + both}
        assembly = assemble(STRUCTURE, PRODUCTS, x, records)
        return solve(assembly.system, jumps_of(assembly, STRUCTURE, [records])).at(HOURS)

    gradient = scene.solution.at(HOURS)[1]
    close(gradient[:, :, 0], slope(lambda h: levels(h, 0.0), 1e-4), 1e-8)
    close(gradient[:, :, 1], slope(lambda h: levels(0.0, h), 1e-3), 1e-8)


# The model files that come with the package


def dual_course(
    model: Structure,
    products: Mapping[str, Formulation],
    known: Mapping[str, Dual],
    records: Sequence[EventRecord],
    time_h: Floats,
) -> tuple[Floats, Floats]:
    """The model files read by Python itself; bolus rows of products only."""
    count = len(next(iter(known.values())).slope)
    names = list(model.compartments)
    entries: list[tuple[Any, Dual]] = []
    events: list[Event] = []

    def of(text: str) -> Dual:
        return formula(text, known, count)

    for t in model.transfers:
        i = names.index(t.source)
        entries.append(((i, i), -of(t.rate)))
        if t.to:
            entries.append(((names.index(t.to), i), of(t.rate)))
    for link in model.links:
        i, j = names.index(link.to), names.index(link.of)
        entries += [((i, i), -of(link.rate)), ((i, j), of(f"({link.rate}) * ({link.gain})"))]
    for name, used in products.items():
        taken_mg = [(r.time_h, r.amt_mg * used.salt_factor) for r in records if r.product == name]
        for part in used.release:
            names.append(f"{name}{len(names)}")
            depot, share = len(names) - 1, of(part.fraction)
            entered = depot
            if part.transit_rate_per_h:
                names.append(f"{name}{len(names)}")
                entered, before = len(names) - 1, of(part.transit_rate_per_h)
                entries += [((entered, entered), -before), ((depot, entered), before)]
            rate = of(part.rate_per_h) if part.rate_per_h else constant(1.0, count)
            if part.rate_per_h:
                entries.append(((depot, depot), -rate))
            for into, fraction in model.entries[used.entry].items():
                entries.append(((names.index(into), depot), rate * of(fraction)))
            for t_h, mg in taken_mg:
                start = of(part.lag_h) + t_h
                if part.rate_per_h:
                    events.append(Event(start, entered, share * mg))
                else:
                    lasts = of(str(part.duration_h))
                    events.append(Event(start, depot, share * mg / lasts))
                    events.append(Event(start + lasts, depot, -share * mg / lasts))
    events.sort(key=lambda e: float(e.time_h.value))
    size = len(names)
    outputs = [((o, names.index(x.of)), of(x.gain)) for o, x in enumerate(model.outputs.values())]
    rates: Matrix = matrix((size, size), entries, count)
    seen = matrix((len(model.outputs), size), outputs, count)
    return course([rates], [seen], events, time_h.tolist())


@pytest.mark.parametrize(
    ("name", "every_h", "doses"), [("oral_tablet", 24.0, 21), ("xr_im_380", 336.0, 2)]
)
def test_weeks_of_naltrexone_by_every_parameter(name: str, every_h: float, doses: int) -> None:
    """Three weeks of tablets, four weeks of injections; dual numbers through the model files."""
    model, used = structure("slow_both"), {name: formulations()[name]}
    found = definitions(model, used)
    records = [taken(every_h * n, name, 50.0 + n) for n in range(doses)]
    time_h = np.array([0.7, 3.0, 25.0, 100.0, 300.0, 340.0, 510.0, 671.0])
    known = {n: np.array([[p.value]]) for n, p in found.items()}
    scene = scene_with_gradient(model, used, by_value(known, tuple(found)), [records])
    value, gradient = scene.solution.at(time_h)
    numbers = {n: variable(p.value, k, len(found)) for k, (n, p) in enumerate(found.items())}
    expected, slopes = dual_course(model, used, numbers, records, time_h)
    close(value[0], expected, 1e-11)
    close(gradient[0], slopes, 1e-10)
    moved = np.abs(slopes).max(axis=(0, 2)) > 0
    assert moved.sum() == (16 if name == "oral_tablet" else 19)


def drawn(count: int, names: Sequence[str]) -> tuple[Structure, Any, dict[str, Floats]]:
    """Transformed parameters of some subjects around the typical ones."""
    model, used = structure("slow_both"), {"oral_tablet": formulations()["oral_tablet"]}
    rng, found = np.random.default_rng(1), definitions(model, used)
    phi = {
        n: forward(p.value, p.transform) + 0.3 * rng.standard_normal(count) * (n in names)
        for n, p in found.items()
    }
    return model, (used, found), phi


NAMES = ("CL", "F_oral", "ka", "K_mu", "w_6bn", "liver_F_shift", "liver_CL_shift")
COVARIATES: Sequence[Mapping[str, float | str]] = (
    {"weight_kg": 60.0, "liver": "decompensated_cirrhosis"},
    {"weight_kg": 90.0, "smoker": "yes", "liver": "compensated_cirrhosis"},
)


def test_values_by_phi_with_covariates() -> None:
    model, (_, found), phi = drawn(3, NAMES)
    values_by_phi = by_phi(model, found, phi, NAMES, COVARIATES)
    expected = values_of(model, found, phi, COVARIATES)
    for name, value in expected.items():
        np.testing.assert_array_equal(value_of(values_by_phi[name]), value)
    for k, moved in enumerate(NAMES):
        for name in found:

            def shifted(h: float, name: str = name, moved: str = moved) -> Floats:
                return values_of(model, found, {**phi, moved: phi[moved] + h}, COVARIATES)[name]

            by_difference = slope(shifted, 3e-3)
            gradient = gradient_of(values_by_phi[name], len(NAMES))[..., k]
            size = np.abs(expected[name]).max()
            np.testing.assert_allclose(gradient, by_difference, rtol=1e-9, atol=1e-12 * size)


def test_signals_by_phi_and_dose() -> None:
    """Levels, odds, occupancies and blocked effects of three subjects over a change of regime."""
    model, (used, found), phi = drawn(3, NAMES)
    records = [taken(24.0 * n, "oral_tablet") for n in range(5)]
    records.insert(3, EventRecord(50.0, evid=2, covariates={"weight_kg": 90.0}))
    time_h = np.array([1.0, 26.0, 60.0, 97.5, 130.0])

    def signals(x: Mapping[str, Floats], plan: Sequence[EventRecord]) -> dict[str, Floats]:
        known = values_of(model, found, x, COVARIATES)
        assembly = assemble(model, used, known, plan)
        seen = solve(assembly.system, jumps_of(assembly, model, [plan])).at(time_h)
        levels = {name: seen[:, i] for i, name in enumerate(model.outputs)}
        held = {name: v[:, -1:] for name, v in known.items()}
        out = {"log_level": np.log(levels["conc_ntx"])}
        for r in RECEPTORS:
            odds = antagonist_odds(levels["effect_ntx"], levels["effect_6bn"], held, r)
            out |= {f"{r}_odds": odds, f"{r}_occupancy": occupancy(odds)}
        odds = antagonist_odds(levels["effect_ntx"], levels["effect_6bn"], held)
        return out | {e: blocked(25.0, odds, held, e) for e in ENDPOINTS}

    varying = by_phi(model, found, phi, NAMES, COVARIATES)
    scene = scene_with_gradient(model, used, varying, [records], doses=[2])
    actual = {"log_level": applied(np.log, scene.levels(time_h)["conc_ntx"])}
    for r in RECEPTORS:
        actual |= {f"{r}_odds": scene.odds(time_h, r), f"{r}_occupancy": scene.occupancy(time_h, r)}
    actual |= {e: scene.blocked(time_h, 25.0, e) for e in ENDPOINTS}
    for name, value in signals(phi, records).items():
        np.testing.assert_allclose(actual[name].value, value, rtol=1e-10)
        assert actual[name].gradient.shape == (3, 5, 8)
        for k, moved in enumerate(NAMES):

            def shifted(h: float, name: str = name, moved: str = moved) -> Floats:
                return signals({**phi, moved: phi[moved] + h}, records)[name]

            close(actual[name].gradient[..., k], slope(shifted, 3e-3), 1e-8)

        def given_more(mg: float, name: str = name) -> Floats:
            return signals(phi, with_amount(records, 2, mg))[name]

        close(actual[name].gradient[..., 7], slope(given_more, 0.1), 1e-8)


# What is asked for


def test_doses_alone() -> None:
    scene = scene_with_gradient(
        STRUCTURE, PRODUCTS, values(), [[given(0, "central"), given(6, "central")]], doses=[1]
    )
    t = np.array([5.0, 6.0, 9.0])
    expected = np.where(t >= 6, np.exp(-0.15 * (t - 6)) / 0.6, 0.0)
    np.testing.assert_allclose(scene.levels(t)["parent"].gradient[0, :, 0], expected, rtol=1e-14)
    before = scene.levels(t, before=True)["parent"].gradient[0, :, 0]
    np.testing.assert_array_equal(before[:2], 0.0)


def test_a_dose_of_some_schedules_only() -> None:
    known = values(ke=np.array([[0.15], [0.15]]))
    schedules = [[given(0, "central")], [given(0, "central"), given(6, "central")]]
    scene = scene_with_gradient(STRUCTURE, PRODUCTS, known, schedules, doses=[1])
    gradient = scene.levels(np.array([9.0]))["parent"].gradient[:, 0, 0]
    np.testing.assert_allclose(gradient, [0.0, np.exp(-0.45) / 0.6], rtol=1e-14)


def test_a_schedule_without_doses_has_nothing_that_moves() -> None:
    scene = scene_with_gradient(STRUCTURE, PRODUCTS, by_value(values(), ["ke"]), [[]])
    assert not scene.levels(HOURS)["parent"].gradient.any()


@pytest.mark.parametrize("doses", [[2], [-1], [0, 0]])
def test_a_dose_that_there_is_not(doses: list[int]) -> None:
    with pytest.raises(InputError, match=r"dose: .* is not allowed \(0\.\.1, each once"):
        scene_with_gradient(
            STRUCTURE, PRODUCTS, values(), [[given(0, "gut"), given(6, "gut")]], doses=doses
        )


def test_a_parameter_that_there_is_not() -> None:
    with pytest.raises(InputError, match=r"parameter: 'kel' is not allowed"):
        by_value(values(), ["kel"])
    with pytest.raises(InputError, match=r"parameter: 'kel' is not allowed"):
        by_phi(STRUCTURE, {}, {}, ["kel"])


def test_nothing_varies() -> None:
    with pytest.raises(ValueError, match="nothing varies"):
        scene_with_gradient(STRUCTURE, PRODUCTS, values(), [[given(0, "gut")]])
    records = [given(0, "gut")]
    with pytest.raises(ValueError, match="no parameter of the assembly varies"):
        jumps_with_gradient(assemble(STRUCTURE, PRODUCTS, values(), records), STRUCTURE, [records])
