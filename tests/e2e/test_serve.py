"""``antagonist serve`` as a clinic runs it: two worker processes on PostgreSQL."""

from __future__ import annotations

import json
import os
import re
import signal
import socket
import subprocess
import sys
import threading
import time
import uuid
from collections.abc import Iterator, Mapping
from concurrent.futures import ThreadPoolExecutor
from contextlib import contextmanager
from dataclasses import dataclass
from datetime import UTC, datetime
from pathlib import Path
from typing import Any

import httpx2
import psycopg
import pytest
from sqlalchemy.engine import make_url
from tests.support.clinics import PASSWORD
from tests.support.records import empty_database, execute_postgres
from tests.support.servers import Server, free_port, served

from antagonist.feedback.database import changing, engine_of
from antagonist.web.accounts import sessions, tokens
from antagonist.web.accounts.passwords import hashed
from antagonist.web.accounts.people import by_name, change, create_account
from antagonist.web.api.common import PREFIX

FAMILY, NUMBER = "Marked-Petrova", "card-4711-marked"
SERVE = [sys.executable, "-c", "from antagonist.cli.main import run; run()", "serve"]


@dataclass(frozen=True)
class Served:
    """A server with a nurse's token and session. patient: on its record."""

    server: Server
    url: str
    printed: Path
    token: Mapping[str, str]
    cookie: Mapping[str, str]
    patient: str

    def get(self, path: str) -> httpx2.Response:
        """A request on a connection of its own, so that any worker may take it."""
        return httpx2.get(self.server.address + path, headers=self.token, timeout=30)

    def post(self, path: str, key: str, body: Any) -> httpx2.Response:
        """The same for what writes."""
        headers = {**self.token, "Idempotency-Key": key}
        return httpx2.post(self.server.address + path, headers=headers, json=body, timeout=30)

    @property
    def workers(self) -> list[int]:
        """Processes that answer requests: children that Python made, its resource tracker apart."""
        here = self.server.process.pid
        children = Path(f"/proc/{here}/task/{here}/children").read_text().split()
        named = {int(pid): Path(f"/proc/{pid}/cmdline").read_text() for pid in children}
        return [pid for pid, command in named.items() if "resource_tracker" not in command]


def words(text: str) -> dict[str, Any]:
    return {
        "kind": "words",
        "occurred_at": datetime.now(UTC).isoformat(),
        "payload": {"text": text},
    }


@pytest.fixture(scope="module")
def clinic(tmp_path_factory: pytest.TempPathFactory) -> Iterator[Served]:
    """Two workers on a new PostgreSQL database, with a nurse and a patient."""
    folder = tmp_path_factory.mktemp("serve")
    keys = folder / "keys" / "record.keys"
    with (
        empty_database("postgresql", folder) as url,
        served(folder, "--database", url, "--keys", str(keys), "--workers", "2") as server,
    ):
        token, cookie = _nurse(url)
        made = httpx2.post(
            f"{server.address}{PREFIX}/patients",
            json={
                "family": FAMILY, "given": "Anna", "identifier": {"system": "id", "value": NUMBER},
            },
            headers={**token, "Idempotency-Key": "new-patient"},
        )  # fmt: skip
        assert made.status_code == 201, made.text
        printed = folder / "printed.txt"
        yield Served(server, url, printed, token, cookie, made.json()["patient"])


def _nurse(url: str) -> tuple[dict[str, str], dict[str, str]]:
    """Headers of a nurse's program and browser, written into the clinic's database."""
    engine, now = engine_of(url), datetime.now(UTC)
    with changing(engine) as connection:
        nurse = create_account(connection, now, "nurse", "nurse")
        nurse = change(connection, nurse, password=hashed(PASSWORD, "nurse"), secret=b"none needed")
        token, _ = tokens.issue(connection, now, nurse.account, "test", 1)
        value, _ = sessions.begin(
            connection, now, nurse.account, complete=True, address="127.0.0.1", agent="test"
        )
    engine.dispose()
    return {"Authorization": f"Bearer {token}"}, {"Cookie": f"antagonist={value}"}


@contextmanager
def halted(process: int) -> Iterator[None]:
    """A worker that does nothing for the moment: the other one gets every request."""
    os.kill(process, signal.SIGSTOP)
    try:
        yield
    finally:
        os.kill(process, signal.SIGCONT)


def test_a_session_holds_on_every_worker(clinic: Served) -> None:
    first, second = clinic.workers
    page = f"{clinic.server.address}/today"
    for other in (first, second):
        with halted(other):
            answer = httpx2.get(page, headers=clinic.cookie, timeout=4)
            assert answer.status_code == 200
            assert "nurse" in answer.text
    assert httpx2.get(page).status_code == 303


def test_the_same_request_sent_twenty_times_at_once_is_done_once(clinic: Served) -> None:
    path, body = f"{PREFIX}/patients/{clinic.patient}/events", words("said once")
    with ThreadPoolExecutor(20) as pool:
        sent = [pool.submit(clinic.post, path, "twenty-at-once", body) for _ in range(20)]
        answers = [one.result() for one in sent]
    assert {answer.status_code for answer in answers} == {201}
    assert len({answer.json()["event"] for answer in answers}) == 1
    kept = clinic.get(path).json()["events"]
    assert [e["payload"]["text"] for e in kept if e["kind"] == "words"] == ["said once"]


def test_readiness_follows_the_database(clinic: Served) -> None:
    name = str(make_url(clinic.url).database)
    assert clinic.get("/health/ready").status_code == 200
    execute_postgres(f"ALTER DATABASE {name} ALLOW_CONNECTIONS false")
    try:
        execute_postgres(
            f"SELECT pg_terminate_backend(pid) FROM pg_stat_activity WHERE datname = '{name}'"
        )
        assert clinic.get("/health/ready").status_code == 503
        assert clinic.get("/health/live").status_code == 200
        refused = clinic.get(f"{PREFIX}/patients")
        assert refused.status_code == 503
        assert refused.headers["content-type"] == "application/problem+json"
        assert name not in refused.text
    finally:
        execute_postgres(f"ALTER DATABASE {name} ALLOW_CONNECTIONS true")
    assert [clinic.get("/health/ready").status_code for _ in range(6)] == [200] * 6
    assert clinic.get(f"{PREFIX}/patients").status_code == 200


def test_logs_are_json_lines_without_a_word_about_patients(clinic: Served) -> None:
    here, known = f"{PREFIX}/patients", {"system": "id", "value": NUMBER}
    assert clinic.post(f"{here}/find", "find-one", known).status_code == 200
    for path in ("", "/forecast", "/events", "/alarms", "/no-such-thing"):
        clinic.get(f"{here}/{clinic.patient}{path}")
    clinic.post(f"{here}/{clinic.patient}/events", "not-allowed", {"kind": FAMILY})
    clinic.get(f"{here}/{uuid.uuid4()}?q={FAMILY}")
    for path in ("", "/record", "/plan", "/decisions", f"/recorded/{clinic.patient}"):
        page = f"{clinic.server.address}/patients/{clinic.patient}{path}"
        httpx2.get(page, headers=clinic.cookie)
    text = clinic.printed.read_text(encoding="utf-8")
    logged = text.splitlines()[len(clinic.server.said.splitlines()) :]
    lines = [json.loads(line) for line in logged if line]
    assert len([line for line in lines if line["event"] == "request"]) > 30
    assert {line["route"] for line in lines} > {f"{here}/{{patient}}", "/patients/{patient}"}
    for told in (FAMILY, NUMBER, "Anna", clinic.patient, "said once", PASSWORD):
        assert told not in text, told


def test_a_request_under_way_is_finished_before_the_server_stops(clinic: Served) -> None:
    answers: list[httpx2.Response] = []
    path = f"{PREFIX}/patients/{clinic.patient}/events"
    with psycopg.connect(clinic.url.replace("+psycopg", "")) as held:
        held.execute("LOCK TABLE events IN ACCESS EXCLUSIVE MODE")
        slow = threading.Thread(
            target=lambda: answers.append(clinic.post(path, "slow-request", words("slow")))
        )
        slow.start()
        _until(lambda: _waiting(clinic.url) > 0)
        clinic.server.process.send_signal(signal.SIGTERM)
        time.sleep(0.5)
        assert answers == []
        assert clinic.server.process.poll() is None
        held.rollback()
    slow.join(30)
    assert [answer.status_code for answer in answers] == [201]
    assert clinic.server.process.wait(timeout=30) == 0
    assert "Traceback" not in clinic.printed.read_text(encoding="utf-8")


def _waiting(url: str) -> int:
    query = (
        f"SELECT count(*) FROM pg_locks WHERE NOT granted AND database = "
        f"(SELECT oid FROM pg_database WHERE datname = '{make_url(url).database}')"
    )
    return int(execute_postgres(query)[0][0])


def _until(there: Any) -> None:
    end = time.monotonic() + 20
    while not there():
        assert time.monotonic() < end
        time.sleep(0.05)


def test_a_new_clinic_begins_with_a_code_and_stops_cleanly(tmp_path: Path) -> None:
    database, keys = f"sqlite:///{tmp_path / 'clinic.db'}", tmp_path / "keys" / "record.keys"
    with served(tmp_path, "--database", database, "--keys", str(keys)) as server:
        code = re.search(r"Set-up code: (\S+)\n  (\S+)", server.said)
        assert code is not None
        assert code[2] == f"{server.address}/set-up"
        with httpx2.Client(base_url=server.address) as browser:
            assert browser.get("/").headers["location"].startswith(("/set-up", "/sign-in"))
            fields = {"name": "head", "password": PASSWORD, "again": PASSWORD}
            assert browser.post("/set-up", data={**fields, "code": "wrong"}).status_code == 422
            made = browser.post("/set-up", data={**fields, "code": code[1]})
            assert made.status_code == 303, made.text
        server.process.send_signal(signal.SIGTERM)
        assert server.process.wait(timeout=30) == 0
    engine = engine_of(database)
    with changing(engine) as connection:
        account = by_name(connection, "head")
    engine.dispose()
    assert account is not None
    assert account.role == "administrator"
    assert "Traceback" not in (tmp_path / "printed.txt").read_text(encoding="utf-8")


@pytest.mark.parametrize(
    ("options", "named"),
    [(["--host", "0.0.0.0"], "host"), (["--port", "{taken}"], "port")],
)
def test_what_cannot_be_served_is_refused_in_one_line(options: list[str], named: str) -> None:
    with socket.socket() as taken:
        taken.bind(("127.0.0.1", 0))
        taken.listen()
        port = str(taken.getsockname()[1])
        given = [port if one == "{taken}" else one for one in options]
        more = [] if "--port" in given else ["--port", str(free_port())]
        found = subprocess.run(
            [*SERVE, *given, *more], capture_output=True, text=True, timeout=60, check=False
        )
    assert found.returncode == 2
    assert found.stdout == ""
    assert len(found.stderr.strip().splitlines()) == 1
    assert named in found.stderr
