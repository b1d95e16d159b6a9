"""Every command of the page on the API runs against a server, and answers what the page says."""

from __future__ import annotations

import os
import re
import shutil
import subprocess
import threading
from collections.abc import Iterator
from contextlib import contextmanager
from datetime import UTC, datetime, timedelta
from pathlib import Path
from typing import Any

import pytest
import uvicorn
from tests.support.clinics import clinic_on

PAGE = Path(__file__).parents[2] / "docs" / "how-to" / "use-the-api.md"
BLOCK = re.compile(r"```(sh|text)\n(.*?)```", re.DOTALL)


@contextmanager
def served(app: Any) -> Iterator[str]:
    """The address of an app on a socket of this machine."""
    config = uvicorn.Config(app, port=0, log_level="warning", access_log=False, lifespan="off")
    server = uvicorn.Server(config)
    thread = threading.Thread(target=server.run)
    thread.start()
    try:
        while not server.started:
            assert thread.is_alive()
        yield f"http://127.0.0.1:{server.servers[0].sockets[0].getsockname()[1]}"
    finally:
        server.should_exit = True
        thread.join()


@pytest.mark.skipif(shutil.which("curl") is None, reason="curl is missing")
def test_the_commands_answer_what_the_page_says(tmp_path: Path) -> None:
    blocks = BLOCK.findall(PAGE.read_text(encoding="utf-8"))
    script = "\n".join(text for kind, text in blocks if kind == "sh")
    wanted = "".join(text for kind, text in blocks if kind == "text")
    assert wanted.count("\n") > 10
    with clinic_on("sqlite", tmp_path) as clinic:
        # it stands still, and what the commands record must not lie ahead of it
        clinic.clock.set(datetime.now(UTC) + timedelta(minutes=10))
        token = clinic.program("prescriber").headers["authorization"].removeprefix("Bearer ")
        with served(clinic.app) as address:
            found = subprocess.run(
                ["bash", "-euo", "pipefail", "-c", script],
                env={**os.environ, "ADDRESS": address, "TOKEN": token, "no_proxy": "127.0.0.1"},
                capture_output=True, text=True, timeout=120, check=False,
            )  # fmt: skip
    assert (found.stderr, found.returncode) == ("", 0)
    assert found.stdout == wanted
