"""How every loop is compiled, and the exponential they share. Imported when compiling only."""

from __future__ import annotations

from collections.abc import Callable
from typing import Any, TypeVar

import numba
import numpy as np
from numpy.typing import NDArray

Floats = NDArray[np.float64]
Ints = NDArray[np.int64]
Marks = NDArray[np.uint8]
Function = TypeVar("Function", bound=Callable[..., Any])

# Multiply-adds may be fused; nothing may be reordered, so results are the same on any chunk.
OPTIONS: dict[str, Any] = {"fastmath": {"contract"}, "error_model": "numpy", "nogil": True}
# What a loop calls makes no array, so it need not count who holds one: counting calls a function
# for every array that is handed on, and lanes do not stay in registers over a call.
_INNER: dict[str, Any] = {**OPTIONS, "_nrt": False}

# Not the literal 0: Numba compiles a function anew for every literal that it is called with.
ZERO: Any = np.int64(0)

# Turns a pointer and a shape into an array.
carray: Any = numba.carray


def compiled(function: Function) -> Function:
    """Compile a function that loops call."""
    made: Function = numba.njit(**_INNER)(function)
    return made


def inlined(function: Function) -> Function:
    """As ``compiled``, for what is copied into its callers."""
    made: Function = numba.njit(inline="always", **_INNER)(function)
    return made


LOG2_E = 1.4426950408889634
# log(2) in two parts, so that the reduced argument keeps all its digits (Cody and Waite 1980).
LOG2_HIGH, LOG2_LOW = 0.6931471803691238, 1.9082149292705877e-10
SMALLEST = -708.0
# Adding this leaves the nearest whole number in the low bits of the sum.
ROUNDER = 6755399441055744.0


@inlined
def series(r: Any) -> Any:
    """exp(r) for |r| <= log(2) / 2, of a number or of lanes: Taylor's series to the 13th power."""
    p = r * (1.0 / 6227020800.0) + 1.0 / 479001600.0
    p = p * r + 1.0 / 39916800.0
    p = p * r + 1.0 / 3628800.0
    p = p * r + 1.0 / 362880.0
    p = p * r + 1.0 / 40320.0
    p = p * r + 1.0 / 5040.0
    p = p * r + 1.0 / 720.0
    p = p * r + 1.0 / 120.0
    p = p * r + 1.0 / 24.0
    p = p * r + 1.0 / 6.0
    p = p * r + 0.5
    p = p * r + 1.0
    return p * r + 1.0


@inlined
def decay(x: float) -> float:
    """exp(x) within 3e-16 relative for -708 <= x <= 700; below, 0.

    Straight-line code, so that a loop over it becomes vector instructions.
    Source: Cody and Waite 1980 (argument reduction); Taylor's series to the 13th power.
    """
    kept = max(x, SMALLEST)
    shifted = kept * LOG2_E + ROUNDER
    whole = shifted - ROUNDER
    r = (kept - whole * LOG2_HIGH) - whole * LOG2_LOW
    p = series(r)
    bits = np.float64(shifted).view(np.int64)
    scale = np.int64((bits + 1023) << 52).view(np.float64)
    return p * scale if x >= SMALLEST else 0.0
