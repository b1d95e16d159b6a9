"""Compile the loops to one object file for this processor. Run at set-up; needs Numba.

python -m antagonist.pharmacology.kernel.compiled.build
"""

from __future__ import annotations

import json
import sys
from importlib import import_module
from typing import Any

import llvmlite.binding as llvm

from antagonist.pharmacology.kernel.compiled.entries import ENTRIES
from antagonist.pharmacology.kernel.compiled.store import Processor, folders, keep, kept

NOTICE = "Compiling the kernel for this processor, once: about half a minute."


def object_file(processor: Processor) -> bytes:
    """The object file of all loops, with their symbols' names before it (one line of JSON)."""
    from numba import cfunc, types

    from antagonist.pharmacology.kernel.compiled.options import OPTIONS

    kinds: dict[str, Any] = {
        "f": types.CPointer(types.float64),
        "i": types.CPointer(types.int64),
        "b": types.CPointer(types.uint8),
        "n": types.int64,
        "x": types.float64,
    }
    processor.ready()
    whole, symbols = llvm.parse_assembly(""), {}
    for name, (module, arguments) in ENTRIES.items():
        loop = getattr(import_module(f"{__package__}.{module}"), name)
        options = {key: value for key, value in OPTIONS.items() if key != "nogil"}
        entry = cfunc(types.void(*(kinds[a] for a in arguments)), **options)(loop)
        whole.link_in(llvm.parse_assembly(entry.inspect_llvm()))
        symbols[name] = entry.native_name
    whole.verify()
    code: bytes = processor.machine().emit_object(whole)
    return json.dumps(symbols).encode() + b"\n" + code


def build(processor: Processor) -> bytes:
    """Compile and keep the loops; returns what was kept.

    Where they cannot be kept, it says so: every later start compiles again.
    """
    content = object_file(processor)
    if keep(processor, content) is None:
        places = " or ".join(str(folder) for folder in folders())
        print(
            f"The compiled kernel cannot be kept in {places}: every start compiles it again.",
            file=sys.stderr,
        )
    return content


def main() -> None:
    """Compile and keep the loops unless that has been done."""
    processor = Processor.this()
    if kept(processor) is None:
        print(NOTICE, flush=True)
        build(processor)


if __name__ == "__main__":
    main()
