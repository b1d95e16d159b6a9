"""Logs: one JSON object a line, who, what, when, where from; nothing that was typed."""

from __future__ import annotations

import io
import json
import logging
import re
from collections.abc import Iterator
from typing import Any

import pytest
from tests.support.clinics import PASSWORD, OpenClinic, clinic_on
from tests.support.doors import try_doors
from tests.support.signing import sign_in, with_factor

from antagonist.web.logs import LOG, begin_logs, formatter

MARK = "Marked Petrova 12.05.1990"
CRLF = 'a\r\n{"event": "forged"}'


class Kept(list[dict[str, Any]]):
    """Lines, parsed; text: as they were written."""

    text = ""

    def named(self, event: str) -> list[dict[str, Any]]:
        """Lines of an event."""
        return [line for line in self if line["event"] == event]


@pytest.fixture
def logged() -> Iterator[Any]:
    """Gives what the app has logged until then."""
    stream = io.StringIO()
    handler = logging.StreamHandler(stream)
    handler.setFormatter(formatter())
    before = (LOG.level, LOG.propagate)
    LOG.addHandler(handler)
    LOG.setLevel(logging.INFO)
    LOG.propagate = False

    def lines() -> Kept:
        found = Kept(json.loads(line) for line in stream.getvalue().splitlines())
        found.text = stream.getvalue()
        return found

    yield lines
    LOG.removeHandler(handler)
    LOG.setLevel(before[0])
    LOG.propagate = before[1]


@pytest.fixture(scope="module")
def tried(tmp_path_factory: pytest.TempPathFactory) -> Iterator[OpenClinic]:
    with clinic_on("sqlite", tmp_path_factory.mktemp("logs")) as clinic:
        try_doors(clinic.app)
        clinic.app.add_api_route("/fails", failing)
        yield clinic


def failing() -> None:
    raise RuntimeError(MARK)


def test_a_line_says_when_where_who_and_what(tried: OpenClinic, logged: Any) -> None:
    patient = tried.patient(MARK)
    tried.browser("nurse").get(f"/try/of/{patient}", note=MARK)
    tried.program("nurse").get(f"/api/v1/try/of/{patient}")
    pages, api = logged().named("request")
    assert re.fullmatch(r"\d{4}-\d\d-\d\dT\d\d:\d\d:\d\d\.\d{3}Z", pages["time"])
    assert re.fullmatch(r"[0-9a-f-]{36}", pages["request"])
    assert {key: pages[key] for key in ("level", "method", "route", "status", "address")} == {
        "level": "INFO", "method": "GET", "route": "/try/of/{patient}", "status": 200,
        "address": "testclient",
    }  # fmt: skip
    assert pages["account"] == api["account"] == tried.people["nurse"].account
    assert api["route"] == "/api/v1/try/of/{patient}"
    assert pages["took_ms"] >= 0


def test_each_event_of_security_is_told(tried: OpenClinic, logged: Any) -> None:
    factor, browser = with_factor(tried), tried.browser("prescriber")
    client = tried.nobody()
    sign_in(client, password=MARK)
    sign_in(client)
    csrf = client.get("/sign-in/code").text.split('csrf-token" content="')[1].split('"')[0]
    client.post("/sign-in/code", data={"csrf": csrf, "code": "000000"})
    code = factor.at(tried.clinic.now())
    client.post("/sign-in/code", data={"csrf": csrf, "code": code})
    for _ in range(3):
        browser.post("/own/sessions", password=MARK)
    browser.get("/try/audit.read")
    browser.client.post("/try/record.write", data={"csrf": MARK, "note": MARK})
    browser.client.post("/try/record.write", data={"csrf": browser.csrf, "a": ["1", MARK]})
    browser.get(f"/try/of/{MARK}")
    browser.client.request("TRACE", "/own")
    for _ in range(9):
        sign_in(tried.nobody(), MARK, MARK)
    tried.nobody().get("/api/v1/try/own", headers={"Authorization": f"Bearer {MARK}"})
    tried.nobody().get("/fails")
    browser.post("/sign-out")
    found = logged()
    told = {(line["event"], line.get("outcome")) for line in found}
    assert told >= {
        ("sign-in", "refused"), ("sign-in", "allowed"), ("sign-out", "allowed"),
        ("second-factor", "refused"), ("second-factor", "allowed"), ("not-allowed", None),
        ("forged", None), ("refused-input", None), ("not-found", None), ("refused", None),
        ("rate-limit", None), ("not-signed-in", None), ("unexpected-error", None),
    }  # fmt: skip
    [error] = found.named("unexpected-error")
    assert error["exc_info"].startswith("RuntimeError: ")
    assert "failing" in error["exc_info"]
    for typed in (MARK, "Petrova", PASSWORD, code, csrf, browser.csrf):
        assert typed not in found.text
    for value in (client.cookies["antagonist"],):
        assert value not in found.text


def test_what_is_typed_forges_no_line(tried: OpenClinic, logged: Any) -> None:
    browser = tried.browser("nurse")
    browser.client.post(
        f"/try/record.write?{'x' * 20}", data={CRLF: ["1", "2"], "csrf": browser.csrf}
    )
    browser.get("/try/of/x%0d%0a%7b%22event%22%3a1%7d")
    found = logged()
    assert {line["event"] for line in found} == {"refused-input", "not-found", "request"}
    assert found.named("refused-input")[0]["field"] == "other"


def test_logs_go_to_standard_error_alone(capsys: pytest.CaptureFixture[str]) -> None:
    before = (list(LOG.handlers), LOG.level, LOG.propagate)
    LOG.handlers.clear()
    try:
        begin_logs()
        begin_logs()
        [handler] = LOG.handlers
        assert isinstance(handler, logging.StreamHandler)
        LOG.info("told")
    finally:
        LOG.handlers[:], LOG.level, LOG.propagate = before
    out, err = capsys.readouterr()
    assert out == ""
    assert json.loads(err)["event"] == "told"
