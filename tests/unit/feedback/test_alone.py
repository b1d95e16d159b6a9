"""Whether somebody else has the database open: before keys are renewed nobody may."""

from __future__ import annotations

from collections.abc import Iterator
from pathlib import Path

import pytest
from sqlalchemy import Engine, text

from antagonist.feedback.alone import refuse_shared
from antagonist.feedback.database import engine_on, reading
from antagonist.foundation.errors import InputError


@pytest.fixture
def engine(record_url: str) -> Iterator[Engine]:
    """An engine with a connection that lies idle, as after opening the record."""
    with engine_on(record_url) as found:
        _used(found)
        yield found


def _used(engine: Engine) -> None:
    with reading(engine) as connection:
        connection.execute(text("SELECT count(*) FROM log")).scalar()


def test_ones_own_idle_connections_are_nobody_else(engine: Engine) -> None:
    refuse_shared(engine)
    _used(engine)


def test_a_server_that_is_idle_is_seen_until_it_stops(engine: Engine, record_url: str) -> None:
    with engine_on(record_url) as server:
        _used(server)
        with pytest.raises(InputError, match="stop the server"):
            refuse_shared(engine)
    refuse_shared(engine)


def test_a_file_that_is_no_database_is_told(tmp_path: Path) -> None:
    path = tmp_path / "no.db"
    path.write_text("no database at all" * 100)
    with engine_on(f"sqlite:///{path}") as engine, pytest.raises(InputError, match="answers"):
        refuse_shared(engine)
