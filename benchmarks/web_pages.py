"""Server time of every page on a large record: 1,000 patients, 500,000 events.

    python -m benchmarks.web_pages --database FILE-OR-URL --keys FILE
        [--patients 20] [--timezone Europe/Moscow] [--write PAGE SECTION]

The database is one that ``benchmarks.web_seed fill`` wrote; accounts, decisions and audit lines are
added. The application answers in this process: what is timed is all of the server's own time,
without a socket. Pages are walked as the routes stand, so none is forgotten. Each is asked for once
for each of the patients, so that nothing is timed that a cache has kept; the first request of each
kind in the process, which only the server's start has prepared, is shown apart.
"""

from __future__ import annotations

import argparse
import logging
import re
import time
from collections.abc import Callable, Iterator, Sequence
from dataclasses import dataclass
from datetime import timedelta
from pathlib import Path
from typing import Any

import numpy as np
from httpx2 import Response
from starlette.testclient import TestClient
from tests.support.clinics import Browser, OpenClinic
from tests.support.records import SettableClock

from antagonist.feedback.database import engine_of, migrate
from antagonist.feedback.merging import everybody
from antagonist.web.accounts.tables import CLINIC
from antagonist.web.app import create_app
from antagonist.web.config import WebConfig
from benchmarks.pages import add_write, machine, written
from benchmarks.web_paths import JURISDICTION, PRODUCT, Places, made, pages, role_of, somebody

ASKED_ONCE_MORE = 'name="sure"'  # of a dose that looks wrong; it was read and weighed as others
WANTED_MS, WHAT_IF_MS = 200, 300
FIELD = r'name="{}" value="([^"]*)"'


@dataclass(frozen=True)
class Row:
    """Times of one kind of request, ms. cpu_ms: of all threads, which others' work leaves alone."""

    what: str
    first_ms: float
    then_ms: Sequence[float]
    cpu_ms: Sequence[float] = ()


def timed(what: str, asks: Sequence[Callable[[], Response]]) -> Row:
    """Each request once. Raises AssertionError for one that is refused."""
    took, cpu = list[float](), list[float]()
    for ask in asks:
        begun, used = time.perf_counter(), time.process_time()
        answer = ask()
        took.append((time.perf_counter() - begun) * 1000)
        cpu.append((time.process_time() - used) * 1000)
        assert answer.status_code < 400 or ASKED_ONCE_MORE in answer.text, (
            what,
            answer.status_code,
            answer.text[-2000:],
        )
    return Row(what, took[0], took[1:], cpu[1:])


def of_pages(clinic: OpenClinic, places: Places) -> Iterator[Row]:
    """Every page."""
    for door in pages(clinic):
        found, browser = (
            places.addresses(door, len(places.patients)),
            somebody(clinic, role_of(door)),
        )
        assert len(found) > 1, f"no address for {door.path}"
        yield timed(f"GET {door.path}", [_getter(browser, path) for path in found])


def _getter(browser: Browser, path: str) -> Callable[[], Response]:
    return lambda: browser.client.get(path)


def of_forms(clinic: OpenClinic, places: Places) -> Iterator[Row]:
    """What-ifs, and the forms that compute or record."""
    today = clinic.clinic.now().astimezone(clinic.clinic.tz).date()
    on = str(today + timedelta(days=9))
    plan = {
        "start": str(today), "clock": "09:00", "what": "oral", "months": "6",
        "jurisdiction": JURISDICTION, "prescriber": "dr.timed",
        "clinic_days[]": ["mon", "wed", "fri"],
    }  # fmt: skip
    sent: dict[str, tuple[str, dict[str, Any]]] = {
        "what-if: skip the next dose": ("chart.json", {"skip_next": "1"}),
        "what-if: 3 days later": ("chart.json", {"delay_next_d": "3"}),
        "what-if: inject today": ("chart.json", {"inject_now": "1"}),
        "what-if: nothing more": ("chart.json", {"nothing_more": "1"}),
        "what-if: an operation": ("chart.json", {"surgery_on": on}),
        "POST a dose": ("record/dose", {"status": "reported", "dose_mg": "50"}),
        "POST the patient's words": ("record/words", {"text": "measured"}),
        "POST a screening": (
            "screening",
            {"question": "start", "jurisdiction": JURISDICTION, "products[]": PRODUCT},
        ),
        "POST a screening of all products": ("screening", {"question": "start"}),
        "POST an operation planned": (
            "situation", {"kind": "surgery", "at": f"{on}T10:00", "with_opioids": "no"},
        ),
        "POST regimens side by side": ("plan/new", plan),
    }  # fmt: skip
    for what, (path, fields) in sent.items():
        browser = somebody(clinic, "prescriber")
        yield timed(what, [_poster(browser, p, path, fields) for p in places.patients])


def _poster(
    browser: Browser, patient: str, path: str, fields: dict[str, Any]
) -> Callable[[], Response]:
    more = dict(fields)
    if path.startswith("record/"):
        page = browser.get(f"/patients/{patient}/{path}").text
        for name in ("expected", "occurred_at"):
            found = re.search(FIELD.format(name), page)
            assert found, (path, name)
            more[name] = found[1]
    return lambda: browser.post(f"/patients/{patient}/{path}", **more)


def measured(database: str, keys: Path, timezone: str, patients: int) -> list[Row]:
    """All times."""
    engine = engine_of(database)
    migrate(engine, of=CLINIC)
    engine.dispose()
    config = WebConfig(database=database, keys=keys, timezone=timezone, second_factor=False)
    app = create_app(config)
    logging.getLogger("antagonist.web").disabled = True
    with TestClient(app):
        clinic = OpenClinic(app, app.state.clinic, SettableClock(), {})
        found = [patient for patient, _ in everybody(clinic.clinic.record)]
        chosen = found[:: max(len(found) // patients, 1)][:patients]
        firsts = list(of_pages_first(clinic, chosen))
        places = made(clinic, chosen)
        return [*firsts, *of_pages(clinic, places), *of_forms(clinic, places)]


def of_pages_first(clinic: OpenClinic, patients: Sequence[str]) -> Iterator[Row]:
    """The pages that work begins with, as the very first requests of the process."""
    browser = somebody(clinic, "nurse")
    paths = ("/today", "/patients", "/patients/{}", "/patients/{}/record/dose", "/label")
    for path in paths:
        yield Row(f"first of all: GET {path.format('…')}", _once(browser, path, patients[0]), ())


def _once(browser: Browser, path: str, patient: str) -> float:
    return timed(path, [_getter(browser, path.format(patient))]).first_ms


def table(rows: Sequence[Row]) -> str:
    """What was measured, as Markdown."""
    lines = [
        "| request | first, ms | then: times | median, ms | p95, ms | longest, ms "
        "| CPU, median, ms |",
        "| --- | --: | --: | --: | --: | --: | --: |",
    ]
    for row in rows:
        if not row.then_ms:
            lines.append(f"| {row.what} | {row.first_ms:.0f} | | | | | |")
            continue
        p50, p95 = np.percentile(row.then_ms, (50, 95))
        most = max(row.then_ms)
        lines.append(
            f"| {row.what} | {row.first_ms:.0f} | {len(row.then_ms)} | {p50:.0f} | {p95:.0f} "
            f"| {most:.0f} | {np.median(row.cpu_ms):.0f} |"
        )
    over = [row.what for row in rows if row.then_ms and np.percentile(row.then_ms, 95) > _most(row)]
    lines += ["", f"p95 over the limit of {WANTED_MS} ms ({WHAT_IF_MS} ms of a what-if): "]
    lines[-1] += ", ".join(over) + "." if over else "none."
    return "\n".join(lines)


def _most(row: Row) -> float:
    return WHAT_IF_MS if row.what.startswith("what-if") else WANTED_MS


def main() -> None:
    """Run it and print, or write, what was measured."""
    parser = argparse.ArgumentParser(description=__doc__.splitlines()[0] if __doc__ else "")
    parser.add_argument("--database", required=True)
    parser.add_argument("--keys", type=Path, required=True)
    parser.add_argument("--patients", type=int, default=20)
    parser.add_argument("--timezone", default="Europe/Moscow")
    add_write(parser)
    asked = parser.parse_args()
    before = machine()
    rows = measured(asked.database, asked.keys, asked.timezone, asked.patients)
    kind = asked.database.partition(":")[0]
    written(asked, f"{before} Database: {kind}.\n\n{table(rows)}")


if __name__ == "__main__":
    main()
