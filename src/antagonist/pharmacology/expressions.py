"""Arithmetic in model files: names, numbers, + - * / ** and a few functions; nothing else."""

from __future__ import annotations

import ast
import operator
from collections.abc import Callable, Mapping
from dataclasses import dataclass
from functools import lru_cache

import numpy as np
from numpy.typing import NDArray

Floats = NDArray[np.float64]
Values = Mapping[str, Floats | float]

_BINARY: Mapping[type[ast.operator], Callable[[Floats, Floats], Floats]] = {
    ast.Add: operator.add,
    ast.Sub: operator.sub,
    ast.Mult: operator.mul,
    ast.Div: operator.truediv,
    ast.Pow: operator.pow,
}
_FUNCTIONS: Mapping[str, Callable[[Floats], Floats]] = {
    "exp": np.exp,
    "log": np.log,
    "sqrt": np.sqrt,
}


@dataclass(frozen=True)
class Expression:
    """A parsed expression.

    text: as written in the model file. names: what it needs, sorted.
    """

    text: str
    names: tuple[str, ...]
    body: ast.expr

    def __call__(self, values: Values) -> Floats:
        """Evaluate over arrays of values; shapes broadcast. Raises KeyError for a missing name."""
        return np.asarray(_evaluate(self.body, values), dtype=float)


def _evaluate(node: ast.expr, values: Values) -> Floats:
    match node:
        case ast.Constant(value=int() | float() as number):
            return np.asarray(float(number))
        case ast.Name(id=name):
            return np.asarray(values[name], dtype=float)
        case ast.BinOp(left=left, op=op, right=right):
            return _BINARY[type(op)](_evaluate(left, values), _evaluate(right, values))
        case ast.UnaryOp(op=ast.USub(), operand=operand):
            return -_evaluate(operand, values)
        case ast.Call(func=ast.Name(id=name), args=[argument]):
            return _FUNCTIONS[name](_evaluate(argument, values))
    raise AssertionError("checked when parsed")


def _names(node: ast.expr) -> set[str]:
    match node:
        case ast.Constant(value=value) if isinstance(value, int | float) and not isinstance(
            value, bool
        ):
            return set()
        case ast.Name(id=name):
            return {name}
        case ast.BinOp(left=left, op=op, right=right) if type(op) in _BINARY:
            return _names(left) | _names(right)
        case ast.UnaryOp(op=ast.USub(), operand=operand):
            return _names(operand)
        case ast.Call(func=ast.Name(id=name), args=[argument], keywords=[]) if name in _FUNCTIONS:
            return _names(argument)
    raise ValueError(
        f"{ast.unparse(node)!r}: only names, numbers, + - * / ** and "
        f"{', '.join(_FUNCTIONS)} are allowed"
    )


@lru_cache(maxsize=4096)
def parse(text: str) -> Expression:
    """Parse an expression such as ``CL * fm / V1``.

    Raises ValueError for anything but arithmetic on names and numbers.
    """
    try:
        body = ast.parse(text.strip(), mode="eval").body
    except SyntaxError as error:
        raise ValueError(f"{text!r}: not an expression ({error.msg})") from None
    return Expression(text, tuple(sorted(_names(body))), body)
