"""Numbers that carry their exact derivatives: forward-mode differentiation over arrays.

A ``Varying`` stands wherever an array may, in the few operations that models are made of; what
does not depend on any direction stays a plain array. Source of the method: Griewank and Walther
2008, chapter 3.
"""

from __future__ import annotations

from collections.abc import Callable, Mapping
from dataclasses import dataclass
from typing import Any, TypeAlias

import numpy as np
from numpy.typing import NDArray

Floats = NDArray[np.float64]


@dataclass(frozen=True, eq=False)
class Varying:
    """An array with its derivative by each of q directions.

    value: any shape. gradient: broadcasts with (*value.shape, q).
    """

    value: Floats
    gradient: Floats

    def __array_ufunc__(
        self, ufunc: np.ufunc, method: str, *inputs: Quantity, **options: Any
    ) -> Varying:
        """Functions of NumPy; NotImplemented (a TypeError) for those without a rule here."""
        if method != "__call__" or options or ufunc not in _PARTIALS:
            return NotImplemented  # type: ignore[no-any-return]
        return applied(ufunc, *inputs)

    def __add__(self, other: Quantity | float) -> Varying:
        return applied(np.add, self, other)

    def __radd__(self, other: Floats | float) -> Varying:
        return applied(np.add, other, self)

    def __sub__(self, other: Quantity | float) -> Varying:
        return applied(np.subtract, self, other)

    def __rsub__(self, other: Floats | float) -> Varying:
        return applied(np.subtract, other, self)

    def __mul__(self, other: Quantity | float) -> Varying:
        return applied(np.multiply, self, other)

    def __rmul__(self, other: Floats | float) -> Varying:
        return applied(np.multiply, other, self)

    def __truediv__(self, other: Quantity | float) -> Varying:
        return applied(np.divide, self, other)

    def __rtruediv__(self, other: Floats | float) -> Varying:
        return applied(np.divide, other, self)

    def __pow__(self, other: Quantity | float) -> Varying:
        return applied(np.power, self, other)

    def __rpow__(self, other: Floats | float) -> Varying:
        return applied(np.power, other, self)

    def __neg__(self) -> Varying:
        return Varying(-self.value, -self.gradient)

    def __getitem__(self, index: Any) -> Varying:
        """Part of it; the gradient must have the value's own shape, as after ``shaped``."""
        return Varying(self.value[index], self.gradient[index])


Quantity: TypeAlias = Floats | Varying
_Partial = Callable[..., Any]


def _power_by_base(power: Floats, base: Floats, exponent: Floats) -> Floats:
    del power
    return np.where(exponent == 0, 0.0, exponent * base ** (exponent - 1.0))


def _power_by_exponent(power: Floats, base: Floats, exponent: Floats) -> Floats:
    del exponent
    # 0 ** b stays 0 around any b > 0; a negative base has no real power around b: nan.
    return np.where(base == 0, 0.0, power * np.log(np.where(base == 0, 1.0, base)))


# Derivative by each input, from the result and the inputs. None: it is 1.
_PARTIALS: Mapping[np.ufunc, tuple[_Partial | None, ...]] = {
    np.add: (None, None),
    np.subtract: (None, lambda _r, _a, b: np.full(np.shape(b), -1.0)),
    np.multiply: (lambda _r, _a, b: b, lambda _r, a, _b: a),
    np.divide: (lambda _r, _a, b: 1.0 / b, lambda r, _a, b: -r / b),
    np.power: (_power_by_base, _power_by_exponent),
    # Where both are the same, the slope of the first: that of a level which is about to rise.
    np.maximum: (lambda _r, a, b: a >= b, lambda _r, a, b: a < b),
    np.negative: (lambda _r, a: np.full(np.shape(a), -1.0),),
    np.exp: (lambda r, _a: r,),
    np.log: (lambda _r, a: 1.0 / a,),
    np.sqrt: (lambda r, _a: 0.5 / r,),
}
# Their derivative may be infinite where the value is not.
_STEEP = (np.power, np.sqrt)


def _scaled(partial: _Partial, gradient: Floats, steep: bool, *inputs: Floats | float) -> Floats:
    if not steep:
        return np.asarray(partial(*inputs))[..., None] * gradient
    with np.errstate(divide="ignore", invalid="ignore"):
        product = np.asarray(partial(*inputs))[..., None] * gradient
    # An infinite slope in a direction that nothing moves in is no slope.
    return np.where(gradient == 0, 0.0, product)


def applied(ufunc: np.ufunc, *inputs: Quantity | float) -> Varying:
    """A function of NumPy on inputs of which one at least varies, with the chain rule.

    ufunc: add, subtract, multiply, divide, power, maximum, negative, exp, log or sqrt.
    """
    values = [x.value if isinstance(x, Varying) else x for x in inputs]
    result = ufunc(*values)
    total: Floats | None = None
    for x, partial in zip(inputs, _PARTIALS[ufunc], strict=True):
        if isinstance(x, Varying):
            part = x.gradient
            if partial is not None:
                part = _scaled(partial, part, ufunc in _STEEP, result, *values)
            total = part if total is None else total + part
    assert total is not None
    return Varying(result, total)


def value_of(quantity: Quantity) -> Floats:
    """The value alone."""
    return quantity.value if isinstance(quantity, Varying) else quantity


def gradient_of(quantity: Quantity, count: int) -> Floats:
    """The derivative by each of ``count`` directions, shape (*value.shape, count)."""
    if isinstance(quantity, Varying):
        return np.broadcast_to(quantity.gradient, (*np.shape(quantity.value), count))
    return np.zeros((*np.shape(quantity), count))


def shaped(quantity: Quantity, shape: tuple[int, ...]) -> Quantity:
    """A quantity broadcast to a shape."""
    if isinstance(quantity, Varying):
        wide = (*shape, quantity.gradient.shape[-1])
        if quantity.value.shape == shape and quantity.gradient.shape == wide:
            return quantity
        gradient = np.broadcast_to(quantity.gradient, wide)
        return Varying(np.broadcast_to(quantity.value, shape), gradient)
    return np.broadcast_to(quantity, shape)


def chosen(mask: NDArray[np.bool_], quantity: Quantity, other: float) -> Quantity:
    """A quantity where the mask holds, a constant elsewhere."""
    if isinstance(quantity, Varying):
        gradient = np.where(mask[..., None], quantity.gradient, 0.0)
        return Varying(np.where(mask, quantity.value, other), gradient)
    return np.where(mask, quantity, other)
