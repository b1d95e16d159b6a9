"""Several writes as one: their transaction begins with the first and ends with the block.

What is computed before the first write holds no lock. The engine that stands for them is handed on
like any other, so a function that writes by itself writes here as a part of the whole.
"""

from __future__ import annotations

from collections.abc import Callable
from contextlib import AbstractContextManager, ExitStack
from types import TracebackType
from typing import Self

from sqlalchemy import Connection, Engine

OPTION = "antagonist_whole"


class Whole:
    """Writes that hold together. begin: their transaction; entered once, by the first write.

    engine: whoever reads and writes by it does so within the transaction, once that has begun.
    """

    def __init__(
        self, engine: Engine, begin: Callable[[], AbstractContextManager[Connection]]
    ) -> None:
        self.engine: Engine = engine.execution_options(**{OPTION: self})
        self.connection: Connection | None = None
        self._begin, self._open = begin, ExitStack()
        self._broken, self._later = False, list[Callable[[], object]]()

    def __enter__(self) -> Self:
        return self

    def __exit__(
        self,
        kind: type[BaseException] | None,
        error: BaseException | None,
        trace: TracebackType | None,
    ) -> None:
        try:
            self._open.__exit__(kind, error, trace)
        finally:
            self.connection, self._broken = None, True

    def begun(self) -> Connection:
        """The transaction. Raises RuntimeError where a part has failed, or the whole has ended."""
        if self._broken:
            raise RuntimeError("a part of the whole failed, or the whole has ended")
        if self.connection is None:
            self.connection = self._open.enter_context(self._begin())
        return self.connection

    def fail(self) -> None:
        """A part failed, and may have been half done."""
        self._broken = True

    def later(self, do: Callable[[], object]) -> None:
        """Do something once the transaction has ended well."""
        self._later.append(do)

    def follow_up(self) -> None:
        """What waited for the end: all of it, in order, though one raises."""
        with ExitStack() as rest:
            for do in reversed(self._later):
                rest.callback(do)


def whole_of(engine: Engine) -> Whole | None:
    """The whole that an engine stands for; None = each transaction is by itself."""
    found: Whole | None = engine.get_execution_options().get(OPTION)
    return found


def alone(engine: Engine) -> Engine:
    """The same database outside the whole: for what stays or goes on whatever becomes of it."""
    return engine.execution_options(**{OPTION: None}) if whole_of(engine) else engine


def afterwards(engine: Engine, do: Callable[[], object]) -> None:
    """Do something once what was written has ended well: now, where it is in no whole."""
    found = whole_of(engine)
    if found is None:
        do()
    else:
        found.later(do)
