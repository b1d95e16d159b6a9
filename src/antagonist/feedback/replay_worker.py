"""A process that answers decisions on the data it was started with: JSON lines in, JSON lines out.

``replay`` starts it with the variables of ``contents.VARIABLES`` set to unpacked bundles.
"""

from __future__ import annotations

import json
import os
import subprocess
import sys
import tempfile
from collections.abc import Mapping
from pathlib import Path
from types import TracebackType
from typing import IO, Any, Self

from antagonist.foundation.errors import InputError

_PACKAGES = str(Path(__file__).parents[2])


class Worker:
    """A running worker. variables: environment that names its data folders."""

    def __init__(self, variables: Mapping[str, str]) -> None:
        path = os.pathsep.join(p for p in (_PACKAGES, os.environ.get("PYTHONPATH")) if p)
        self._errors: IO[bytes] = tempfile.TemporaryFile()  # noqa: SIM115 closed in __exit__
        self._process = subprocess.Popen(
            [sys.executable, "-m", "antagonist.feedback.replay_worker"],
            env={**os.environ, "PYTHONPATH": path, **variables},
            stdin=subprocess.PIPE,
            stdout=subprocess.PIPE,
            stderr=self._errors,
            encoding="utf-8",
        )

    def __enter__(self) -> Self:
        return self

    def __exit__(
        self,
        _kind: type[BaseException] | None,
        _error: BaseException | None,
        _trace: TracebackType | None,
    ) -> None:
        if self._process.poll() is None:
            self._process.kill()
        self._process.communicate()
        self._errors.close()

    def answered(
        self, what: str, asked: Any, inputs: Any, clinic: Path | None = None
    ) -> dict[str, Any]:
        """The result of a decision on the worker's data.

        Raises InputError for what the worker cannot answer, and where it has ended.
        """
        line = json.dumps([what, asked, inputs, None if clinic is None else str(clinic)])
        assert self._process.stdin is not None
        assert self._process.stdout is not None
        try:
            self._process.stdin.write(f"{line}\n")
            self._process.stdin.flush()
        except BrokenPipeError:
            raise self._ended() from None
        reply = self._process.stdout.readline()
        if not reply:
            raise self._ended()
        found = json.loads(reply)
        if "error" in found:
            raise InputError("replay", "decision", None, found["error"])
        return dict(found["result"])

    def _ended(self) -> InputError:
        self._process.wait()
        self._errors.seek(0)
        said = self._errors.read().decode(errors="replace").strip().splitlines()
        last = said[-1] if said else f"it ended with {self._process.returncode}"
        return InputError("replay", "worker", None, f"a process that answers: {last}")


def why(error: Exception) -> str:
    """An error in words, for a report."""
    return str(error) if isinstance(error, InputError) else f"{type(error).__name__}: {error}"


def main() -> None:
    """Answer every line of standard input until it ends."""
    from antagonist.feedback.answering import answered

    for line in sys.stdin:
        what, asked, inputs, clinic = json.loads(line)
        reply: dict[str, Any]
        try:
            folder = None if clinic is None else Path(clinic)
            reply = {"result": answered(what, asked, inputs, folder)}
        except Exception as error:  # whatever it is, it is this decision's: the next may run
            reply = {"error": why(error)}
        sys.stdout.write(f"{json.dumps(reply)}\n")
        sys.stdout.flush()


if __name__ == "__main__":
    main()
