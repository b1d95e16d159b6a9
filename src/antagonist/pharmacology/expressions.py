"""Arithmetic in model files: names, numbers, + - * / ** and a few functions; nothing else."""

from __future__ import annotations

import ast
import operator
from collections.abc import Callable, Mapping
from dataclasses import dataclass
from functools import lru_cache
from typing import Any

import numpy as np
from numpy.typing import NDArray

from antagonist.pharmacology.varying import Quantity, Varying, gradient_of, value_of

Floats = NDArray[np.float64]
Values = Mapping[str, Floats | float]

_BINARY: Mapping[type[ast.operator], Callable[[Any, Any], Any]] = {
    ast.Add: operator.add,
    ast.Sub: operator.sub,
    ast.Mult: operator.mul,
    ast.Div: operator.truediv,
    ast.Pow: operator.pow,
}
_FUNCTIONS: Mapping[str, Callable[[Any], Any]] = {
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

    def of(self, values: Mapping[str, Quantity]) -> Quantity:
        """Evaluate where some values may carry derivatives.

        Returns a Varying only where one of them is needed. Raises KeyError for a missing name.
        """
        found: Quantity = _evaluate(self.body, values)
        return found

    def with_gradient(
        self, values: Values, tangents: Mapping[str, Floats]
    ) -> tuple[Floats, Floats]:
        """Evaluate with the exact derivative by each of q directions.

        values: shapes broadcast. tangents: derivative of those names that vary, each of the
            value's shape and q; a name that is absent is constant.
        Returns the value and its gradient, shapes (...) and (..., q).
        Raises KeyError for a missing name. Source: Griewank and Walther 2008, chapter 3.
        """
        known: dict[str, Quantity] = {
            name: Varying(np.asarray(values[name], dtype=float), tangents[name])
            if name in tangents
            else np.asarray(values[name], dtype=float)
            for name in self.names
        }
        found = self.of(known)
        count = next((tangent.shape[-1] for tangent in tangents.values()), 0)
        return value_of(found), gradient_of(found, count)


def _evaluate(node: ast.expr, values: Mapping[str, Quantity | float]) -> Any:
    match node:
        case ast.Constant(value=int() | float() as number):
            return np.asarray(float(number))
        case ast.Name(id=name):
            value = values[name]
            return value if isinstance(value, Varying) else np.asarray(value, dtype=float)
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
