"""Compile the loops to one object file for this processor. Run at set-up; needs Numba.

python -m antagonist.pharmacology.kernel.compiled.build
"""

from __future__ import annotations

import json
import sys
from concurrent.futures import ProcessPoolExecutor
from importlib import import_module
from multiprocessing import get_context
from typing import Any

import llvmlite.binding as llvm

from antagonist.pharmacology.kernel.compiled.entries import ENTRIES
from antagonist.pharmacology.kernel.compiled.store import Processor, folders, keep, kept
from antagonist.pharmacology.kernel.parallel import cores

# Numba's way of raising errors and of counting references from C. The loops do neither, so these
# are never called; they end the process. Defined in the object file and nowhere else: a name told
# to LLVM would hold for the whole process, also for whoever uses Numba in it.
_NEVER_CALLED = (
    "numba_gil_ensure",
    "numba_gil_release",
    "numba_unpickle",
    "numba_do_raise",
    "numba_runtime_build_excinfo_struct",
    "NRT_Free",
    "NRT_MemInfo_call_dtor",
    "NRT_incref",
    "NRT_decref",
)
_END = """
@why = private constant [23 x i8] c"a compiled loop failed\\00"
declare void @Py_FatalError(ptr)
define void @{name}() {{
  call void @Py_FatalError(ptr @why)
  unreachable
}}
"""

NOTICE = "Compiling the kernel for this processor, once: about half a minute."


def _complete(whole: llvm.ModuleRef) -> None:
    """Define what is never called. Raises ValueError where a loop needs more of Numba than that."""
    declared = {function.name for function in whole.functions if function.is_declaration}
    numbas = {name for name in declared if name.startswith(("numba_", "NRT_"))}
    if not numbas <= set(_NEVER_CALLED):
        raise ValueError(f"the loops call {sorted(numbas - set(_NEVER_CALLED))} of Numba")
    for name in sorted(numbas):
        whole.link_in(llvm.parse_assembly(_END.format(name=name)))
        whole.get_function(name).linkage = "internal"


def _written(name: str) -> tuple[str, str]:
    """A loop's symbol, and the loop with all it calls as LLVM's instructions."""
    from numba import cfunc, types

    from antagonist.pharmacology.kernel.compiled.options import OPTIONS

    kinds: dict[str, Any] = {
        "f": types.CPointer(types.float64),
        "s": types.CPointer(types.float32),
        "i": types.CPointer(types.int64),
        "b": types.CPointer(types.uint8),
        "n": types.int64,
        "x": types.float64,
    }
    module, arguments = ENTRIES[name]
    loop = getattr(import_module(f"{__package__}.{module}"), name)
    options = {key: value for key, value in OPTIONS.items() if key != "nogil"}
    entry = cfunc(types.void(*(kinds[a] for a in arguments)), **options)(loop)
    return entry.native_name, entry.inspect_llvm()


def object_file(processor: Processor, *, processes: int = 1) -> bytes:
    """The object file of all loops, with their symbols' names before it (one line of JSON)."""
    # What takes most arguments takes longest.
    names = sorted(ENTRIES, key=lambda name: -len(ENTRIES[name][1]))
    if processes > 1:
        with ProcessPoolExecutor(processes, get_context("spawn")) as pool:
            written = list(pool.map(_written, names))
    else:
        written = [_written(name) for name in names]
    processor.ready()
    whole = llvm.parse_assembly("")
    for _, instructions in written:
        whole.link_in(llvm.parse_assembly(instructions))
    _complete(whole)
    whole.verify()
    symbols = dict(zip(names, (symbol for symbol, _ in written), strict=True))
    code: bytes = processor.machine().emit_object(whole)
    return json.dumps(symbols).encode() + b"\n" + code


def build(processor: Processor, *, processes: int = 1) -> bytes:
    """Compile and keep the loops; returns what was kept.

    processes: more than one only where the main module can be imported by new processes.
    Where they cannot be kept, it says so: every later start compiles again.
    """
    content = object_file(processor, processes=processes)
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
        build(processor, processes=min(cores(), 2))


if __name__ == "__main__":
    main()
