"""Amounts and durations: what is read, and what is refused with which words."""

from __future__ import annotations

import pytest

from antagonist.foundation.errors import InputError
from antagonist.foundation.units import duration_h, mass_mg


@pytest.mark.parametrize(
    ("text", "expected_mg"),
    [
        ("50 mg", 50.0),
        ("50mg", 50.0),
        (" 0.38 g ", 380.0),
        ("250 ug", 0.25),
        ("250 µg", 0.25),
        ("250 μg", 0.25),
        ("250 mcg", 0.25),
        (".5 mg", 0.5),
        ("1e3 mg", 1000.0),
        ("0 mg", 0.0),
    ],
)
def test_mass_is_read_in_mg(text: str, expected_mg: float) -> None:
    assert mass_mg(text) == pytest.approx(expected_mg, rel=1e-15)


@pytest.mark.parametrize(
    ("text", "expected_h"),
    [
        ("24 h", 24.0),
        ("1 hour", 1.0),
        ("2 d", 48.0),
        ("14 days", 336.0),
        ("1 wk", 168.0),
        ("2 weeks", 336.0),
        ("30 min", 0.5),
        ("90 minutes", 1.5),
    ],
)
def test_duration_is_read_in_hours(text: str, expected_h: float) -> None:
    assert duration_h(text) == pytest.approx(expected_h, rel=1e-15)


BAD_MASSES = [
    "50",
    "mg",
    "",
    "-50 mg",
    "50 kg",
    "50 MG",
    "nan mg",
    "inf mg",
    "1e999 mg",
    "50 mg mg",
]


@pytest.mark.parametrize("value", [*BAD_MASSES, "1,5 mg", "5 0 mg", "50 h", 50, 50.0, None, True])
def test_bad_mass_is_refused_with_place_value_and_allowed(value: object) -> None:
    with pytest.raises(InputError) as caught:
        mass_mg(value, "course.yaml", "doses[3].dose")
    error = caught.value
    assert (error.source, error.field, error.value) == ("course.yaml", "doses[3].dose", value)
    assert str(error).startswith("course.yaml: doses[3].dose: ")
    assert "such as '50 mg'" in error.allowed


@pytest.mark.parametrize("value", ["24", "-1 h", "nan h", "1e999 d", "3 mg", "2 months", 24, None])
def test_bad_duration_is_refused_with_place_value_and_allowed(value: object) -> None:
    with pytest.raises(InputError) as caught:
        duration_h(value, "course.yaml", "forecast")
    error = caught.value
    assert (error.source, error.field, error.value) == ("course.yaml", "forecast", value)
    assert "such as '24 h'" in error.allowed
