"""Server time of each page on a large record: 1,000 patients, 500,000 events.

    python -m benchmarks.web_pages --database FILE-OR-URL --keys FILE
        [--patients 40] [--times 10] [--timezone Europe/Moscow]

The database is one that ``benchmarks.web_seed fill`` wrote; an account and audit lines are added.
The application answers in this process: what is timed is all of the server's own time, without a
socket. Every page is asked for once for each of many patients, so that nothing is timed that a
cache has kept; the first request of a page in a process is shown apart.
"""

from __future__ import annotations

import argparse
import logging
import time
from collections.abc import Iterator, Sequence
from dataclasses import dataclass
from pathlib import Path

import numpy as np
from starlette.testclient import TestClient

from antagonist.feedback.database import changing, engine_of, migrate
from antagonist.feedback.merging import everybody
from antagonist.web.accounts import sessions
from antagonist.web.accounts.people import change, create_account
from antagonist.web.accounts.second_factor import new_secret, sealed
from antagonist.web.accounts.tables import CLINIC
from antagonist.web.app import create_app
from antagonist.web.config import WebConfig

OF_CLINIC = ("/today", "/patients", "/approvals", "/programme", "/label", "/own")
OF_ADMINISTRATOR = ("/accounts", "/audit")
OF_PATIENT = (
    "", "/chart.json", "/record", "/record/dose", "/record/lab", "/screening", "/challenge",
    "/plan", "/situation", "/decisions", "/report",
)  # fmt: skip


@dataclass(frozen=True)
class Row:
    """A page's times, ms."""

    page: str
    first_ms: float
    then_ms: Sequence[float]


def timed(client: TestClient, paths: Sequence[str], page: str) -> Row:
    """A page asked for at each path. Raises AssertionError where it is not there."""
    took = []
    for path in paths:
        begun = time.perf_counter()
        answer = client.get(path)
        took.append((time.perf_counter() - begun) * 1000)
        assert answer.status_code == 200, (path, answer.status_code)
    return Row(page, took[0], took[1:])


def signed_in(app: object, role: str) -> TestClient:
    """A browser of somebody new."""
    clinic = app.state.clinic  # type: ignore[attr-defined]
    now = clinic.now()
    with changing(clinic.engine) as connection:
        name = f"timed-{role}-{time.time_ns()}"
        account = create_account(connection, now, name, role)
        change(connection, account, secret=sealed(clinic.record.keys, new_secret()))
        value, _ = sessions.begin(
            connection, now, account.account, complete=True, address="here", agent="timing"
        )
    client = TestClient(app, follow_redirects=False)  # type: ignore[arg-type]
    client.cookies.set("antagonist", value)
    return client


def measured(database: str, keys: Path, timezone: str, patients: int, times: int) -> Iterator[Row]:
    """Every page's times."""
    engine = engine_of(database)
    migrate(engine, of=CLINIC)
    engine.dispose()
    app = create_app(WebConfig(database=database, keys=keys, timezone=timezone))
    logging.getLogger("antagonist.web").disabled = True
    found = [patient for patient, _ in everybody(app.state.clinic.record)][:patients]
    prescriber = signed_in(app, "prescriber")
    for page in OF_CLINIC:
        yield timed(prescriber, [page] * (times + 1), page)
    for page in OF_PATIENT:
        paths = [f"/patients/{patient}{page}" for patient in found]
        yield timed(prescriber, paths, f"/patients/…{page}")
    administrator = signed_in(app, "administrator")
    for page in OF_ADMINISTRATOR:
        yield timed(administrator, [page] * (times + 1), page)


def table(rows: Sequence[Row]) -> str:
    """What was measured, as Markdown."""
    lines = ["| page | first, ms | median, ms | p95, ms |", "| --- | --: | --: | --: |"]
    for row in rows:
        p50, p95 = np.percentile(row.then_ms, (50, 95))
        lines.append(f"| `{row.page}` | {row.first_ms:.0f} | {p50:.0f} | {p95:.0f} |")
    return "\n".join(lines)


def main() -> None:
    """Run it and print what was measured."""
    parser = argparse.ArgumentParser(description=__doc__.splitlines()[0] if __doc__ else "")
    parser.add_argument("--database", required=True)
    parser.add_argument("--keys", type=Path, required=True)
    parser.add_argument("--patients", type=int, default=40)
    parser.add_argument("--times", type=int, default=10)
    parser.add_argument("--timezone", default="Europe/Moscow")
    asked = parser.parse_args()
    rows = measured(asked.database, asked.keys, asked.timezone, asked.patients, asked.times)
    print(table(list(rows)))


if __name__ == "__main__":
    main()
