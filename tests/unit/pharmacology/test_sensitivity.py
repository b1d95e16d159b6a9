"""Derivatives of solutions: closed forms by hand, dual numbers, central differences."""

from __future__ import annotations

import numpy as np
import pytest
from tests.support.duals import Dual, Event, Matrix, constant, exponential, matrix
from tests.support.gradient_cases import (
    Case,
    Entries,
    Floats,
    agree,
    chain,
    close,
    in_kernel,
    parameters,
    rates,
)

from antagonist.pharmacology.kernel import Jumps, LinearSystem, endless, sensitivity, solve
from antagonist.pharmacology.kernel.sensitivity import (
    GradientSolution,
    Tangents,
    solve_with_gradient,
)
from antagonist.pharmacology.kernel.steady import endless_with_gradient
from antagonist.pharmacology.kernel.tangent_flow import block_exponential

HOURS = [0.0, 0.01, 0.5, 1.0, 3.7, 12.0, 24.0, 100.0]
GAPS = [0.0, 1e-12, 1e-10, 1e-9, 1e-8, 1e-7, 1e-6, 1e-5, 1e-4, 1e-3, 1e-2, 0.1]


def dose(time_h: Dual | float, amount: Dual | float, target: int = 0, count: int = 2) -> Event:
    at = time_h if isinstance(time_h, Dual) else constant(time_h, count)
    return Event(at, target, amount if isinstance(amount, Dual) else constant(amount, count))


def spiral(fall: Dual, turn: Dual) -> Entries:
    return [((0, 0), -fall), ((0, 1), turn), ((1, 0), -turn), ((1, 1), -fall)]


# Closed forms by hand


def test_one_compartment_by_its_rate_and_dose() -> None:
    (k, amount), t = parameters(0.3, 50.0), np.array(HOURS)
    _, gradient = in_kernel(Case([rates(1, chain, k)], [dose(0.0, amount)])).at(t)
    expected = np.stack([-50 * t * np.exp(-0.3 * t), np.exp(-0.3 * t)])
    close(gradient[0, 0], expected, 1e-14)


def test_bateman_by_its_rates() -> None:
    (ka, ke), t = parameters(1.3, 0.2), np.array(HOURS)
    _, gradient = in_kernel(Case([rates(2, chain, ka, ke)], [dose(0.0, 50.0)])).at(t)
    a, b = np.exp(-1.3 * t), np.exp(-0.2 * t)
    by_ka = 50 * ((b - a) / 1.1 - 1.3 / 1.1**2 * (b - a) + 1.3 / 1.1 * t * a)
    by_ke = 50 * 1.3 * ((b - a) / 1.1**2 - t * b / 1.1)
    close(gradient[0, 1], np.stack([by_ka, by_ke]), 1e-13)


def test_bateman_with_equal_rates() -> None:
    """The limit of the derivative: 50 t exp(-kt) (1 - k t / 2) and -50 k t^2 / 2 exp(-kt)."""
    (ka, ke), t = parameters(0.2, 0.2), np.array(HOURS)
    _, gradient = in_kernel(Case([rates(2, chain, ka, ke)], [dose(0.0, 50.0)])).at(t)
    fall = 50 * np.exp(-0.2 * t)
    close(gradient[0, 1], np.stack([fall * t * (1 - 0.1 * t), -fall * 0.1 * t**2]), 1e-13)


def test_a_dose_that_comes_later() -> None:
    """By its lag: the course moves to the right, so minus its slope in time."""
    k, lag = parameters(0.3, 2.0)
    t = np.array([1.0, 2.5, 8.0])
    solution = in_kernel(Case([rates(1, chain, k)], [dose(lag, 50.0)]))
    close(solution.at(t)[1][0, 0, 1], np.where(t > 2, 0.3 * 50 * np.exp(-0.3 * (t - 2)), 0), 1e-14)


# Dual numbers


@pytest.mark.parametrize("gap", GAPS)
@pytest.mark.parametrize("length", [2, 3, 4])
def test_rates_that_meet_or_nearly(length: int, gap: float) -> None:
    k = parameters(*(0.2 * (1 + n * gap) for n in range(length)))
    events = [dose(0.0, 50.0, count=length), dose(24.0, 20.0, 1, length)]
    agree(HOURS, Case([rates(length, chain, *k)], events), bound=1e-10)


@pytest.mark.parametrize("gap", GAPS)
def test_a_path_that_only_its_derivative_opens(gap: float) -> None:
    """Two stores nearly alike that are not linked yet: their modes do not cancel, but meet."""
    k, share = parameters(10.0, 0.0)

    def stores(k: Dual, share: Dual) -> Entries:
        return [((0, 0), -k), ((1, 0), share * k), ((1, 1), k * -(1 + gap))]

    case = Case([rates(2, stores, k, share)], [dose(0.0, 50.0), dose(0.0, 20.0, 1)])
    solution = agree([0.0, 0.01, 0.1, 0.3, 1.0, 2.0], case, bound=1e-12)
    assert not solution.flow.modes.plain.any()
    assert (solution.at(np.array([1e6]))[1] == 0).all()


@pytest.mark.parametrize("gap", GAPS)
def test_an_oscillation_that_comes_to_rest(gap: float) -> None:
    fall, turn = parameters(0.1, 2.0 * gap + 1e-12)
    agree(HOURS, Case([rates(2, spiral, fall, turn)], [dose(0.0, 3.0)]))


def test_months_against_minutes() -> None:
    slow, fast, ke = parameters(5e-4, 9.0, 0.3)
    events = [dose(0.0, 1000.0, count=3), dose(500.0, 20.0, 1, 3)]
    times = [0.1, 24.0, 500.0, 501.0, 4368.0, 40_000.0]
    agree(times, Case([rates(3, chain, slow, fast, ke)], events))


@pytest.mark.parametrize("ke", [0.2, 1.3])
def test_resets_and_doses_that_move(ke: float) -> None:
    """Equal rates too: then K itself serves."""
    ka, k, lag, amount, bit = parameters(1.3, ke, 2.0, 50.0, 0.25)
    events = [
        dose(lag, amount, count=5),
        dose(lag * 3, amount * bit, 1, 5),
        Event(constant(9.0, 5), 1, amount * 0.1, reset=True),
        dose(lag + 9.0, amount, count=5),
        dose(lag + 12.0, -amount * bit, count=5),
        Event(lag * 10, 0, constant(0, 5), reset=True),
        dose(lag * 11, amount, count=5),
    ]
    times = [0.0, 1.9, 2.1, 5.0, 6.5, 8.9, 9.1, 11.5, 13.0, 19.0, 20.5, 22.5, 30.0]
    agree(times, Case([rates(2, chain, ka, k)], events), bound=1e-12)


@pytest.mark.parametrize("ka", [1.3, 0.2, 0.7])
def test_rates_that_change_while_doses_wait(ka: float) -> None:
    """Modes on either side may or may not be usable: 0.2 and 0.7 make equal rates."""
    k, slow, quick, lag = parameters(ka, 0.2, 0.7, 1.5)
    regimes = [rates(2, chain, k, slow), rates(2, chain, k, quick), rates(2, chain, k, quick * 2.0)]
    events = [
        dose(lag, 50.0, count=4),
        Event(constant(3.0, 4), 0, constant(0.0, 4), regime=1),
        dose(lag * 3, 20.0, 1, 4),
        Event(lag * 4, 1, k, regime=2),
        Event(lag * 5, 0, constant(9.0, 4), reset=True, regime=0),
        dose(lag * 6, 50.0, count=4),
    ]
    gains = [matrix((1, 2), [((0, 1), k / v)], 4) for v in (slow, quick, lag)]
    case = Case(regimes, events, gains)
    agree([0.0, 2.0, 2.9, 3.5, 5.0, 6.5, 7.4, 7.6, 8.5, 9.5, 20.0], case, bound=1e-12)


@pytest.mark.parametrize("ka", [1.3, 0.2])
def test_a_state_at_the_start_and_gains_that_vary(ka: float) -> None:
    k, ke, volume = parameters(ka, 0.2, 40.0)
    start = matrix((2,), [(0, ke * 10.0), (1, volume)], 3)
    gain = matrix((2, 2), [((0, 1), 1000.0 / volume), ((1, 0), volume)], 3)
    case = Case([rates(2, chain, k, ke)], [dose(5.0, 50.0, count=3)], [gain], start, -3.0)
    agree([-3.0, -2.0, 0.0, 4.9, 5.0, 30.0], case, bound=1e-12)


@pytest.mark.parametrize("doubles", [1, 60, 200_000])
def test_subjects_with_their_own_jumps_and_regimes(
    doubles: int, monkeypatch: pytest.MonkeyPatch
) -> None:
    """One oscillates, two have equal rates; each as if alone, in blocks of any size."""
    monkeypatch.setattr(sensitivity, "_CACHE_DOUBLES", doubles)
    k, other, lag = parameters(0.6, 0.2, 2.0)
    well = [rates(2, chain, k, other), rates(2, chain, k * 2.0, other)]
    same = [rates(2, chain, k, other * 3.0), rates(2, chain, k * 2.0, other)]
    round_ = [rates(2, spiral, k, other), rates(2, spiral, other, k)]
    change = Event(constant(6.0, 3), 0, constant(0.0, 3), regime=1)
    cases = [
        Case(well, [dose(lag, 50.0, count=3), change, dose(lag * 4, k, 1, 3)]),
        Case(same, [dose(0.0, 50.0, count=3)]),
        Case(round_, [dose(lag, 5.0, count=3), change]),
        Case(same, [change, dose(lag * 3.5, 5.0, count=3), dose(lag * 5, 5.0, count=3)]),
    ]
    solution = agree([0.0, 1.0, 3.0, 5.5, 6.5, 7.5, 9.0, 15.0], *cases, bound=1e-12)
    assert np.iscomplexobj(solution.state)
    assert solution.flow.modes.plain.any()
    assert not solution.flow.modes.plain.all()


# Central differences of solve


def differences(point: Floats, step: Floats, of_jumps: bool) -> tuple[Floats, Floats, Floats]:
    """Values, gradients and central differences of a random system by 3 directions."""
    rng = np.random.default_rng(3)
    slopes = 0.1 * rng.standard_normal((2, 2, 3, 4, 4))
    base = -2.0 * np.eye(4) + 0.4 * rng.random((2, 2, 4, 4))
    outputs, gains = rng.random((2, 2, 2, 4)), rng.standard_normal((2, 2, 3, 2, 4))
    time_h, amount = np.array([[0.5, 1.0, 2.0, 3.5]] * 2), 10 * rng.random((2, 4))
    moves, bring = 0.1 * rng.random((2, 4, 3)), rng.standard_normal((2, 4, 3))
    if not of_jumps:
        moves, bring = np.zeros((1, 1, 3)), np.zeros((1, 1, 3))

    def built(x: Floats) -> tuple[LinearSystem, Jumps]:
        system = LinearSystem(
            base + np.einsum("spqij,q->spij", slopes, x),
            outputs + np.einsum("spqij,q->spij", gains, x),
        )
        jumps = Jumps(
            time_h + moves @ x,
            np.array([[0, 2, 1, 3]]),
            amount + bring @ x,
            np.array([[False, False, True, False]]),
            np.array([[0, 1, 1, 0]], dtype=np.intp),
        )
        return system, jumps

    at = np.array([[0.7, 1.5, 3.0, 4.0, 9.0], [1.4, 2.6, 5.0, 0.3, 1.9]])
    tangents = Tangents(slopes, gains, bring, moves)
    value, gradient = solve_with_gradient(*built(point), tangents).at(at)
    ends = [
        (solve(*built(point + h)).at(at) - solve(*built(point - h)).at(at)) / (2 * step[k])
        for k, h in enumerate(np.diag(step))
    ]
    return value - solve(*built(point)).at(at), gradient, np.stack(ends, axis=2)


@pytest.mark.parametrize("of_jumps", [True, False])
def test_a_random_system_with_everything_that_can_vary(of_jumps: bool) -> None:
    off, gradient, expected = differences(np.array([0.2, -0.1, 0.3]), np.full(3, 1e-5), of_jumps)
    assert np.abs(off).max() < 1e-13
    np.testing.assert_allclose(gradient, expected, rtol=1e-7, atol=1e-8 * np.abs(expected).max())
    assert (np.abs(expected) > 1e-6).mean() > 0.7  # nothing compares noughts


# Reading the solution


def moving() -> GradientSolution:
    ka, lag = parameters(1.3, 2.0)
    return in_kernel(Case([rates(2, chain, ka, ka * 0.2)], [dose(0.0, 9.0), dose(lag, 50.0)]))


def test_sides_of_a_jump() -> None:
    """At the very moment of the second dose its lag has no slope before, and one after."""
    solution, at = moving(), np.array([2.0, 0.0])
    before, after = solution.at(at, before=True)[1], solution.at(at)[1]
    np.testing.assert_allclose(after[0, 0, 1, 0], 1.3 * 50, rtol=1e-12)
    assert before[0, 0, 1, 0] == 0
    assert (before[..., 1] == 0).all()
    near = solution.at(np.array([2.0 - 1e-9]))[1][..., 0]
    np.testing.assert_allclose(before[..., 0], near, rtol=0, atol=1e-6)


def test_own_times_of_subjects_are_as_if_alone() -> None:
    ka, lag = parameters(1.3, 2.0)
    cases = [
        Case([rates(2, chain, ka, ka * share)], [dose(lag * n, 9.0), dose(lag * 4, 50.0)])
        for n, share in ((1, 0.2), (3, 0.4), (2, 0.9))
    ]
    at = np.array([[1.0, 2.0, 30.0], [8.0, 0.0, 6.5], [8.0, 4.0, 8.0]])
    together = in_kernel(*cases)
    for before in (False, True):
        value, gradient = together.at(at, before=before)
        for s, case in enumerate(cases):
            alone = in_kernel(case).at(at[s], before=before)
            np.testing.assert_allclose(value[s], alone[0][0], rtol=1e-13, atol=1e-15)
            np.testing.assert_allclose(gradient[s], alone[1][0], rtol=1e-12, atol=1e-14)


@pytest.mark.parametrize("ka", [1.3, 0.2])
def test_the_whole_state_at_a_moment(ka: float) -> None:
    k, ke = parameters(ka, 0.2)
    solution = in_kernel(Case([rates(2, chain, k, ke)], [dose(1.0, 9.0), dose(4.0, k, 1)]))
    value, gradient = solution.state_at(4.0)
    seen, slope = solution.at(np.array([4.0]))
    close(value[0], seen[0, :, 0], 1e-14)
    close(gradient[0].T, slope[0, :, :, 0], 1e-14)
    np.testing.assert_allclose(value, solution.solution.state_at(4.0), rtol=1e-13)


def test_nothing_has_been_given_yet() -> None:
    k, ke = parameters(1.3, 0.2)
    value, gradient = in_kernel(Case([rates(2, chain, k, ke)], [])).at(np.array(HOURS))
    assert (value == 0).all()
    assert (gradient == 0).all()


def test_tangents_that_all_subjects_share() -> None:
    wide = LinearSystem(np.array([[[[-0.3]]], [[[-0.1]]]]), np.ones((2, 1, 1, 1)))
    one = Jumps(*(np.array([[x]]) for x in (0.0, 0, 10.0, False, 0)))
    tangents = Tangents(
        np.full((1, 1, 2, 1, 1), -1.0) * np.array([1.0, 0.0])[:, None, None],
        np.zeros((1, 1, 2, 1, 1)),
        np.array([[[0.0, 2.0]]]),
        np.zeros((1, 1, 2)),
    )
    t = np.array([0.0, 1.0, 5.0])
    gradient = solve_with_gradient(wide, one, tangents).at(t)[1]
    for s, k in enumerate((0.3, 0.1)):
        close(gradient[s, 0], np.stack([-10 * t * np.exp(-k * t), 2 * np.exp(-k * t)]), 1e-14)


def test_tangents_that_all_regimes_share() -> None:
    """By a rate that all have, by a gain that all have, and by the state at the start."""
    k = np.array([[0.3, 0.1], [0.2, 0.7]])
    system = LinearSystem(-k[..., None, None], np.full((2, 2, 1, 1), 3.0))
    turn = Jumps(*(np.array([[x]]) for x in (4.0, 0, 0.0, False, 1)))
    rate, gain = np.zeros((2, 1, 1, 3, 1, 1))
    rate[..., 0, 0, 0], gain[..., 1, 0, 0] = -1.0, 1.0
    none = np.zeros((1, 1, 3))
    tangents = Tangents(rate, gain, none, none, np.array([[[0.0], [0.0], [1.0]]]))
    t, start = np.array([1.0, 4.0, 9.0]), np.full((2, 1), 10.0)
    gradient = solve_with_gradient(system, turn, tangents, initial=start).at(t)[1]
    first, then = np.minimum(t, 4.0), np.maximum(t - 4.0, 0.0)
    for s in (0, 1):
        left = np.exp(-k[s, 0] * first - k[s, 1] * then)
        close(gradient[s, 0], np.stack([-30 * t * left, 10 * left, 3 * left]), 1e-14)


def test_many_block_exponentials_are_taken_in_blocks() -> None:
    k = parameters(*([0.5] * 8))
    case = Case([rates(8, chain, *k)], [dose(0.0, 10.0, count=8)])
    solution, t = in_kernel(case), np.linspace(0, 60, 400)
    assert solution.flow.modes.plain.all()
    value, gradient = solution.at(t)
    for n in (0, 199, 250, 399):
        alone = solution.at(t[n : n + 1])
        np.testing.assert_allclose(value[..., n], alone[0][..., 0], rtol=1e-13)
        np.testing.assert_allclose(gradient[..., n], alone[1][..., 0], rtol=1e-13)


def test_far_ahead_underflows_to_nothing() -> None:
    for ka in (8.0, 10.0, 10.0 * (1 + 1e-3)):
        k, ke = parameters(ka, 10.0)
        solution = in_kernel(Case([rates(2, chain, k, ke)], [dose(0.0, 1.0)]))
        value, gradient = solution.at(np.array([1e6]))
        assert (value == 0).all()
        assert (gradient == 0).all()


def test_times_before_the_start_are_refused() -> None:
    with pytest.raises(ValueError, match="before the start"):
        moving().at(np.array([1.0, -1.0]))


def test_unordered_jumps_are_refused() -> None:
    k, ke = parameters(1.3, 0.2)
    with pytest.raises(ValueError, match="out of order"):
        in_kernel(Case([rates(2, chain, k, ke)], [dose(5.0, 1.0), dose(2.0, 1.0)]))


# The pieces


def test_block_exponential_by_dual_numbers() -> None:
    """Tangents of very different size, in one direction nothing at all."""
    rng = np.random.default_rng(5)
    value, slope = rng.standard_normal((4, 4)), rng.standard_normal((3, 4, 4))
    slope *= np.array([1e-12, 1e15, 0.0])[:, None, None]
    expected = exponential(Matrix(value.astype(np.longdouble), slope.astype(np.longdouble)))
    moves, adds = block_exponential(value, slope)
    np.testing.assert_allclose(moves, expected.value.astype(float), rtol=1e-12)
    peak = np.abs(slope).max(axis=(1, 2), keepdims=True)
    off = np.abs(adds - expected.slope.astype(float))
    assert (off <= 1e-12 * np.maximum(peak, 1e-280)).all()


def test_endless_doses_by_rate_and_amount() -> None:
    """The sum s / (1 - exp(-k tau)); the second state keeps what it never got."""
    rates_per_h, tangents = np.zeros((1, 2, 2)), np.zeros((1, 2, 2, 2))
    rates_per_h[0, 0, 0], tangents[0, 0, 0, 0] = -0.01, -1.0
    state, slope = np.array([[2.0, 0.0]]), np.array([[[0.0, 0.0], [3.0, 0.0]]])
    total, gradient = endless_with_gradient(rates_per_h, tangents, state, slope, 24.0)
    np.testing.assert_array_equal(total, endless(rates_per_h, state, 24.0))
    left = np.exp(-0.24)
    by_rate, by_amount = -2 * 24 * left / (1 - left) ** 2, 3 / (1 - left)
    np.testing.assert_allclose(gradient, [[[by_rate, 0], [by_amount, 0]]], rtol=1e-13)


def test_endless_doses_that_never_leave_are_refused() -> None:
    urine = np.array([[[-0.1, 0.0], [0.1, 0.0]]])
    none = np.zeros((1, 1, 2, 2)), np.array([[1.0, 0.5]]), np.zeros((1, 1, 2))
    with pytest.raises(ValueError, match="no steady state"):
        endless_with_gradient(urine, *none, 24.0)
