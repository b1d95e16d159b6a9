"""What happens to a PostgreSQL server while a writer writes."""

from __future__ import annotations

import os
import signal
from contextlib import suppress

import psycopg
from sqlalchemy.engine import make_url
from tests.support.records import execute_postgres, postgres, wait_for_postgres

CLIENTS = "backend_type = 'client backend'"  # not the server's own workers


def backend_pid(url: str) -> int:
    """Process of the server that serves the writer, the only one connected to the database."""
    name = make_url(url).database
    query = f"SELECT pid FROM pg_stat_activity WHERE datname = '{name}' AND {CLIENTS}"
    ((pid,),) = execute_postgres(query)
    return int(pid)


def terminated(url: str) -> None:
    """The server ends the writer's connection."""
    execute_postgres(f"SELECT pg_terminate_backend({backend_pid(url)}, 5000)")


def killed(url: str) -> None:
    """The server's process for the writer is killed; the server then restarts all of them."""
    with psycopg.connect(postgres(), autocommit=True) as witness:
        os.kill(backend_pid(url), signal.SIGKILL)
        with suppress(psycopg.OperationalError):
            witness.execute("SELECT pg_sleep(30)")  # ends with all of the server's processes
            raise AssertionError("the server goes on as if nothing had happened")
    wait_for_postgres()
