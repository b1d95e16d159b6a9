"""Reading much, all of it as of one moment, without holding it in memory."""

from __future__ import annotations

from collections.abc import Iterator
from contextlib import contextmanager
from typing import Any

from sqlalchemy import Connection, Engine

from antagonist.feedback.database import SQLITE, reading

ROWS_AT_ONCE = 200


@contextmanager
def snapshot(engine: Engine) -> Iterator[Connection]:
    """A transaction that only reads; every query in it sees the database as the first one did."""
    with reading(engine) as connection:
        if engine.dialect.name != SQLITE:
            # PostgreSQL by default lets each query see what was written since the one before.
            connection.exec_driver_sql("SET TRANSACTION ISOLATION LEVEL REPEATABLE READ READ ONLY")
        yield connection


def streamed(connection: Connection, query: Any) -> Iterator[tuple[Any, ...]]:
    """Rows of a query as plain tuples, a few hundred in memory at once."""
    result = connection.execution_options(stream_results=True).execute(query)
    while rows := result.fetchmany(ROWS_AT_ONCE):
        yield from rows
