"""What is called compiled is there, takes what it is given and calls nothing that is missing."""

from __future__ import annotations

import ctypes
import inspect
import json
import struct
import sys
from collections.abc import Iterator
from importlib import import_module

import llvmlite.binding as llvm
import pytest

from antagonist.pharmacology.kernel import compiled
from antagonist.pharmacology.kernel.compiled.entries import ENTRIES
from antagonist.pharmacology.kernel.compiled.load import machine_code
from antagonist.pharmacology.kernel.compiled.store import Processor

TYPES = {"f": "Any", "s": "Any", "i": "Any", "b": "Any", "n": "int", "x": "float"}


@pytest.mark.parametrize("name", ENTRIES)
def test_every_loop_takes_the_arguments_it_is_called_with(name: str) -> None:
    module, kinds = ENTRIES[name]
    loop = getattr(import_module(f"{compiled.__name__}.{module}"), name)
    told = [p.annotation for p in inspect.signature(loop).parameters.values()]
    assert told == [TYPES[kind] for kind in kinds]


def undefined_symbols(code: bytes) -> Iterator[str]:
    """Names that an ELF file of 64 bits needs from elsewhere."""
    sections = {s.name(): s.data() for s in llvm.ObjectFileRef.from_data(code).sections()}
    names = sections[b".strtab"]
    for name, _, _, section, _, _ in struct.iter_unpack("<IBBHQQ", sections[b".symtab"]):
        if section == 0 and name:
            yield names[name : names.index(b"\0", name)].decode()


@pytest.mark.skipif(sys.platform != "linux", reason="reads an ELF file")
def test_the_object_file_needs_only_what_is_there() -> None:
    # A call of anything else would end the process.
    symbols, _, code = machine_code(Processor.this()).partition(b"\n")
    assert set(json.loads(symbols)) == set(ENTRIES)
    process = ctypes.CDLL(None)
    wanted = set(undefined_symbols(code))
    assert "memset" in wanted or "exp" in wanted, "no symbols were read"
    assert {name for name in wanted if not hasattr(process, name)} == set()
