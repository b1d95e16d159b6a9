"""Eight doubles that are worked on at once, as a type that Numba's loops can name.

Imported when compiling only. Left to itself the compiler finds vector instructions in loops whose
arrays it can tell apart; here they are written down. A processor without such wide registers
takes them in two or four parts, with the same results.
"""

# Numba says what arguments these functions take.
# ruff: noqa: ARG001

from __future__ import annotations

import operator
from collections.abc import Callable
from typing import Any

from llvmlite import ir
from numba import types
from numba.core import cgutils
from numba.extending import intrinsic, models, overload, register_model

from antagonist.pharmacology.kernel.compiled.options import (
    LOG2_E,
    LOG2_HIGH,
    LOG2_LOW,
    OPTIONS,
    ROUNDER,
    SMALLEST,
    inlined,
    series,
)

LANES = 8
_KIND, _BITS = ir.DoubleType(), ir.IntType(64)
_VECTOR, _WHOLE = ir.VectorType(_KIND, LANES), ir.VectorType(_BITS, LANES)
# As OPTIONS: multiply-adds may be fused.
_FUSED = ["contract"]
Builder = Callable[[Any, Any, Any, Any], Any]


class LanesType(types.Type):  # type: ignore[misc]
    """Numba's name for eight doubles."""

    def __init__(self) -> None:
        super().__init__(name="Lanes")


LANES_TYPE = LanesType()


@register_model(LanesType)
class _Model(models.PrimitiveModel):  # type: ignore[misc]
    def __init__(self, manager: Any, kind: Any) -> None:
        super().__init__(manager, kind, _VECTOR)


def _pointer(context: Any, builder: Any, signature: Any, arguments: Any) -> Any:
    array = context.make_array(signature.args[0])(context, builder, arguments[0])
    at = context.cast(builder, arguments[1], signature.args[1], types.intp)
    return builder.bitcast(builder.gep(array.data, [at]), _VECTOR.as_pointer())


@intrinsic  # type: ignore[untyped-decorator]
def load(typing: Any, array: Any, at: Any) -> tuple[Any, Builder]:
    """Eight values of a flat array from a place on; nothing checks that they are there."""

    def build(context: Any, builder: Any, signature: Any, arguments: Any) -> Any:
        return builder.load(_pointer(context, builder, signature, arguments), align=8)

    return LANES_TYPE(array, at), build


@intrinsic  # type: ignore[untyped-decorator]
def store(typing: Any, array: Any, at: Any, value: Any) -> tuple[Any, Builder]:
    """Write eight values to a flat array from a place on."""

    def build(context: Any, builder: Any, signature: Any, arguments: Any) -> Any:
        builder.store(arguments[2], _pointer(context, builder, signature, arguments), align=8)
        return context.get_dummy_value()

    return types.void(array, at, value), build


@intrinsic  # type: ignore[untyped-decorator]
def splat(typing: Any, value: Any) -> tuple[Any, Builder]:
    """Eight times one value."""

    def build(context: Any, builder: Any, signature: Any, arguments: Any) -> Any:
        nothing = ir.Constant(_VECTOR, ir.Undefined)
        first = builder.insert_element(nothing, arguments[0], ir.Constant(ir.IntType(32), 0))
        places = ir.Constant(ir.VectorType(ir.IntType(32), LANES), [0] * LANES)
        return builder.shuffle_vector(first, nothing, places)

    return LANES_TYPE(types.float64), build


@intrinsic  # type: ignore[untyped-decorator]
def lane(typing: Any, value: Any, at: Any) -> tuple[Any, Builder]:
    """One of the eight."""

    def build(context: Any, builder: Any, signature: Any, arguments: Any) -> Any:
        at = context.cast(builder, arguments[1], signature.args[1], types.int32)
        return builder.extract_element(arguments[0], at)

    return types.float64(value, at), build


@intrinsic  # type: ignore[untyped-decorator]
def joined(
    typing: Any, a: Any, b: Any, c: Any, d: Any, e: Any, f: Any, g: Any, h: Any
) -> tuple[Any, Builder]:
    """Eight lanes from eight values."""

    def build(context: Any, builder: Any, signature: Any, arguments: Any) -> Any:
        made = ir.Constant(_VECTOR, ir.Undefined)
        for n in range(LANES):
            made = builder.insert_element(made, arguments[n], ir.Constant(ir.IntType(32), n))
        return made

    return LANES_TYPE(*[types.float64] * LANES), build


@intrinsic  # type: ignore[untyped-decorator]
def where_less(typing: Any, a: Any, b: Any, x: Any, y: Any) -> tuple[Any, Builder]:
    """In every lane x where a < b, else y."""

    def build(context: Any, builder: Any, signature: Any, arguments: Any) -> Any:
        less = builder.fcmp_ordered("<", arguments[0], arguments[1])
        return builder.select(less, arguments[2], arguments[3])

    return LANES_TYPE(a, b, x, y), build


@intrinsic  # type: ignore[untyped-decorator]
def less(typing: Any, a: Any, b: Any) -> tuple[Any, Builder]:
    """A bit for each lane, set where a < b: lane n is worth 2^n."""

    def build(context: Any, builder: Any, signature: Any, arguments: Any) -> Any:
        found = builder.fcmp_ordered("<", arguments[0], arguments[1])
        return builder.zext(builder.bitcast(found, ir.IntType(LANES)), _BITS)

    return types.int64(a, b), build


@intrinsic  # type: ignore[untyped-decorator]
def root_of(typing: Any, x: Any) -> tuple[Any, Builder]:
    """The square root in every lane."""

    def build(context: Any, builder: Any, signature: Any, arguments: Any) -> Any:
        kind = ir.FunctionType(_VECTOR, [_VECTOR])
        root = cgutils.get_or_insert_function(builder.module, kind, f"llvm.sqrt.v{LANES}f64")
        return builder.call(root, arguments)

    return LANES_TYPE(x), build


@intrinsic  # type: ignore[untyped-decorator]
def _power_of_two(typing: Any, shifted: Any) -> tuple[Any, Builder]:
    """2^n for a whole number n that stands in the low bits, as ``decay`` leaves it."""

    def build(context: Any, builder: Any, signature: Any, arguments: Any) -> Any:
        bits = builder.bitcast(arguments[0], _WHOLE)
        bias, place = (ir.Constant(_WHOLE, [n] * LANES) for n in (1023, 52))
        return builder.bitcast(builder.shl(builder.add(bits, bias), place), _VECTOR)

    return LANES_TYPE(shifted), build


# How eight rows become eight columns in three steps: distance of the rows that are mixed, and
# which of their 16 values the first and the second of them get.
_MIXED = (
    (1, (0, 8, 2, 10, 4, 12, 6, 14), (1, 9, 3, 11, 5, 13, 7, 15)),
    (2, (0, 1, 8, 9, 4, 5, 12, 13), (2, 3, 10, 11, 6, 7, 14, 15)),
    (4, (0, 1, 2, 3, 8, 9, 10, 11), (4, 5, 6, 7, 12, 13, 14, 15)),
)


@intrinsic  # type: ignore[untyped-decorator]
def transposed(typing: Any, rows: Any) -> tuple[Any, Builder]:
    """Eight times eight lanes, rows for columns."""

    def build(context: Any, builder: Any, signature: Any, arguments: Any) -> Any:
        x = [builder.extract_value(arguments[0], n) for n in range(LANES)]
        kind = ir.VectorType(ir.IntType(32), LANES)
        for apart, first, second in _MIXED:
            for n in (n for n in range(LANES) if not n & apart):
                a, b = x[n], x[n + apart]
                x[n] = builder.shuffle_vector(a, b, ir.Constant(kind, first))
                x[n + apart] = builder.shuffle_vector(a, b, ir.Constant(kind, second))
        return context.make_tuple(builder, signature.return_type, x)

    kind = types.UniTuple(LANES_TYPE, LANES)
    return kind(kind), build


def _operation(sign: Callable[[Any, Any], Any], name: str) -> None:
    """Teach Numba one of + - * / for eight doubles, and for eight and one."""

    @intrinsic  # type: ignore[untyped-decorator]
    def both(typing: Any, x: Any, y: Any) -> tuple[Any, Builder]:
        def build(context: Any, builder: Any, signature: Any, arguments: Any) -> Any:
            return getattr(builder, name)(*arguments, flags=_FUSED)

        return LANES_TYPE(LANES_TYPE, LANES_TYPE), build

    @overload(sign, inline="always", strict=False, jit_options=OPTIONS)  # type: ignore[untyped-decorator]
    def chosen(x: Any, y: Any) -> Callable[[Any, Any], Any] | None:
        eight = isinstance(x, LanesType), isinstance(y, LanesType)
        if eight == (True, True):
            return lambda x, y: both(x, y)
        if eight == (True, False) and isinstance(y, types.Float):
            return lambda x, y: both(x, splat(y))
        if eight == (False, True) and isinstance(x, types.Float):
            return lambda x, y: both(splat(x), y)
        return None


for _sign, _name in (
    (operator.add, "fadd"),
    (operator.sub, "fsub"),
    (operator.mul, "fmul"),
    (operator.truediv, "fdiv"),
):
    _operation(_sign, _name)


@inlined
def least(x: Any, y: Any) -> Any:
    """The smaller in every lane."""
    return where_less(x, y, x, y)


@inlined
def most(x: Any, y: Any) -> Any:
    """The larger in every lane."""
    return where_less(x, y, y, x)


@inlined
def size_of(x: Any) -> Any:
    """Without its sign."""
    return most(x, splat(0.0) - x)


@inlined
def summed(x: Any) -> float:
    """Sum of the lanes, always in the same order."""
    a = (lane(x, 0) + lane(x, 4)) + (lane(x, 2) + lane(x, 6))
    b = (lane(x, 1) + lane(x, 5)) + (lane(x, 3) + lane(x, 7))
    total: float = a + b
    return total


@inlined
def decays(x: Any) -> Any:
    """``decay`` in every lane."""
    kept = most(x, splat(SMALLEST))
    shifted = kept * LOG2_E + ROUNDER
    whole = shifted - ROUNDER
    r = (kept - whole * LOG2_HIGH) - whole * LOG2_LOW
    p = series(r)
    return where_less(x, splat(SMALLEST), splat(0.0), p * _power_of_two(shifted))


@inlined
def strided(array: Any, at: int, step: int) -> Any:
    """Eight values of a flat array, ``step`` apart."""
    return joined(
        array[at],
        array[at + step],
        array[at + 2 * step],
        array[at + 3 * step],
        array[at + 4 * step],
        array[at + 5 * step],
        array[at + 6 * step],
        array[at + 7 * step],
    )
