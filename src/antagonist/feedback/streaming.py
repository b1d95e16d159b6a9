"""Reading much without holding it in memory."""

from __future__ import annotations

from collections.abc import Iterator
from typing import Any

from sqlalchemy import Connection

ROWS_AT_ONCE = 200  # more is slower: the rows no longer fit a processor's cache


def streamed(connection: Connection, query: Any) -> Iterator[Any]:
    """Rows of a query, a few hundred in memory at once."""
    result = connection.execution_options(stream_results=True).execute(query)
    while rows := result.fetchmany(ROWS_AT_ONCE):
        yield from rows
