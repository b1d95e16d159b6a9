"""Dosing histories mean what NONMEM means by them; answers by closed forms or long histories."""

from __future__ import annotations

from collections.abc import Callable, Mapping, Sequence
from dataclasses import replace
from itertools import pairwise
from typing import Any

import numpy as np
import pytest
from scipy.integrate import quad

from antagonist.foundation.errors import InputError
from antagonist.pharmacology.assembly import assemble, jumps_of, way_in
from antagonist.pharmacology.built import Assembly
from antagonist.pharmacology.dosing.records import EventRecord
from antagonist.pharmacology.kernel import Floats, Solution, solve
from antagonist.pharmacology.models import Formulation, Structure

SOURCED = {"source": "made up for a test", "provenance": "assumed"}
KA, KE, KM = 1.1, 0.15, 0.04
VALUES = {"ka": KA, "ke": KE, "km": KM, "F": 0.6, "lag": 2.0, "share": 0.3}
HOURS = np.array([0.0, 0.5, 1.0, 2.0, 3.3, 6.0, 12.0, 23.9, 24.0, 30.0, 50.0, 100.0])

STRUCTURE = Structure.model_validate(
    {
        "id": "test",
        "version": "1",
        "title": "Depot, central, metabolite",
        "compartments": ["gut", "central", "metabolite"],
        "transfers": [
            {"from": "gut", "to": "central", "rate": "ka"},
            {"from": "central", "to": "metabolite", "rate": "ke"},
            {"from": "metabolite", "rate": "km"},
        ],
        "entries": {
            "systemic": {"central": "1"},
            "portal": {"central": "share", "metabolite": "1 - share"},
        },
        "dose_inputs": {"gut": {"lag_h": "lag"}, "metabolite": {"fraction": "F"}},
        "outputs": {
            "parent": {"of": "central", "gain": "1", "unit": "mg"},
            "metabolite": {"of": "metabolite", "gain": "1", "unit": "mg"},
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
        "max_dose_mg": 1000,
        "release": release,
        **SOURCED,
    }
    return Formulation.model_validate(content | changes)


PRODUCTS = {
    "injection": product({"kind": "bolus"}),
    "salt": product({"kind": "bolus"}, salt_factor=0.8),
    "late_halves": product(
        {"kind": "bolus", "fraction": 0.5}, {"kind": "bolus", "fraction": 0.5, "lag_h": 5}
    ),
    "depot": product({"kind": "exponential", "rate_per_h": 0.02}),
    "transit": product({"kind": "exponential", "rate_per_h": 0.02, "transit_rate_per_h": 0.06}),
    "humped": product(
        {"kind": "exponential", "fraction": 1.5, "rate_per_h": 0.02},
        {"kind": "exponential", "fraction": -0.5, "rate_per_h": 0.06},
    ),
    "implant": product({"kind": "constant", "duration_h": 40, "lag_h": 3}),
    "split": product({"kind": "bolus"}, entry="portal"),
    "gel": product(status="no_data"),
    "lost": product({"kind": "bolus"}, entry="rectal"),
}


def values(**changes: Any) -> dict[str, Floats]:
    """Parameters of shape (S, P); a change may be an array of that shape."""
    mixed = {name: np.atleast_2d(changes.get(name, value)) for name, value in VALUES.items()}
    shape = np.broadcast_shapes(*(v.shape for v in mixed.values()))
    return {name: np.broadcast_to(v, shape).astype(float) for name, v in mixed.items()}


def solved(
    *schedules: Sequence[EventRecord], start_h: float = 0.0, **changes: Any
) -> tuple[Assembly, Solution]:
    records = [r for schedule in schedules for r in schedule]
    assembly = assemble(STRUCTURE, PRODUCTS, values(**changes), records)
    jumps = jumps_of(assembly, STRUCTURE, schedules)
    return assembly, solve(assembly.system, jumps, start_h=start_h, cumulative=True)


def levels(*records: EventRecord, time_h: Floats = HOURS, **changes: Any) -> Floats:
    """Parent of the first subject."""
    seen: Floats = solved(records, **changes)[1].at(time_h)[0, 0]
    return seen


def iv(time_h: float, amt_mg: float = 50.0, **more: Any) -> EventRecord:
    return EventRecord(time_h, amt_mg=amt_mg, cmt="central", **more)


def gut(time_h: float, amt_mg: float = 50.0, **more: Any) -> EventRecord:
    return EventRecord(time_h, amt_mg=amt_mg, cmt="gut", **more)


def change(time_h: float) -> EventRecord:
    return EventRecord(time_h, evid=2, covariates={"weight_kg": 80.0})


def close(actual: Floats, expected: Floats | int, rtol: float = 1e-11) -> None:
    np.testing.assert_allclose(actual, expected, rtol=0, atol=rtol * np.abs(expected).max())


def after(t: Floats, shape: Callable[[Floats], Floats]) -> Floats:
    return np.where(t >= 0, shape(np.maximum(t, 0)), 0.0)


def bolus(t: Floats, ke: float = KE) -> Floats:
    return after(t, lambda s: np.exp(-ke * s))


def absorbed(t: Floats, ka: float = KA, ke: float = KE) -> Floats:
    return after(t, lambda s: ka / (ka - ke) * (np.exp(-ke * s) - np.exp(-ka * s)))


def infused(t: Floats, rate: float, duration_h: float, ke: float = KE) -> Floats:
    def shape(s: Floats) -> Floats:
        level: Floats = rate / ke * (1 - np.exp(-ke * np.minimum(s, duration_h)))
        return level * np.exp(-ke * np.maximum(s - duration_h, 0))

    return after(t, shape)


# Ways in


@pytest.mark.parametrize("cmt", [2, "central"])
def test_cmt_by_number_and_by_name(cmt: int | str) -> None:
    close(levels(EventRecord(1.0, amt_mg=50, cmt=cmt)), 50 * bolus(HOURS - 1))


@pytest.mark.parametrize("cmt", [0, 4, "liver", None])
def test_unknown_cmt(cmt: int | str | None) -> None:
    with pytest.raises(InputError, match=r"CMT: .* is not allowed \(1\.\.3 or one of gut, "):
        way_in(EventRecord(0.0, amt_mg=1, cmt=cmt), STRUCTURE)


def test_a_compartment_has_its_own_lag_and_fraction() -> None:
    close(levels(gut(1)), 50 * absorbed(HOURS - 3))
    seen = solved([EventRecord(0.0, amt_mg=50, cmt="metabolite")])[1].at(HOURS)
    close(seen[0, 1], 30 * bolus(HOURS, KM))


def test_a_product_counts_in_its_salt() -> None:
    close(levels(EventRecord(0.0, amt_mg=50, product="salt")), 40 * bolus(HOURS))


def test_a_product_enters_where_its_entry_says() -> None:
    seen = solved([EventRecord(0.0, amt_mg=50, product="split")])[1].at(HOURS)[0]
    close(seen[0], 15 * bolus(HOURS))
    close(seen[1], 15 * absorbed(HOURS, KE, KM) + 35 * bolus(HOURS, KM))


def test_parts_of_a_release_profile_with_lag() -> None:
    seen = levels(EventRecord(1.0, amt_mg=50, product="late_halves"))
    close(seen, 25 * bolus(HOURS - 1) + 25 * bolus(HOURS - 6))


def test_a_difference_of_exponentials() -> None:
    seen = levels(EventRecord(0.0, amt_mg=100, product="humped"))
    close(seen, 150 * absorbed(HOURS, 0.02) - 50 * absorbed(HOURS, 0.06))


def test_one_transit_compartment_is_that_difference_of_exponentials() -> None:
    seen = levels(EventRecord(0.0, amt_mg=100, product="transit"))
    close(seen, 150 * absorbed(HOURS, 0.02) - 50 * absorbed(HOURS, 0.06))


def test_constant_rate_release_after_a_lag() -> None:
    close(levels(EventRecord(0.0, amt_mg=80, product="implant")), infused(HOURS - 3, 2, 40))


def test_doses_of_several_kinds_at_one_moment() -> None:
    seen = levels(iv(2), iv(2, 10), gut(0), EventRecord(2.0, amt_mg=30, product="depot"))
    t = HOURS - 2
    close(seen, 60 * bolus(t) + 50 * absorbed(t) + 30 * absorbed(t, 0.02))


def test_unknown_product() -> None:
    with pytest.raises(InputError, match=r"product: 'pill' is not allowed \(one of injection, "):
        levels(EventRecord(0.0, amt_mg=50, product="pill"))


def test_a_product_without_published_levels_is_refused() -> None:
    with pytest.raises(InputError, match=r"'gel' is not allowed \(no data: no published levels"):
        levels(EventRecord(0.0, amt_mg=50, product="gel"))


def test_an_entry_the_structure_does_not_have() -> None:
    with pytest.raises(
        InputError, match=r"entry: 'rectal' is not allowed \(one of systemic, portal"
    ):
        levels(EventRecord(0.0, amt_mg=50, product="lost"))


def test_a_name_that_no_parameter_has() -> None:
    some = values()
    del some["km"]
    with pytest.raises(InputError, match=r"test: km: 'km' is not allowed \(one of F, ka, ke, "):
        assemble(STRUCTURE, PRODUCTS, some, [iv(0)])


# ADDL, II


def test_additional_doses() -> None:
    seen = levels(iv(1, addl=3, ii_h=12))
    close(seen, 50 * sum(bolus(HOURS - 1 - 12 * n) for n in range(4)))


def test_additional_doses_with_lag() -> None:
    seen = levels(gut(0, addl=2, ii_h=24))
    close(seen, 50 * sum(absorbed(HOURS - 2 - 24 * n) for n in range(3)))


@pytest.mark.parametrize("more", [{"addl": 2}, {"ss": 1}])
def test_repeats_without_an_interval_are_refused(more: dict[str, int]) -> None:
    with pytest.raises(InputError, match=r"II: 0.0 is not allowed \(> 0 with SS or ADDL\)"):
        levels(iv(0, **more))


# RATE


def test_infusion() -> None:
    close(levels(iv(1, rate_mg_per_h=10)), infused(HOURS - 1, 10, 5))


def test_infusion_that_ends_at_an_observation() -> None:
    end = np.array([6.0])
    _, solution = solved([iv(1, rate_mg_per_h=10)])
    for before in (False, True):
        close(solution.at(end, before=before)[0, 0], infused(end - 1, 10, 5))


def test_overlapping_infusions_and_a_bolus() -> None:
    seen = levels(iv(0, rate_mg_per_h=10, addl=2, ii_h=3), iv(2, 7))
    expected = sum(infused(HOURS - 3 * n, 10, 5) for n in range(3))
    close(seen, expected + 7 * bolus(HOURS - 2))


def test_lag_delays_an_infusion() -> None:
    t = HOURS - 3
    seen = levels(gut(1, rate_mg_per_h=10))
    # Rate into the gut, then first-order: superpose over the time of entry.
    expected = [
        quad(lambda u, s=s: 10 * float(absorbed(np.array(s - u))), 0, min(5, max(s, 0)))[0]
        for s in t
    ]
    close(seen, np.array(expected), rtol=1e-9)


def test_fraction_shortens_an_infusion_at_the_stated_rate() -> None:
    """NONMEM: with RATE, the bioavailable amount F AMT runs in at RATE."""
    seen = solved([EventRecord(0.0, amt_mg=50, cmt="metabolite", rate_mg_per_h=10)])[1].at(HOURS)
    close(seen[0, 1], infused(HOURS, 10, 3, KM))


def test_infusion_of_a_product_keeps_its_duration() -> None:
    """The stated amount runs for AMT / RATE; its salt factor and parts lower what arrives."""
    salt = levels(EventRecord(0.0, amt_mg=50, product="salt", rate_mg_per_h=10))
    close(salt, infused(HOURS, 8, 5))
    halves = levels(EventRecord(0.0, amt_mg=50, product="late_halves", rate_mg_per_h=10))
    close(halves, infused(HOURS, 5, 5) + infused(HOURS - 5, 5, 5))


def test_bolus_and_infusion_of_one_product() -> None:
    seen = levels(
        EventRecord(0.0, amt_mg=20, product="injection"),
        EventRecord(4.0, amt_mg=50, product="injection", rate_mg_per_h=10),
    )
    close(seen, 20 * bolus(HOURS) + infused(HOURS - 4, 10, 5))


def test_a_depot_takes_no_rate() -> None:
    with pytest.raises(InputError, match=r"RATE: .* is not allowed \(0 for depot: it has its own"):
        levels(EventRecord(0.0, amt_mg=50, product="depot", rate_mg_per_h=10))


def test_a_modelled_rate_is_refused() -> None:
    with pytest.raises(InputError, match=r"RATE: -2\.0 is not allowed"):
        levels(iv(0, rate_mg_per_h=-2.0))


# SS


def test_steady_state_of_boluses_is_the_closed_form() -> None:
    seen = levels(iv(0, ss=1, ii_h=12))
    close(seen, 50 / (1 - np.exp(-12 * KE)) * bolus(HOURS))


def test_steady_state_of_a_slow_body_is_the_closed_form() -> None:
    """13 000 doses of history would be needed to see it."""
    seen = levels(iv(0, ss=1, ii_h=24), ke=1e-4)
    close(seen, 50 / (1 - np.exp(-24e-4)) * bolus(HOURS, 1e-4))


def test_steady_state_of_absorption_is_the_closed_form() -> None:
    seen = levels(gut(0, ss=1, ii_h=24), lag=0.0, time_h=HOURS[:8])
    t = HOURS[:8]
    parts = [np.exp(-k * t) / (1 - np.exp(-24 * k)) for k in (KE, KA)]
    close(seen, 50 * KA / (KA - KE) * (parts[0] - parts[1]))


def test_steady_state_of_infusions_is_the_closed_form() -> None:
    seen = levels(iv(0, ss=1, ii_h=12, rate_mg_per_h=10), time_h=np.array([0.0, 5.0]))
    peak = 10 / KE * (1 - np.exp(-5 * KE)) / (1 - np.exp(-12 * KE))
    close(seen, np.array([peak * np.exp(-7 * KE), peak]))


@pytest.mark.parametrize(
    "dose",
    [
        iv(500, ss=1, ii_h=24, addl=2),
        gut(500, ss=1, ii_h=24),
        gut(500, ss=1, ii_h=1.5),  # shorter than the lag
        iv(500, ss=1, ii_h=4, rate_mg_per_h=10),  # infusions that overlap
        iv(500, ss=1, ii_h=5, rate_mg_per_h=10),  # and that meet
        EventRecord(500.0, amt_mg=80, product="implant", ss=1, ii_h=24),
        EventRecord(500.0, amt_mg=80, product="humped", ss=1, ii_h=24),
        EventRecord(500.0, amt_mg=80, product="split", ss=1, ii_h=24),
    ],
)
def test_steady_state_is_a_long_history(dose: EventRecord) -> None:
    """Explicit doses until the first of them counts for less than 1e-13."""
    count = int(1600 // dose.ii_h) + 1
    history = replace(dose, time_h=500 - count * dose.ii_h, ss=0, addl=count + dose.addl)
    for shift in (0.0, 7.0):  # a lag that differs between subjects
        changes: dict[str, Any] = {"lag": np.array([[2.0], [2.0 + shift]])}
        _, at_once = solved([dose], **changes)
        _, explicit = solved([history], start_h=history.time_h, **changes)
        for s in (0, 1):
            close(at_once.at(500 + HOURS)[s], explicit.at(500 + HOURS)[s])


def test_steady_state_replaces_what_was_there_and_what_was_to_come() -> None:
    earlier = (iv(0, 900, addl=50, ii_h=3), gut(9, 900), iv(8, 900, rate_mg_per_h=100))
    steady = iv(10, ss=1, ii_h=12)
    close(levels(*earlier, steady)[HOURS >= 10], levels(steady)[HOURS >= 10])


def test_steady_state_with_rates_of_its_regime() -> None:
    ke = np.array([[0.4, KE]])
    seen = levels(iv(0, 5), change(3), iv(6, ss=1, ii_h=12), ke=ke)
    late = HOURS >= 6
    close(seen[late], 50 / (1 - np.exp(-12 * KE)) * bolus(HOURS[late] - 6))


def test_no_steady_state_in_a_body_that_keeps_everything() -> None:
    with pytest.raises(InputError, match=r"SS: 1 is not allowed \(there is no steady state"):
        levels(iv(0, ss=1, ii_h=12), km=0.0)


def test_ss_means_nothing_on_a_row_without_a_dose() -> None:
    close(levels(iv(0), EventRecord(2.0, evid=0, ss=1, ii_h=12)), 50 * bolus(HOURS))


# EVID 2


def test_rates_change_at_an_event() -> None:
    seen = levels(iv(0), change(6), ke=np.array([[KE, 0.4]]))
    early, late = np.minimum(HOURS, 6), np.maximum(HOURS - 6, 0)
    close(seen, 50 * np.exp(-KE * early - 0.4 * late))


def test_a_change_without_covariates_changes_nothing() -> None:
    close(levels(iv(0), EventRecord(6.0, evid=2)), 50 * bolus(HOURS))


def test_a_dose_takes_fraction_and_lag_of_its_own_time() -> None:
    """Additional doses after the change too, also one that falls on the change."""
    dose = gut(0, addl=2, ii_h=24)
    seen = levels(dose, change(24), lag=np.array([[2.0, 5.0]]))
    entries = (2.0, 24 + 5.0, 48 + 5.0)
    close(seen, 50 * sum(absorbed(HOURS - t) for t in entries))


def test_a_change_after_the_dose_at_one_moment_holds_for_its_additional_doses() -> None:
    seen = levels(gut(0, addl=1, ii_h=24), change(0), lag=np.array([[2.0, 5.0]]))
    close(seen, 50 * (absorbed(HOURS - 2) + absorbed(HOURS - 29)))


def test_several_changes_and_a_pending_lag() -> None:
    """A dose that waits out its lag enters the rates of the moment it arrives."""
    ke = np.array([[0.9, 0.4, KE]])
    seen = levels(gut(0), change(0.5), change(1.5), ke=ke)
    close(seen, 50 * absorbed(HOURS - 2))


def test_an_infusion_that_runs_over_a_change() -> None:
    seen = levels(iv(0, rate_mg_per_h=10), change(2), ke=np.array([[KE, 0.4]]))
    at_change = 10 / KE * (1 - np.exp(-KE * 2))
    rest = HOURS - 2
    expected = np.where(
        rest < 0,
        infused(HOURS, 10, 5),
        at_change * np.exp(-0.4 * np.maximum(rest, 0)) + infused(rest, 10, 3, 0.4),
    )
    close(seen, expected)


def test_more_changes_than_regimes() -> None:
    with pytest.raises(ValueError, match=r"2 changes of covariates need 3 regimes"):
        levels(iv(0), change(1), change(2), ke=np.array([[0.1, 0.2]]))


# EVID 3, 4


def test_reset_empties_everything() -> None:
    seen = levels(iv(0), iv(1, rate_mg_per_h=10), EventRecord(3.0, evid=3), iv(12, 7))
    assert (seen[HOURS < 3] > 0).all()
    close(seen[HOURS >= 3], 7 * bolus(HOURS[HOURS >= 3] - 12))


def test_reset_cancels_lagged_and_additional_doses() -> None:
    reset = EventRecord(1.0, evid=3)
    seen = levels(gut(0, addl=3, ii_h=24), iv(0.5, addl=9, ii_h=10), reset, iv(2, 5))
    close(seen[HOURS >= 1], 5 * bolus(HOURS[HOURS >= 1] - 2))


def test_reset_cancels_a_lagged_dose_of_those_only_who_still_wait() -> None:
    changes: dict[str, Any] = {"lag": np.array([[1.0], [4.0], [6.0]])}
    # Reset at 3 h: the first has absorbed and loses it, none gets the rest; then a new dose.
    records = [gut(0), EventRecord(3.0, evid=3), gut(4)]
    _, solution = solved(records, **changes)
    seen = solution.at(HOURS)[:, 0]
    for s, lag in enumerate((1.0, 4.0, 6.0)):
        first = np.where(HOURS < 3, 50 * absorbed(HOURS - lag), 0.0)
        close(seen[s], first + 50 * absorbed(HOURS - 4 - lag))


def test_reset_cancels_the_rest_of_a_release_profile() -> None:
    seen = levels(
        EventRecord(0.0, amt_mg=80, product="implant"),
        EventRecord(0.0, amt_mg=50, product="late_halves"),
        EventRecord(4.0, evid=3),
        EventRecord(5.0, evid=0),
    )
    assert (seen[HOURS < 4][:4] > 0).all()
    np.testing.assert_array_equal(seen[HOURS >= 4], 0.0)


def test_reset_and_dose() -> None:
    seen = levels(iv(0, 900, addl=3, ii_h=6), iv(3, 50, evid=4))
    close(seen[HOURS >= 3], 50 * bolus(HOURS[HOURS >= 3] - 3))


def test_reset_and_dose_with_lag_and_additional_doses() -> None:
    seen = levels(gut(0, 900), gut(1, 50, evid=4, addl=1, ii_h=24))
    close(seen, 50 * (absorbed(HOURS - 3) + absorbed(HOURS - 27)))


def test_reset_and_steady_state() -> None:
    seen = levels(iv(0, 900), iv(2, evid=4, ss=1, ii_h=12))
    late = HOURS >= 2
    close(seen[late], 50 / (1 - np.exp(-12 * KE)) * bolus(HOURS[late] - 2))


def test_regime_outlives_a_reset() -> None:
    ke = np.array([[KE, 0.4]])
    seen = levels(iv(0), change(1), EventRecord(2.0, evid=3), iv(3), ke=ke)
    close(seen[HOURS >= 2], 50 * bolus(HOURS[HOURS >= 2] - 3, 0.4))


def test_observations_change_nothing() -> None:
    close(levels(iv(0), EventRecord(3.0, evid=0, dv=1.0)), 50 * bolus(HOURS))


# Reading the solution


def test_value_before_a_dose() -> None:
    _, solution = solved([iv(0), iv(6)])
    at = np.array([6.0])
    trough = 50 * np.exp(-6 * KE)
    close(solution.at(at, before=True)[0, 0], np.array([trough]))
    close(solution.at(at)[0, 0], np.array([trough + 50]))


def test_integrals_against_quadrature() -> None:
    records = [gut(0, addl=1, ii_h=12), iv(3, rate_mg_per_h=10), change(10), iv(20, evid=4)]
    _, solution = solved(records, ke=np.array([[KE, 0.4]]))
    knots = [2.0, 3.0, 8.0, 10.0, 14.0, 20.0]
    for o in (0, 1):
        for t in (1.0, 9.0, 40.0):

            def level(u: float, o: int = o) -> float:
                return float(solution.at(np.array([u]))[0, o, 0])

            edges = [0.0, *[k for k in knots if k < t], t]
            parts = [quad(level, a, b, epsabs=1e-11, epsrel=1e-11)[0] for a, b in pairwise(edges)]
            area = sum(parts)
            total = solution.at(np.array([t]), cumulative=True)[0, o, 0]
            assert total == pytest.approx(area, rel=1e-9, abs=1e-9)


def test_subjects_with_their_own_schedules_are_as_if_alone() -> None:
    schedules = [
        [iv(0, addl=5, ii_h=7), gut(3), EventRecord(9.0, evid=3), gut(10)],
        [],
        [iv(2, rate_mg_per_h=10), change(5), change(9), iv(12)],
        [gut(0, ss=1, ii_h=24), EventRecord(1.0, amt_mg=80, product="implant")],
    ]
    own: dict[str, Any] = {
        "ke": np.array([[0.1, 0.1, 0.1], [0.2, 0.2, 0.2], [0.3, 0.5, 0.7], [KA, KA, KA]]),
        "lag": np.array([[2.0], [1.0], [0.5], [3.0]]),
    }
    assembly, together = solved(*schedules, **own)
    assert together.time_h.shape[1] == 10
    for s, schedule in enumerate(schedules):
        alone: dict[str, Any] = {name: v[s : s + 1] for name, v in values(**own).items()}
        seen = together.at(HOURS)[s], together.at(HOURS, cumulative=True)[s]
        _, single = solved(schedule, **alone)
        close(seen[0], single.at(HOURS)[0])
        close(seen[1], single.at(HOURS, cumulative=True)[0])
        part = assembly.of_subject(s)
        jumps = jumps_of(part, STRUCTURE, [schedule])
        close(seen[0], solve(part.system, jumps).at(HOURS)[0])


def test_a_shared_schedule_is_each_subjects_own() -> None:
    records = [gut(0, addl=1, ii_h=10), iv(12)]
    lag = np.array([[0.5], [14.0]])  # the second subject's first dose arrives last
    _, shared = solved(records, lag=lag)
    _, own = solved(records, records, lag=lag)
    close(shared.at(HOURS), own.at(HOURS))
    first = 50 * (absorbed(HOURS - 14) + absorbed(HOURS - 24))
    close(shared.at(HOURS)[1, 0], first + 50 * bolus(HOURS - 12))


def test_neither_one_schedule_nor_one_for_each() -> None:
    with pytest.raises(ValueError, match=r"2 schedules for 3 subjects"):
        solved([iv(0)], [iv(0)], ke=np.array([[0.1], [0.2], [0.3]]))


def test_nothing_was_given() -> None:
    np.testing.assert_array_equal(levels(), 0.0)
