"""How reports print numbers, and which quantities they know."""

from __future__ import annotations

from decimal import ROUND_DOWN, Decimal

import numpy as np

from antagonist.pharmacology.results import Band, Floats
from antagonist.report.wording import Language, Wording

NALTREXONE = "conc_ntx"
NALTREXOL = "conc_6bn"
OCCUPANCY = "mu_occupancy"
SUBJECTIVE = "blocked_subjective"
PHYSIOLOGICAL = "blocked_physiological"
CHARTED = (NALTREXONE, NALTREXOL, OCCUPANCY, SUBJECTIVE, PHYSIOLOGICAL)
CONCENTRATION_UNIT = "ng/mL"
LEAST_LEVEL = 0.01  # below this, ng/mL, assays read nothing: no digits are printed


def percent(fraction: float) -> str:
    """A fraction as whole percent; what only rounds to none or all says so."""
    value = 100.0 * fraction
    if 0.0 < value < 0.5:
        return "<1 %"
    if 99.5 <= value < 100.0:
        return ">99 %"
    return f"{value:.0f} %"


def two_digits(value: float, language: Language) -> str:
    """A number with two significant digits, no exponent, the language's decimal mark."""
    text = f"{Decimal(f'{value:.1e}'):f}"
    return text.replace(".", ",") if language == "ru" else text


def two_digits_down(value: float, language: Language) -> str:
    """As two_digits, rounded down: for the low end of an interval that must not grow."""
    exact = Decimal(repr(value))
    step = Decimal(1).scaleb(exact.adjusted() - 1)
    return two_digits(float(exact.quantize(step, ROUND_DOWN)), language)


def plain(value: float, language: Language) -> str:
    """A number as it was given, without trailing zeros, the language's decimal mark."""
    text = f"{value:.6g}"
    return text.replace(".", ",") if language == "ru" else text


def is_level(unit: str) -> bool:
    """Whether a quantity is a plasma level."""
    return unit == CONCENTRATION_UNIT


def is_share(unit: str) -> bool:
    """Whether a quantity is a fraction, printed as percent."""
    return unit in ("fraction", "1", "")


def unit_word(unit: str, words: Wording) -> str:
    """The unit of a printed quantity in the reader's language."""
    if is_share(unit):
        return "%"
    return words.text("unit.ng_per_ml") if is_level(unit) else unit


def bare(value: float, unit: str, language: Language) -> str:
    """A value without its unit, for tables; percent signs stay."""
    if is_share(unit):
        return percent(value)
    if is_level(unit) and 0.0 < value < LEAST_LEVEL:
        return "<" + plain(LEAST_LEVEL, language)
    return two_digits(value, language)


def measured(value: float, unit: str, words: Wording) -> str:
    """A value with its unit."""
    text = bare(value, unit, words.language)
    return text if is_share(unit) else f"{text} {unit_word(unit, words)}"


def quantiles_at(band: Band, time_h: float) -> Floats:
    """The five quantiles of a band at one hour, linear between its times; shape (5,)."""
    return np.array([np.interp(time_h, band.time_h, row) for row in band.quantiles])
