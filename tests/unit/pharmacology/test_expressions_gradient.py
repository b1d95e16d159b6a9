"""Derivatives of the small arithmetic of model files, and of numbers that carry them."""

from __future__ import annotations

import math
from typing import Any

import numpy as np
import pytest
from tests.support.duals import Dual, constant, formula, variable

from antagonist.pharmacology.catalogue import formulations, structure
from antagonist.pharmacology.expressions import Values, parse
from antagonist.pharmacology.varying import Varying, chosen, gradient_of, shaped, value_of

A, B = 2.5, 0.7
UNITS = {"a": np.array([1.0, 0.0]), "b": np.array([0.0, 1.0])}


def slopes(text: str, a: float = A, b: float = B) -> list[float]:
    """Derivatives by a and b; c is 3 and constant."""
    value, gradient = parse(text).with_gradient({"a": a, "b": b, "c": 3.0}, UNITS)
    assert value == parse(text)({"a": a, "b": b, "c": 3.0})
    found: list[float] = gradient.tolist()
    return found


@pytest.mark.parametrize(
    ("text", "by_a", "by_b"),
    [
        ("a + b", 1.0, 1.0),
        ("a - b", 1.0, -1.0),
        ("c - b", 0.0, -1.0),
        ("-a * c", -3.0, 0.0),
        ("a * b", B, A),
        ("a / b", 1 / B, -A / B**2),
        ("c / a", -3 / A**2, 0.0),
        ("a ** 3", 3 * A**2, 0.0),
        ("a ** -0.5", -0.5 * A**-1.5, 0.0),
        ("c ** b", 0.0, 3**B * math.log(3)),
        ("a ** b", B * A ** (B - 1), A**B * math.log(A)),
        ("a ** a", A**A * (math.log(A) + 1), 0.0),
        ("exp(a * b)", B * math.exp(A * B), A * math.exp(A * B)),
        ("log(a / b)", 1 / A, -1 / B),
        ("sqrt(a)", 0.5 / math.sqrt(A), 0.0),
        ("a - a", 0.0, 0.0),
        ("c", 0.0, 0.0),
        ("2", 0.0, 0.0),
        ("log(2) / (24 * a)", -math.log(2) / (24 * A**2), 0.0),
        ("1 - (1 - a) * b", B, A - 1),
    ],
)
def test_derivative(text: str, by_a: float, by_b: float) -> None:
    assert slopes(text) == pytest.approx([by_a, by_b], rel=1e-14)


@pytest.mark.parametrize(
    ("text", "by_a"),
    [
        ("a ** 2", 0.0),
        ("a ** 1", 1.0),
        ("a ** 0", 0.0),
        ("a ** c", 0.0),
        ("a ** 0.5", math.inf),
        ("sqrt(a)", math.inf),
        ("b * sqrt(a)", math.inf),
    ],
)
def test_powers_of_nothing(text: str, by_a: float) -> None:
    """A constant exponent asks for no logarithm of the base."""
    assert slopes(text, a=0.0) == [by_a, 0.0]


def test_powers_of_a_negative_base() -> None:
    assert slopes("a ** 2", a=-3.0) == [-6.0, 0.0]
    assert slopes("a ** 3", a=-3.0) == [27.0, 0.0]


def test_nothing_to_a_power_that_varies() -> None:
    assert slopes("(a - a) ** b") == [0.0, 0.0]
    by_a, by_b = slopes("a ** b", a=-3.0, b=2.0)
    assert by_a == -6.0
    assert math.isnan(by_b)  # no real power on either side of 2


def test_shapes_broadcast_and_constants_have_no_slope() -> None:
    values: Values = {"a": np.ones((3, 1)) * 2, "b": np.arange(1.0, 3.0), "c": 3.0}
    value, gradient = parse("a * b + c").with_gradient(values, UNITS)
    assert value.shape == (3, 2)
    np.testing.assert_array_equal(gradient, [[[1.0, 2.0], [2.0, 2.0]]] * 3)
    value, gradient = parse("c * a").with_gradient(values, {"b": UNITS["b"]})
    assert gradient.shape == (3, 1, 2)
    assert not gradient.any()
    assert parse("c").with_gradient(values, {})[1].shape == (0,)


def test_tangents_by_directions_that_mix_parameters() -> None:
    """Any directions, not only the names themselves, and one for each subject."""
    tangents = {
        "a": np.array([[1.0, 2.0, 0.0], [0.0, 0.0, 4.0]]),
        "b": np.array([[0.0, 3.0, -1.0]]),
    }
    values = {"a": np.array([2.0, 5.0]), "b": np.array([7.0])}
    gradient = parse("a * b").with_gradient(values, tangents)[1]
    np.testing.assert_array_equal(gradient, [[7.0, 20.0, -2.0], [0.0, 15.0, 23.0]])


def test_missing_name() -> None:
    with pytest.raises(KeyError, match="CL"):
        parse("CL / V").with_gradient({"V": 1.0}, {})


def model_formulas() -> list[str]:
    """Every formula of the models and products that come with the package."""
    core = structure("slow_both")
    found = [t.rate for t in core.transfers] + [o.gain for o in core.outputs.values()]
    found += [x for link in core.links for x in (link.rate, link.gain)]
    found += [share for entry in core.entries.values() for share in entry.values()]
    for product in formulations().values():
        for part in product.release:
            found += [part.fraction, part.lag_h, part.rate_per_h or "0", part.duration_h or "0"]
    return sorted(set(found))


@pytest.mark.parametrize("text", model_formulas())
def test_formulas_of_the_model_files_against_dual_numbers(text: str) -> None:
    expression = parse(text)
    known = dict(structure("slow_both").parameters)
    for product in formulations().values():
        known.update(product.parameters)
    names = expression.names or ("CL",)
    units, count = np.eye(len(names)), len(names)
    values = {name: known[name].value for name in names}
    tangents = {name: units[k] for k, name in enumerate(names)}
    duals = {name: variable(values[name], k, count) for k, name in enumerate(names)}
    value, gradient = expression.with_gradient(values, tangents)
    expected = formula(text, duals, count)
    np.testing.assert_allclose(value, float(expected.value), rtol=1e-14)
    np.testing.assert_allclose(gradient, expected.slope.astype(float), rtol=1e-13)


# Numbers that carry their derivatives


def varying(value: Any, *gradient: float) -> Any:
    return Varying(np.asarray(value, dtype=float), np.array(gradient))


@pytest.mark.parametrize(
    ("found", "value", "slope"),
    [
        (varying(3.0, 2.0) + 1, 4.0, 2.0),
        (np.array(1.0) + varying(3.0, 2.0), 4.0, 2.0),
        (1 - varying(3.0, 2.0), -2.0, -2.0),
        (np.array(1.0) - varying(3.0, 2.0), -2.0, -2.0),
        (np.array(4.0) * varying(3.0, 2.0), 12.0, 8.0),
        (6 / varying(3.0, 2.0), 2.0, -4 / 3),
        (2 ** varying(3.0, 2.0), 8.0, 16 * math.log(2)),
        (np.negative(varying(3.0, 2.0)), -3.0, -2.0),
        (np.maximum(varying(3.0, 2.0), 1.0), 3.0, 2.0),
        (np.maximum(varying(3.0, 2.0), 5.0), 5.0, 0.0),
        (np.maximum(varying(0.0, 2.0), 0.0), 0.0, 2.0),
        (np.maximum(5.0, varying(3.0, 2.0)), 5.0, 0.0),
    ],
)
def test_operations_in_either_order(found: Varying, value: float, slope: float) -> None:
    assert found.value == value
    assert found.gradient.tolist() == pytest.approx([slope], rel=1e-15)


def test_a_function_without_a_rule_is_refused() -> None:
    with pytest.raises(TypeError):
        np.sin(varying(3.0, 2.0))
    with pytest.raises(TypeError):
        np.add.reduce(varying([3.0], 2.0))


def test_parts_and_shapes() -> None:
    wide = shaped(varying(3.0, 1.0, 2.0), (2, 3))
    assert value_of(wide[:, 1]).tolist() == [3.0, 3.0]
    assert gradient_of(wide[:, 1], 2).tolist() == [[1.0, 2.0]] * 2
    assert gradient_of(np.zeros((2, 3)), 4).shape == (2, 3, 4)
    kept = chosen(np.array([True, False]), wide[:, 0], 9.0)
    assert value_of(kept).tolist() == [3.0, 9.0]
    assert gradient_of(kept, 2).tolist() == [[1.0, 2.0], [0.0, 0.0]]
    constant_part = chosen(np.array([True, False]), np.array([1.0, 2.0]), 9.0)
    assert value_of(constant_part).tolist() == [1.0, 9.0]


def test_the_reference_itself() -> None:
    """Dual numbers by hand, so that the two cannot be wrong together."""
    x, y = variable(2.0, 0, 2), constant(3.0, 2)
    found = (x**3 / y - 1) * formula("sqrt(a) + exp(-a) + 2 ** a", {"a": x}, 2)
    inner = math.sqrt(2) + math.exp(-2) + 4
    slope = 4 * inner + (8 / 3 - 1) * (0.5 / math.sqrt(2) - math.exp(-2) + 4 * math.log(2))
    assert isinstance(found, Dual)
    assert found.slope.astype(float).tolist() == pytest.approx([slope, 0.0], rel=1e-15)
