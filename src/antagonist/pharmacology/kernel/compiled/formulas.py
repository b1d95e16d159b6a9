"""A model's formulas as a list of operations, with exact derivatives. Imported when compiling only.

Operation k gives number k of ``val``; its operands are earlier numbers. Forward differentiation:
Griewank and Walther 2008, chapter 3.
"""

from __future__ import annotations

import math

from antagonist.pharmacology.kernel.compiled.options import Floats, Ints, Marks, compiled
from antagonist.pharmacology.kernel.limits import (
    ADD,
    CONSTANT,
    COVARIATE,
    DIVIDE,
    EFFECT,
    EXP,
    HELD,
    LOG,
    MULTIPLY,
    NEGATIVE,
    SQRT,
    SUBTRACT,
)


@compiled
def _unary(code: int, x: float) -> tuple[float, float]:
    """Value and derivative."""
    if code == NEGATIVE:
        return -x, -1.0
    if code == EXP:
        e = math.exp(x)
        return e, e
    if code == LOG:
        return math.log(x), 1.0 / x
    if code == SQRT:
        root = math.sqrt(x)
        return root, 0.5 / root
    # neither end overflows
    e = math.exp(-abs(x))
    share = 1.0 / (1.0 + e) if x >= 0 else e / (1.0 + e)
    return share, share * (1.0 - share)


@compiled
def _binary(code: int, x: float, y: float, by_second: bool) -> tuple[float, float, float]:
    """Value and derivative by each; the second's of a power only where it is wanted."""
    if code == ADD:
        return x + y, 1.0, 1.0
    if code == SUBTRACT:
        return x - y, 1.0, -1.0
    if code == MULTIPLY:
        return x * y, y, x
    if code == DIVIDE:
        return x / y, 1.0 / y, -x / (y * y)
    power = x**y
    by_base = 0.0 if y == 0.0 else y * x ** (y - 1.0)
    return power, by_base, power * math.log(x) if by_second and x != 0.0 else 0.0


@compiled
def formulas(
    ops: Ints, consts: Floats, depends: Marks, eta: Floats, cov: Floats, holds: Floats,
    val: Floats, grad: Floats,
) -> None:  # fmt: skip
    """Work out all operations at some etas.

    ops: (n, 3) code and operands. consts: (n,). depends: (n,) 1 where a number depends on eta.
    cov, holds: of one subject in one regime. val: (n,). grad: (n, q), 0 where nothing depends.
    """
    q = eta.shape[0]
    for k in range(consts.shape[0]):
        code, a, b = ops[k, 0], ops[k, 1], ops[k, 2]
        if code == CONSTANT:
            val[k] = consts[k]
        elif code == EFFECT:
            val[k] = eta[a]
            for i in range(q):
                grad[k, i] = 1.0 if i == a else 0.0
        elif code == COVARIATE:
            val[k] = cov[a]
        elif code == HELD:
            on = 1.0 if holds[a] != 0.0 else 0.0
            val[k] = val[b] if on != 0.0 else 0.0
            if depends[k] != 0:
                for i in range(q):
                    grad[k, i] = on * grad[b, i]
        elif code >= NEGATIVE:
            value, slope = _unary(code, val[a])
            val[k] = value
            if depends[k] != 0:
                for i in range(q):
                    grad[k, i] = slope * grad[a, i]
        else:
            value, first, second = _binary(code, val[a], val[b], depends[b] != 0)
            val[k] = value
            if depends[k] != 0:
                for i in range(q):
                    grad[k, i] = first * grad[a, i] + second * grad[b, i]
