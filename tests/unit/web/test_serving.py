"""The command serves what it may, with the settings that its promises rest on."""

from __future__ import annotations

from pathlib import Path
from typing import Any

import pytest
from tests.support.servers import free_port
from typer.testing import CliRunner

from antagonist.cli.main import app
from antagonist.web.binding import context_factory
from antagonist.web.config import WebConfig
from antagonist.web.serving import Listening, serve


@pytest.fixture
def run(monkeypatch: pytest.MonkeyPatch) -> dict[str, Any]:
    """What uvicorn would have been told."""
    told: dict[str, Any] = {}
    monkeypatch.setattr("uvicorn.run", lambda *_, **settings: told.update(settings))
    monkeypatch.setenv("ANTAGONIST_CLINIC", "")
    return told


CONFIG = WebConfig(database="sqlite:///x.db", keys=Path("x.keys"))


def test_forwarded_addresses_are_believed_of_the_stated_proxy_alone(run: dict[str, Any]) -> None:
    serve(CONFIG, Listening("127.0.0.1", 8000, 1, None, None, None))
    assert (run["proxy_headers"], run["forwarded_allow_ips"]) == (False, "")
    serve(CONFIG, Listening("127.0.0.1", 8000, 1, None, None, "192.0.2.1"))
    assert (run["proxy_headers"], run["forwarded_allow_ips"]) == (True, "192.0.2.1")


def test_tls_is_made_strong_and_the_server_tells_nothing_of_itself(run: dict[str, Any]) -> None:
    files = (Path("clinic.pem"), Path("clinic.key"))
    serve(CONFIG, Listening("0.0.0.0", 8443, 1, *files, None))
    assert (run["ssl_certfile"], run["ssl_keyfile"]) == files
    assert run["ssl_context_factory"] is context_factory
    assert run["server_header"] is False
    assert run["access_log"] is False
    assert run["ws"] == "none"


@pytest.mark.parametrize(
    ("options", "named"),
    [
        (["--host", "0.0.0.0"], "host"),
        (["--host", "192.0.2.1", "--proxy", "192.0.2.2"], "host"),  # the demo, beyond this machine
        (["--host", "0.0.0.0", "--database", "sqlite:///x.db"], "host"),
        (["--proxy", "*", "--database", "sqlite:///x.db"], "proxy"),
        (["--database", "postgresql://db.example/clinic"], "database"),
        (
            ["--database", "postgresql://u:p4ss@192.0.2.1/x?sslmode=require"],
            "database",
        ),
    ],
)
def test_an_open_line_is_not_begun(run: dict[str, Any], options: list[str], named: str) -> None:
    said = CliRunner().invoke(app, ["serve", "--port", str(free_port()), *options])
    assert said.exit_code == 2
    assert named in said.output
    assert "p4ss" not in said.output
    assert run == {}
