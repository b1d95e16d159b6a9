"""The compiled loops as functions of Python. Without Numba: its import alone takes longer."""

from __future__ import annotations

import ctypes
import json
import sys
from collections.abc import Callable, Mapping
from functools import lru_cache
from threading import Lock
from typing import Any

import llvmlite.binding as llvm
import numpy as np

from antagonist.pharmacology.kernel.compiled.entries import ENTRIES
from antagonist.pharmacology.kernel.compiled.store import Processor, kept

Loop = Callable[..., None]
_KINDS: Mapping[str, Any] = {
    "f": ctypes.c_void_p,
    "s": ctypes.c_void_p,
    "i": ctypes.c_void_p,
    "b": ctypes.c_void_p,
    "n": ctypes.c_int64,
    "x": ctypes.c_double,
}
_TYPES = {
    "f": np.dtype(np.float64),
    "s": np.dtype(np.float32),
    "i": np.dtype(np.int64),
    "b": np.dtype(np.uint8),
}
# Loops are wanted by several threads at once, and a second engine would be dropped while in use.
_ONE_AT_A_TIME = Lock()


def machine_code(processor: Processor) -> bytes:
    """The loops as they have been kept, else compiled now."""
    found = kept(processor)
    if found is not None:
        return found
    from antagonist.pharmacology.kernel.compiled.build import NOTICE, build

    if sys.stderr.isatty():
        print(NOTICE, file=sys.stderr)
    return build(processor)


@lru_cache(maxsize=1)
def _engine() -> tuple[Any, Mapping[str, str]]:
    processor = Processor.this()
    processor.ready()
    symbols, _, code = machine_code(processor).partition(b"\n")
    engine = llvm.create_mcjit_compiler(llvm.parse_assembly(""), processor.machine())
    engine.add_object_file(llvm.ObjectFileRef.from_data(code))
    engine.finalize_object()
    return engine, json.loads(symbols)


def _pointer(kind: str, value: Any) -> Any:
    if kind in "nx":
        return value
    if value.dtype != _TYPES[kind] or not value.flags.c_contiguous:
        raise TypeError(f"an array of {value.dtype} where {_TYPES[kind]} in order is needed")
    return value.ctypes.data


@lru_cache(maxsize=16)
def loop(name: str) -> Loop:
    """A compiled loop by name. It takes arrays and numbers as ENTRIES says, and holds no lock.

    The function raises TypeError for an array of the wrong type or order; shapes are the caller's.
    """
    with _ONE_AT_A_TIME:
        engine, symbols = _engine()
    kinds = ENTRIES[name][1]
    raw = ctypes.CFUNCTYPE(None, *(_KINDS[k] for k in kinds))(
        engine.get_function_address(symbols[name])
    )

    def call(*arguments: Any) -> None:
        raw(*(_pointer(k, a) for k, a in zip(kinds, arguments, strict=True)))

    return call
