"""Whether somebody else has a database open: a server that runs, a job, a console."""

from __future__ import annotations

import sqlite3
from contextlib import closing

from sqlalchemy import Engine, text

from antagonist.feedback.database import SQLITE, reading
from antagonist.foundation.errors import InputError

PROBE_S = 0.2  # a connection that is open stays so; only one that is closing is waited for
OTHERS = text(
    "SELECT count(*) FROM pg_stat_activity WHERE datname = current_database()"
    " AND backend_type = 'client backend' AND pid <> pg_backend_pid()"
)


def refuse_shared(engine: Engine) -> None:
    """Raises InputError where another connection to the database is open, of this process too."""
    engine.dispose()  # our own that lie idle
    if _is_shared(engine):
        allowed = "a database that nobody else has open: stop the server and its timers first"
        raise InputError("record", "database", None, f"{allowed}; nothing was written")


def _is_shared(engine: Engine) -> bool:
    if engine.dialect.name != SQLITE:
        with reading(engine) as connection:
            return bool(connection.execute(OTHERS).scalar())
    # Whoever has the file open holds a shared lock on it, as long as it has a write-ahead log.
    path = str(engine.url.database)
    with closing(sqlite3.connect(path, timeout=PROBE_S, isolation_level=None)) as probe:
        try:
            probe.execute("PRAGMA locking_mode=EXCLUSIVE")
            probe.execute("BEGIN IMMEDIATE")
            probe.execute("ROLLBACK")
        except sqlite3.DatabaseError as error:
            if "locked" in str(error):
                return True
            allowed = f"a database that answers ({error})"
            raise InputError("record", "database", None, allowed) from None
    return False
