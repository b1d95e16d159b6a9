"""The small arithmetic of model files."""

from __future__ import annotations

import math

import numpy as np
import pytest

from antagonist.pharmacology.expressions import parse


@pytest.mark.parametrize(
    ("text", "expected"),
    [
        ("2 + 3 * 4", 14.0),
        ("(2 + 3) * 4", 20.0),
        ("2 ** -1", 0.5),
        ("-2 ** 2", -4.0),
        ("2 - 3 - 4", -5.0),
        ("7 / 2 / 2", 1.75),
        ("1e-3", 0.001),
        (" 5 ", 5.0),
        ("log(2) / 4", math.log(2) / 4),
        ("exp(-log(3))", 1 / 3),
        ("sqrt(16)", 4.0),
        ("CL * (1 - fm) / V1", 140 * 0.2 / 120),
        ("V1 ** 0.75", 120**0.75),
    ],
)
def test_value(text: str, expected: float) -> None:
    assert parse(text)({"CL": 140, "V1": 120, "fm": 0.8}) == pytest.approx(expected, rel=1e-15)


def test_names_are_sorted_and_without_functions() -> None:
    assert parse("exp(b) * a + b").names == ("a", "b")
    assert parse("1").names == ()


def test_arrays_broadcast() -> None:
    value = parse("a * b")({"a": np.ones((3, 1)) * 2, "b": np.arange(2.0)})
    np.testing.assert_array_equal(value, [[0, 2], [0, 2], [0, 2]])


def test_whole_number_values_are_numbers_like_others() -> None:
    assert parse("a ** b")({"a": np.array(2), "b": np.array(-1)}) == 0.5


def test_missing_name() -> None:
    with pytest.raises(KeyError, match="CL"):
        parse("CL / V")({"V": 1.0})


@pytest.mark.parametrize(
    "text",
    [
        "",
        "a +",
        "a; b",
        "a = 1",
        "True",
        "'text'",
        "1j",
        "None",
        "a.b",
        "a[0]",
        "[1, 2]",
        "lambda: 1",
        "a if b else c",
        "a > b",
        "a and b",
        "not a",
        "+a",
        "~a",
        "a // b",
        "a % b",
        "a ^ b",
        "a @ b",
        "sin(a)",
        "exp()",
        "exp(a, b)",
        "exp(x=a)",
        "exp(*a)",
        "exp(exp)(a)",
        "__import__('os')",
        "(a := 1)",
        "a\x00b",
    ],
)
def test_anything_else_is_refused(text: str) -> None:
    with pytest.raises(ValueError, match=r"not an expression|are allowed|null bytes"):
        parse(text)


def test_refusal_names_what_is_wrong_and_what_is_allowed() -> None:
    with pytest.raises(ValueError, match=r"'sin\(a\)': only names, numbers, .* exp, log, sqrt"):
        parse("1 + sin(a)")
