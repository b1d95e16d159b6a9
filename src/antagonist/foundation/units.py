"""Amounts and durations as people write them, into mg and hours.

Units are read once, here at the edge; inside, a name carries its unit (``dose_mg``).
"""

from __future__ import annotations

import math
import re
from collections.abc import Mapping

from antagonist.foundation.errors import InputError

MG_PER: Mapping[str, float] = {
    "ug": 1e-3,
    "µg": 1e-3,  # micro sign
    "μg": 1e-3,  # Greek mu: the two look alike and keyboards give either
    "mcg": 1e-3,
    "mg": 1.0,
    "g": 1e3,
}
_MINUTE_H = 1 / 60
HOURS_PER: Mapping[str, float] = {
    "min": _MINUTE_H,
    "minute": _MINUTE_H,
    "minutes": _MINUTE_H,
    "h": 1.0,
    "hour": 1.0,
    "hours": 1.0,
    "d": 24.0,
    "day": 24.0,
    "days": 24.0,
    "wk": 168.0,
    "week": 168.0,
    "weeks": 168.0,
}
MASS_ALLOWED = "a number with ug, mg or g, such as '50 mg'; 0 or more"
DURATION_ALLOWED = "a number with min, h, d or wk, such as '24 h'; 0 or more"

_QUANTITY = re.compile(r"\s*([+-]?(?:\d+\.?\d*|\.\d+)(?:[eE][+-]?\d{1,3})?)\s*([^\W\d_]+)\s*")


def mass_mg(text: object, source: str = "", field: str = "") -> float:
    """Amount in mg from text such as ``50 mg``, ``0.38 g`` or ``250 ug``.

    source, field: where the text stands, for the error message.
    Returns mg, >= 0 and finite.
    Raises InputError for a missing or unknown unit, a negative or a non-finite amount.
    """
    return _quantity(text, MG_PER, MASS_ALLOWED, source, field)


def duration_h(text: object, source: str = "", field: str = "") -> float:
    """Duration in hours from text such as ``24 h``, ``2 d``, ``1 wk`` or ``30 min``.

    A day is 24 h here; whether a repeat keeps its clock time is the caller's matter.
    source, field: where the text stands, for the error message.
    Returns h, >= 0 and finite.
    Raises InputError for a missing or unknown unit, a negative or a non-finite duration.
    """
    return _quantity(text, HOURS_PER, DURATION_ALLOWED, source, field)


def _quantity(
    text: object, factors: Mapping[str, float], allowed: str, source: str, field: str
) -> float:
    match = _QUANTITY.fullmatch(text) if isinstance(text, str) else None
    if match is None:
        raise InputError(source, field, text, allowed)
    number, unit = match.groups()
    factor = factors.get(unit)
    if factor is None:
        raise InputError(source, field, text, allowed)
    value = float(number) * factor
    if value < 0 or not math.isfinite(value):
        raise InputError(source, field, text, allowed)
    return value
