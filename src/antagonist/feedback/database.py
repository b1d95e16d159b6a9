"""The database under a record: SQLite by default, PostgreSQL by URL, the same tables in both."""

from __future__ import annotations

from collections.abc import Callable, Iterator, Sequence
from contextlib import closing, contextmanager
from dataclasses import dataclass
from pathlib import Path
from typing import Any

from alembic import command
from alembic.config import Config
from alembic.migration import MigrationContext
from alembic.script import ScriptDirectory
from alembic.util.exc import CommandError
from sqlalchemy import Connection, Engine, create_engine, event, text
from sqlalchemy.engine import make_url
from sqlalchemy.exc import ArgumentError, DBAPIError, OperationalError

from antagonist.feedback.whole import Whole, alone, whole_of
from antagonist.foundation.errors import InputError

# On a busy machine many may wait for one another; SQLite serves those who wait in no order.
BUSY_MS = 15_000
# A server answers 40 requests at a time, and each may need one connection to the file.
SQLITE_POOL = {"pool_size": 10, "max_overflow": 30}
SQLITE = "sqlite"
LOST = "a connection that holds: it may be written; send the same request with the same key"
# One lock for whoever appends to the log: "antagonist" in the keys of PostgreSQL's advisory locks.
LOG_LOCK = 0x616E7467


@dataclass(frozen=True, slots=True)
class Migrations:
    """A set of tables that changes together.

    path: folder of its migrations. version_table: holds its revision. command: brings it up.
    """

    path: Path
    version_table: str
    command: str


RECORD = Migrations(
    Path(__file__).parent / "migrations", "alembic_version", "antagonist record migrate"
)


def engine_of(url: str) -> Engine:
    """An engine for a database.

    url: ``sqlite:///path`` or ``postgresql://...``. SQLite runs with a write-ahead log and full
    synchronisation: what a call has returned is on the disk.
    Raises InputError for a URL that is neither.
    """
    try:
        parsed = make_url(url)
    except ArgumentError:
        raise InputError("record", "database", url, "a database URL") from None
    if parsed.get_backend_name() == "postgresql":
        return create_engine(parsed.set(drivername="postgresql+psycopg"), pool_pre_ping=True)
    if parsed.get_backend_name() != SQLITE or parsed.database in (None, "", ":memory:"):
        raise InputError("record", "database", url, "sqlite:///FILE or postgresql://...")
    engine = create_engine(parsed, **SQLITE_POOL)
    event.listen(engine, "connect", _prepare_sqlite)
    event.listen(engine, "begin", _begin_sqlite)
    return engine


@contextmanager
def engine_on(url: str) -> Iterator[Engine]:
    """``engine_of`` a database, whose connections are given back at the end of the block."""
    engine = engine_of(url)
    try:
        yield engine
    finally:
        engine.dispose()


def _prepare_sqlite(connection: Any, _record: Any) -> None:
    connection.isolation_level = None  # transactions are begun by hand, see _begin_sqlite
    for pragma in (
        "journal_mode=WAL",
        "synchronous=FULL",
        "foreign_keys=ON",
        "secure_delete=ON",  # an erased key leaves no copy in a freed page
        f"busy_timeout={BUSY_MS}",
    ):
        connection.execute(f"PRAGMA {pragma}")


def _begin_sqlite(connection: Connection) -> None:
    mode = connection.get_execution_options().get("begin", "DEFERRED")
    connection.exec_driver_sql(f"BEGIN {mode}")


@contextmanager
def reading(engine: Engine) -> Iterator[Connection]:
    """A transaction that only reads, all of one moment. Errors become one clear InputError.

    Of an engine that stands for a whole: what that has written so far is read too.
    """
    here = whole_of(engine)
    if here is not None and here.connection is not None:
        with _clear_errors():
            yield here.connection
        return
    with _clear_errors(), engine.connect() as plain:
        connection = plain
        if engine.dialect.name != SQLITE:
            connection = plain.execution_options(isolation_level="REPEATABLE READ")
        with connection.begin():
            yield connection


@contextmanager
def writing(engine: Engine) -> Iterator[Connection]:
    """A transaction that may append to the log: all or nothing, and nobody else does meanwhile."""
    with changing(engine) as connection:
        if engine.dialect.name != SQLITE:
            connection.execute(text("SELECT pg_advisory_xact_lock(:key)"), {"key": LOG_LOCK})
        yield connection


@contextmanager
def changing(engine: Engine) -> Iterator[Connection]:
    """A transaction that may write other tables than the record's: all of it or nothing.

    Of an engine that stands for a whole: a part of that, which ends with it.
    """
    here = whole_of(engine)
    if here is not None:
        with _clear_errors(), _part_of(here) as connection:
            yield connection
        return
    with _clear_errors(), engine.connect() as plain:
        connection = plain.execution_options(begin="IMMEDIATE")
        with connection.begin():
            if engine.dialect.name != SQLITE:
                connection.execute(text(f"SET LOCAL lock_timeout = {BUSY_MS}"))
            yield connection


def analyzed(engine: Engine) -> None:
    """Have the database look at its rows, after very many were written at once.

    Until then PostgreSQL plans as for empty tables and reads them whole. Source: its manual,
    'Populating a database'.
    """
    if engine.dialect.name != SQLITE:
        with _clear_errors(), engine.connect() as connection:
            connection.execution_options(isolation_level="AUTOCOMMIT").execute(text("ANALYZE"))


def leave_no_copies(engine: Engine, tables: Sequence[str], *, rewrite: bool = False) -> None:
    """Take what was deleted out of the database's own files, as far as the database can.

    tables: whose rows they were. rewrite: PostgreSQL writes the tables anew; else it frees rows.
    """
    if engine.dialect.name == SQLITE:
        with closing(engine.raw_connection()) as raw:
            raw.cursor().execute("PRAGMA wal_checkpoint(TRUNCATE)")
        return
    plain = engine.execution_options(isolation_level="AUTOCOMMIT")
    with plain.connect() as connection:
        connection.exec_driver_sql(f"VACUUM {'FULL ' if rewrite else ''}{', '.join(tables)}")


@contextmanager
def _part_of(here: Whole) -> Iterator[Connection]:
    connection = here.begun()
    try:
        yield connection
    except BaseException:
        here.fail()
        raise


def together(engine: Engine, first: Callable[[Connection], None]) -> Whole:
    """Writes that hold together, for a ``with`` block; its end commits them, or none of them.

    first: what the transaction begins with, such as a key that only one request may take.
    """

    @contextmanager
    def begin() -> Iterator[Connection]:
        with changing(alone(engine)) as connection:
            first(connection)
            yield connection

    return Whole(engine, begin)


@contextmanager
def _clear_errors() -> Iterator[None]:
    try:
        yield
    except OperationalError as error:
        raise InputError("record", "database", None, _plainly(str(error.orig))) from error
    except DBAPIError as error:
        if error.connection_invalidated:
            raise InputError("record", "database", None, LOST) from error
        raise


def _plainly(message: str) -> str:
    """What a database error means for the one who reads it; nothing was written."""
    if "locked" in message or "busy" in message or "lock timeout" in message:
        return "a database that is free: another program holds it; nothing was written"
    if "closed the connection" in message or "terminating connection" in message:
        return LOST
    if "full" in message or "No space left" in message:
        return "space on the disk; nothing was written"
    return f"a database that answers ({message.splitlines()[0]}); nothing was written"


def _config(engine: Engine, of: Migrations) -> Config:
    config = Config()
    config.set_main_option("script_location", str(of.path))
    config.attributes["engine"] = engine
    config.attributes["version_table"] = of.version_table
    return config


def migrate(engine: Engine, revision: str = "head", of: Migrations = RECORD) -> None:
    """Bring tables to a revision, up or down. Raises InputError for an unknown one."""
    config = _config(engine, of)
    try:
        if revision == "head" or not _is_older(engine, revision, of):
            command.upgrade(config, revision)
        else:
            command.downgrade(config, revision)
    except CommandError as error:
        raise InputError("record", "revision", revision, str(error)) from None


def _is_older(engine: Engine, revision: str, of: Migrations) -> bool:
    here = current_revision(engine, of)
    if revision == "base":
        return True
    script = ScriptDirectory.from_config(_config(engine, of))
    below = [] if here is None else [s.revision for s in script.iterate_revisions(here, "base")]
    return revision in below and revision != here


def current_revision(engine: Engine, of: Migrations = RECORD) -> str | None:
    """Revision of the database's tables; None = it has none."""
    with reading(engine) as connection:
        options = {"version_table": of.version_table}
        return MigrationContext.configure(connection, opts=options).get_current_revision()


def check_revision(engine: Engine, of: Migrations = RECORD) -> None:
    """Raises InputError where the tables are not those of this version, saying what to do."""
    here = current_revision(engine, of)
    script = ScriptDirectory.from_config(_config(engine, of))
    head = script.get_current_head()
    if here == head:
        return
    known = {found.revision for found in script.walk_revisions()}
    if here is not None and here not in known:
        allowed = f"tables of revision {head} or older: a newer Antagonist wrote this database"
    else:
        allowed = f"tables of revision {head}: run '{of.command}'"
    raise InputError("record", "database", here or "no tables", allowed)
