"""The solver against closed forms of pharmacokinetics, worked out by hand."""

from __future__ import annotations

import numpy as np
import pytest
from scipy.linalg import expm

from antagonist.pharmacology.kernel import Floats, Jumps, LinearSystem, endless, solve
from antagonist.pharmacology.kernel.general import moved

HOURS = np.array([0.0, 0.01, 0.5, 1.0, 3.7, 24.0, 100.0])


def system(*rates: Floats, see: tuple[int, ...] = (0,)) -> LinearSystem:
    """One subject; each matrix is a regime; the outputs are some of the states."""
    stacked = np.array(rates, dtype=float)[None]
    size = stacked.shape[-1]
    outputs = np.broadcast_to(np.eye(size)[list(see)], (1, len(rates), len(see), size))
    return LinearSystem(stacked, outputs)


def jumps(*rows: tuple[float, int, float], reset: tuple[int, ...] = ()) -> Jumps:
    """Jumps of (time, state, amount), shared by all subjects."""
    count = len(rows)
    return Jumps(
        np.array([[r[0] for r in rows]], dtype=float),
        np.array([[r[1] for r in rows]], dtype=np.intp),
        np.array([[r[2] for r in rows]], dtype=float),
        np.array([[m in reset for m in range(count)]]),
        np.zeros((1, count), dtype=np.intp),
    )


def close(actual: Floats, expected: Floats) -> None:
    np.testing.assert_allclose(actual, expected, rtol=0, atol=1e-12 * np.abs(expected).max())


ABSORPTION = np.array([[-1.3, 0.0], [1.3, -0.2]])  # depot, central


def absorbed(t: Floats, ka: float = 1.3, ke: float = 0.2, dose: float = 50.0) -> Floats:
    result: Floats = dose * ka / (ka - ke) * (np.exp(-ke * t) - np.exp(-ka * t))
    return result


def test_bolus_into_one_compartment() -> None:
    solution = solve(system(np.array([[-0.3]])), jumps((0, 0, 50)))
    close(solution.at(HOURS)[0, 0], 50 * np.exp(-0.3 * HOURS))


def test_first_order_absorption_and_its_area() -> None:
    solution = solve(system(ABSORPTION, see=(1,)), jumps((0, 0, 50)), cumulative=True)
    close(solution.at(HOURS)[0, 0], absorbed(HOURS))
    area = 50 * 1.3 / 1.1 * ((1 - np.exp(-0.2 * HOURS)) / 0.2 - (1 - np.exp(-1.3 * HOURS)) / 1.3)
    close(solution.at(HOURS, cumulative=True)[0, 0], area)


@pytest.mark.parametrize("ka", [0.2, 0.2 * (1 + 1e-13), 0.2 * (1 + 1e-9)])
def test_absorption_as_fast_as_elimination(ka: float) -> None:
    rates = np.array([[-ka, 0.0], [ka, -0.2]])
    solution = solve(system(rates, see=(1,)), jumps((0, 0, 50)), cumulative=True)
    # The limit ka -> ke, and its first-order correction in (ka - ke).
    limit = 50 * ka * HOURS * np.exp(-0.2 * HOURS) * (1 - (ka - 0.2) * HOURS / 2)
    close(solution.at(HOURS)[0, 0], limit)
    area = 50 * (1 - (1 + 0.2 * HOURS) * np.exp(-0.2 * HOURS)) / 0.2
    np.testing.assert_allclose(
        solution.at(HOURS, cumulative=True)[0, 0], area, rtol=0, atol=1e-6 * area.max()
    )
    if ka == 0.2:
        close(solution.at(HOURS, cumulative=True)[0, 0], area)


def test_three_equal_rates_in_a_chain() -> None:
    rates = -0.5 * np.eye(3) + 0.5 * np.eye(3, k=-1)
    solution = solve(system(rates, see=(2,)), jumps((0, 0, 10)))
    close(solution.at(HOURS)[0, 0], 10 * (0.5 * HOURS) ** 2 / 2 * np.exp(-0.5 * HOURS))


def test_infusion_is_a_rate_held_and_released() -> None:
    rates = np.array([[-0.4, 1.0], [0.0, 0.0]])
    solution = solve(system(rates), jumps((1, 1, 8), (6, 1, -8)), cumulative=True)
    during = 8 / 0.4 * (1 - np.exp(-0.4 * np.clip(HOURS - 1, 0, 5)))
    close(solution.at(HOURS)[0, 0], during * np.exp(-0.4 * np.clip(HOURS - 6, 0, None)))
    # All of it has left in the end: amount over rate constant.
    np.testing.assert_allclose(solution.at(np.array([500.0]), cumulative=True), 40 / 0.4)


def test_metabolite_by_bateman() -> None:
    rates = np.array([[-0.6, 0.0], [0.45, -0.05]])
    solution = solve(system(rates, see=(1,)), jumps((0, 0, 20)))
    close(solution.at(HOURS)[0, 0], absorbed(HOURS, 0.6, 0.05, 20) * 0.45 / 0.6)


def test_two_compartments_are_a_biexponential() -> None:
    k10, k12, k21 = 0.4, 0.9, 0.15
    rates = np.array([[-(k10 + k12), k21], [k12, -k21]])
    solution = solve(system(rates), jumps((0, 0, 100)))
    total, root = k10 + k12 + k21, np.sqrt((k10 + k12 + k21) ** 2 - 4 * k10 * k21)
    alpha, beta = (total + root) / 2, (total - root) / 2
    first = (alpha - k21) / (alpha - beta)
    second = (k21 - beta) / (alpha - beta)
    close(
        solution.at(HOURS)[0, 0],
        100 * (first * np.exp(-alpha * HOURS) + second * np.exp(-beta * HOURS)),
    )


def test_oscillating_system() -> None:
    rates = np.array([[-0.1, 2.0], [-2.0, -0.1]])
    solution = solve(system(rates), jumps((0, 0, 3)), cumulative=True)
    close(solution.at(HOURS)[0, 0], 3 * np.exp(-0.1 * HOURS) * np.cos(2 * HOURS))
    z = -0.1 + 2j
    close(solution.at(HOURS, cumulative=True)[0, 0], (3 * (np.exp(z * HOURS) - 1) / z).real)


def test_an_oscillating_subject_leaves_the_others_alone() -> None:
    spins, decays = np.array([[-0.1, 2.0], [-2.0, -0.1]]), ABSORPTION
    both = LinearSystem(np.array([[spins], [decays]]), np.ones((2, 1, 1, 2)))
    solution = solve(both, jumps((0, 0, 3)))
    close(solution.at(HOURS)[1, 0], absorbed(HOURS, dose=3) + 3 * np.exp(-1.3 * HOURS))


def test_closed_system_keeps_its_amount() -> None:
    solution = solve(
        system(np.array([[-1.0, 2.0], [1.0, -2.0]])), jumps((0, 0, 9)), cumulative=True
    )
    close(solution.at(HOURS)[0, 0], 9 * (2 / 3 + np.exp(-3 * HOURS) / 3))
    close(
        solution.at(HOURS, cumulative=True)[0, 0],
        9 * (2 / 3 * HOURS + (1 - np.exp(-3 * HOURS)) / 9),
    )


def test_nothing_moves_without_rates() -> None:
    solution = solve(system(np.zeros((1, 1))), jumps((1, 0, 2)), cumulative=True)
    close(solution.at(HOURS)[0, 0], np.where(HOURS >= 1, 2.0, 0.0))
    close(solution.at(HOURS, cumulative=True)[0, 0], np.where(HOURS >= 1, 2 * (HOURS - 1), 0.0))


def test_half_a_year_of_release_with_fast_absorption() -> None:
    slow, fast, ke = 5e-4, 9.0, 0.3
    rates = np.array([[-slow, 0, 0], [slow, -fast, 0], [0, fast, -ke]])
    solution = solve(system(rates, see=(2,)), jumps((0, 0, 1000)), cumulative=True)
    t = np.array([24.0, 4368.0, 40_000.0])
    ks = np.array([slow, fast, ke])
    weights = [1000 * slow * fast / np.prod([b - a for b in ks if b != a]) for a in ks]
    expected = sum(w * np.exp(-k * t) for w, k in zip(weights, ks, strict=True))
    np.testing.assert_allclose(solution.at(t)[0, 0], expected, rtol=1e-10)
    everything = solution.at(np.array([1e6]), cumulative=True)[0, 0]
    np.testing.assert_allclose(everything, 1000 / ke, rtol=1e-10)


def test_states_of_rates_that_meet_move_by_matrix_exponentials() -> None:
    """At many times at once, against SciPy's exponential of each."""
    rates = np.array(
        [[-0.7, 0, 0, 0], [0.7, -0.7, 0, 0.01], [0, 0.7, -0.7, 0], [0, 0, 0.5, -0.011]]
    )
    rng = np.random.default_rng(4)
    dt_h = np.concatenate([[0.0, 1e-9, 0.0893, 900.0], rng.uniform(0, 400, 60)])
    state = rng.uniform(0, 5, (len(dt_h), 4))
    expected = [expm(rates * t) @ s for t, s in zip(dt_h, state, strict=True)]
    # rounding of a rate counts for as many lifetimes as pass
    np.testing.assert_allclose(moved(rates, state, dt_h), expected, rtol=1e-11)
    np.testing.assert_array_equal(moved(0 * rates, state, dt_h), state)


@pytest.mark.parametrize("ka", [8.0, 10.0])
def test_far_ahead_underflows_to_nothing(ka: float) -> None:
    rates = np.array([[-ka, 0.0], [ka, -10.0]])
    solution = solve(system(rates, see=(0, 1)), jumps((0, 0, 1)), cumulative=True)
    far = np.array([1e6])
    np.testing.assert_array_equal(solution.at(far), 0.0)
    np.testing.assert_allclose(solution.at(far, cumulative=True)[0, 1], 0.1, rtol=1e-10)


@pytest.mark.parametrize("ka", [1.3, 0.2])
def test_initial_state_and_start(ka: float) -> None:
    rates = np.array([[-ka, 0.0], [ka, -0.2]])
    begun = solve(system(rates, see=(0, 1)), jumps((-3, 0, 50)), start_h=-3.0)
    later = solve(
        system(rates, see=(0, 1)),
        jumps((np.inf, 0, 0.0)),
        start_h=2.0,
        initial=begun.state_at(2.0),
    )
    close(later.at(HOURS + 2), begun.at(HOURS + 2))


@pytest.mark.parametrize("ke", [0.2, 1.3])
def test_state_at_counts_jumps_of_that_moment(ke: float) -> None:
    rates = np.array([[-1.3, 0.0], [1.3, -ke]])
    solution = solve(system(rates), jumps((0, 0, 50), (4, 1, 7)))
    depot = 50 * np.exp(-1.3 * 4)
    central = 50 * 1.3 * 4 * np.exp(-1.3 * 4) if ke == 1.3 else absorbed(np.array(4.0))
    close(solution.state_at(4.0)[0], np.array([depot, central + 7]))


def test_sides_of_a_jump() -> None:
    solution = solve(system(np.array([[-0.3]])), jumps((0, 0, 10), (2, 0, 5)))
    at = np.array([0.0, 2.0])
    close(solution.at(at, before=True)[0, 0], np.array([0.0, 10 * np.exp(-0.6)]))
    close(solution.at(at)[0, 0], np.array([10.0, 10 * np.exp(-0.6) + 5]))


def test_reset_empties_before_the_amount_is_added() -> None:
    solution = solve(
        system(np.array([[-0.3]])), jumps((0, 0, 10), (2, 0, 5), reset=(1,)), cumulative=True
    )
    close(solution.at(np.array([2.0, 4.0]))[0, 0], 5 * np.exp(-0.3 * np.array([0.0, 2.0])))
    kept = solution.at(np.array([2.0]), cumulative=True)[0, 0]
    np.testing.assert_allclose(kept, 10 * (1 - np.exp(-0.6)) / 0.3)


@pytest.mark.parametrize("ka", [1.3, 0.2, 0.7])
def test_rates_that_change_at_a_moment(ka: float) -> None:
    """Modes on either side may or may not be usable: 0.2 and 0.7 make equal rates."""
    first, second = np.array([[-ka, 0], [ka, -0.2]]), np.array([[-ka, 0], [ka, -0.7]])
    changed = jumps((0, 0, 50), (3, 0, 0.0))
    changed.regime[0, 1] = 1
    solution = solve(system(first, second, see=(1,)), changed, cumulative=True)
    before = solve(system(first, see=(1,)), jumps((0, 0, 50)), cumulative=True)
    after = solve(
        system(second, see=(1,)),
        jumps((np.inf, 0, 0.0)),
        start_h=3.0,
        initial=before.state_at(3.0),
        cumulative=True,
    )
    late = HOURS[HOURS >= 3]
    close(solution.at(late), after.at(late))
    area = before.at(np.array([3.0]), cumulative=True) + after.at(late, cumulative=True)
    close(solution.at(late, cumulative=True), area)


def test_subjects_with_their_own_jumps_and_padding() -> None:
    rates = np.array([[[[-0.3]]], [[[-0.1]]]])
    own = Jumps(
        np.array([[0.0, 5.0, 9.0], [2.0, np.inf, np.inf]]),
        np.zeros((2, 3), dtype=np.intp),
        np.array([[1.0, 2.0, 3.0], [4.0, 0.0, 0.0]]),
        np.zeros((2, 3), dtype=bool),
        np.zeros((2, 3), dtype=np.intp),
    )
    solution = solve(LinearSystem(rates, np.ones((2, 1, 1, 1))), own, cumulative=True)
    t = np.array([[10.0, 4.0], [1.0, 30.0]])  # own times, in no order
    first = [np.exp(-3) + 2 * np.exp(-1.5) + 3 * np.exp(-0.3), np.exp(-1.2)]
    close(solution.at(t)[:, 0], np.array([first, [0.0, 4 * np.exp(-2.8)]]))
    area = solution.at(t, cumulative=True)[1, 0]
    close(area, np.array([0.0, 4 * (1 - np.exp(-2.8)) / 0.1]))


def test_many_times_are_taken_in_blocks() -> None:
    times = np.linspace(0, 200, 120_001)
    subjects = LinearSystem(np.array([[[[-0.3]]], [[[-0.1]]]]), np.ones((2, 1, 1, 1)))
    seen = solve(subjects, jumps((0, 0, 10))).at(times)
    close(seen[:, 0], 10 * np.exp(-np.array([[0.3], [0.1]]) * times))


def test_unordered_jumps_are_refused() -> None:
    with pytest.raises(ValueError, match="out of order"):
        solve(system(np.array([[-0.3]])), jumps((5, 0, 1), (2, 0, 1)))


def test_jumps_before_the_start_are_refused() -> None:
    with pytest.raises(ValueError, match="before the start"):
        solve(system(np.array([[-0.3]])), jumps((-1, 0, 1)))


def test_times_before_the_start_are_refused() -> None:
    solution = solve(system(np.array([[-0.3]])), jumps((0, 0, 1)))
    with pytest.raises(ValueError, match="before the start"):
        solution.at(np.array([1.0, -1.0]))


def test_an_integral_that_was_not_carried_is_refused() -> None:
    solution = solve(system(np.array([[-0.3]])), jumps((0, 0, 1), (2, 0, 1)))
    with pytest.raises(ValueError, match="cumulative=True"):
        solution.at(HOURS, cumulative=True)


def test_endless_doses_add_up_to_a_geometric_series() -> None:
    left = endless(np.array([[[-0.01]]]), np.array([[2.0]]), 24.0)
    close(left, np.array([[2 / (1 - np.exp(-0.24))]]))


def test_endless_doses_into_a_body_that_keeps_them_have_no_sum() -> None:
    urine = np.array([[[-0.1, 0.0], [0.1, 0.0]]])
    with pytest.raises(ValueError, match="no steady state"):
        endless(urine, np.array([[1.0, 0.5]]), 24.0)
    closed = np.array([[[-1.0, 2.0], [1.0, -2.0]]])
    with pytest.raises(ValueError, match="no steady state"):
        endless(closed, np.array([[1.0, 0.5]]), 24.0)
