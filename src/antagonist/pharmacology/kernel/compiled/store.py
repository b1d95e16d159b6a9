"""Where the compiled loops are kept: beside the package, or in the user's cache."""

from __future__ import annotations

import hashlib
import os
import sys
from collections.abc import Iterable
from contextlib import suppress
from dataclasses import dataclass
from pathlib import Path

import llvmlite
import llvmlite.binding as llvm

HERE = Path(__file__).parent


@dataclass(frozen=True)
class Processor:
    """What machine code is made for."""

    triple: str
    name: str
    features: str

    @staticmethod
    def this() -> Processor:
        """The processor that runs this."""
        features = llvm.get_host_cpu_features().flatten()
        return Processor(llvm.get_process_triple(), llvm.get_host_cpu_name(), features)

    def ready(self) -> None:
        """Make the compiler able to write for it."""
        llvm.initialize_native_target()
        llvm.initialize_native_asmprinter()

    def machine(self) -> llvm.TargetMachine:
        """The compiler's picture of it."""
        return llvm.Target.from_triple(self.triple).create_target_machine(
            cpu=self.name, features=self.features, opt=3, codemodel="jitdefault", jit=True
        )


def _digest(parts: Iterable[bytes]) -> str:
    told = hashlib.sha256()
    for part in parts:
        told.update(hashlib.sha256(part).digest())
    return told.hexdigest()[:16]


def _begin(processor: Processor) -> str:
    """What the names of all files for a processor begin with."""
    told = (processor.triple, processor.name, processor.features)
    return f"loops-{_digest(part.encode() for part in told)}-"


def file_name(processor: Processor) -> str:
    """Of the object file: changes with the loops, the compiler and the processor."""
    sources = [*sorted(HERE.glob("*.py")), HERE.parent / "limits.py"]
    told = [*(path.read_bytes() for path in sources), llvmlite.__version__.encode()]
    return f"{_begin(processor)}{_digest(told)}.bin"


def beside() -> Path:
    """The folder beside the package: there, one set-up serves all users of an installation."""
    return HERE / "built"


def folders() -> list[Path]:
    """Where the loops may be kept, the best place first."""
    cache = os.environ.get("LOCALAPPDATA") or os.environ.get("XDG_CACHE_HOME")
    try:
        if sys.platform == "darwin":
            cache = str(Path.home() / "Library" / "Caches")
        return [beside(), Path(cache or Path.home() / ".cache") / "antagonist"]
    except RuntimeError:  # a user without a home
        return [beside()]


def kept(processor: Processor) -> bytes | None:
    """The compiled loops, where they have been kept whole."""
    name = file_name(processor)
    for folder in folders():
        try:
            content = (folder / name).read_bytes()
        except OSError:
            continue
        digest, _, rest = content.partition(b"\n")
        if hashlib.sha256(rest).hexdigest().encode() == digest:
            return rest
    return None


def keep(processor: Processor, content: bytes) -> Path | None:
    """Keep compiled loops in the first folder that can be written; None where none can.

    Beside the package, what was kept of older loops for the same processor is removed.
    """
    whole = hashlib.sha256(content).hexdigest().encode() + b"\n" + content
    name = file_name(processor)
    for folder in folders():
        path = folder / name
        # Its own name for each writer: two that compile at once both finish, and no reader ever
        # sees half a file.
        part = folder / f"part-{os.getpid()}-{os.urandom(4).hex()}"
        try:
            folder.mkdir(parents=True, exist_ok=True)
            part.write_bytes(whole)
            part.replace(path)
        except OSError:
            with suppress(OSError):
                part.unlink()
            continue
        if folder == beside():
            _clear(processor, path)
        return path
    return None


def _clear(processor: Processor, newest: Path) -> None:
    for path in newest.parent.glob(f"{_begin(processor)}*.bin"):
        if path != newest:
            with suppress(OSError):
                path.unlink()
