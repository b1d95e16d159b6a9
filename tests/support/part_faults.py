"""Faults within an action of a clinic: counted, raised at one place, and what they left."""

from __future__ import annotations

import json
import re
import threading
from collections import Counter
from collections.abc import Callable, Iterator, Mapping
from contextlib import contextmanager
from dataclasses import dataclass, field
from functools import lru_cache
from typing import Any
from unittest.mock import patch

from sqlalchemy import Engine, Table, event, select
from sqlalchemy.exc import OperationalError

import antagonist.feedback.today_tables  # noqa: F401  (its table joins the record's)
from antagonist.feedback import tables as record_tables
from antagonist.feedback.database import reading
from antagonist.web.accounts import tables as clinic_tables

WRITES = re.compile(r"\s*(INSERT|UPDATE|DELETE)\b", re.IGNORECASE)
BEHIND = ("report-", "beat-")  # threads of work that goes on after an answer
WRITE, COMMIT = "write", "commit"
SHORT = 2  # writes
# Columns that a failed action may change, and why:
CHANGING: Mapping[str, tuple[str, ...]] = {
    "sessions": ("digest", "seen_at"),  # goes on under a new value once the password fitted
    "contents": ("content",),  # changes nothing that its hash does not say; large
}
# Tables that may differ, and why:
STAYS = frozenset(
    ("attempts",  # what was tried counts, whatever became of it
     "audit")  # the door's line was written before; looked at by ``Picture.lines``
)  # fmt: skip
Rows = Counter[tuple[Any, ...]]


class PartError(RuntimeError):
    """Something unforeseen within an action."""


@dataclass
class Faults:
    """Writes and commits of requests on an engine, in order; raises at one of them.

    at: number of the place, from 0; None = nowhere. places: those passed.
    """

    engine: Engine
    at: int | None = None
    places: list[str] = field(default_factory=list)
    fired: bool = False
    _dirty: bool = False

    def begin(self, at: int | None) -> None:
        """Count anew."""
        self.at, self.places, self.fired, self._dirty = at, [], False, False

    def _here(self, place: str) -> bool:
        here = len(self.places) == self.at
        self.places.append(place)
        self.fired |= here
        return here

    def statement(self, *told: Any) -> None:
        """Before a statement is executed."""
        if WRITES.match(told[2]) and not threading.current_thread().name.startswith(BEHIND):
            self._dirty = True
            if self._here(WRITE):
                raise PartError

    def commit(self, _connection: Any) -> None:
        """Before a transaction is committed. A full disk shows here."""
        if not self._dirty or threading.current_thread().name.startswith(BEHIND):
            return
        self._dirty = False
        if self._here(COMMIT):
            raise OperationalError("COMMIT", {}, Exception("disk I/O error"))

    def rollback(self, _connection: Any) -> None:
        """What was written is gone."""
        self._dirty = False


@contextmanager
def faults_in(engine: Engine) -> Iterator[Faults]:
    """Listen to an engine."""
    found = Faults(engine)
    listened: tuple[tuple[str, Callable[..., None]], ...] = (
        ("before_cursor_execute", found.statement),
        ("commit", found.commit),
        ("rollback", found.rollback),
    )
    for name, do in listened:
        event.listen(engine, name, do)
    try:
        yield found
    finally:
        for name, do in listened:
            event.remove(engine, name, do)


@contextmanager
def lost_after_commit(faults: Faults, number: int) -> Iterator[None]:
    """The answer to a commit is lost: it was done, and nobody is told. number: which, from 1."""
    dialect, waiting = faults.engine.dialect, True
    commits = dialect.do_commit

    def committing(connection: Any) -> None:
        nonlocal waiting
        commits(connection)
        if waiting and faults.places.count(COMMIT) == number:
            waiting = False
            raise OperationalError("COMMIT", {}, Exception("server closed the connection"))

    with patch.object(dialect, "do_commit", committing):
        yield
    assert not waiting


def chosen(places: list[str], first: int) -> list[int]:
    """Where to raise: of each transaction its first, middle and last write, and its commit.

    Of a short one before the last, such as an attempt that is counted, at its commit only.
    first: places before it are passed over.
    """
    assert places[-1] == COMMIT, "a write that nobody committed"
    found, writes = [], list[int]()
    for n in range(first, len(places)):
        if places[n] == WRITE:
            writes.append(n)
            continue
        if len(writes) > SHORT or n == len(places) - 1:
            found += sorted({writes[0], writes[len(writes) // 2], writes[-1]})
        found.append(n)
        writes = []
    return found


@dataclass(frozen=True)
class Picture:
    """All tables of a clinic at one moment. lines: of the audit, action, outcome, patient, more."""

    tables: Mapping[str, Rows]
    lines: Counter[tuple[str, str, str | None, bool]]

    def since(self, before: Picture) -> Mapping[str, tuple[int, int]]:
        """By table how many rows are new and how many are gone."""
        found = {}
        for name, rows in self.tables.items():
            new, gone = rows - before.tables[name], before.tables[name] - rows
            if new or gone:
                found[name] = (new.total(), gone.total())
        return found


def picture(engine: Engine) -> Picture:
    """Every table as it is."""
    with reading(engine) as connection:
        found = {
            name: Counter(connection.exec_driver_sql(query).cursor.fetchall())
            for name, query in _queries().items()
        }
        lines = Counter(
            (row.action, row.outcome, row.patient, bool(json.loads(row.detail).keys() - {"route"}))
            for row in connection.execute(clinic_tables.audit.select())
        )
    return Picture(found, lines)


@lru_cache(maxsize=1)
def _queries() -> Mapping[str, str]:
    """How each table is read."""
    every: tuple[Table, ...] = (
        *record_tables.metadata.sorted_tables,
        *clinic_tables.metadata.sorted_tables,
    )
    return {
        table.name: str(select(*(c for c in table.c if c.name not in CHANGING.get(table.name, ()))))
        for table in every
        if table.name not in STAYS
    }
