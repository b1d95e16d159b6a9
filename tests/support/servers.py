"""A clinic's server as a user starts it: the command in a process of its own."""

from __future__ import annotations

import re
import socket
import subprocess
import sys
import time
import urllib.error
import urllib.request
from collections.abc import Iterator, Mapping
from contextlib import contextmanager
from dataclasses import dataclass
from pathlib import Path

PERSON = re.compile(r"^  (demo\.\w+)\s+(\S+)$", re.MULTILINE)
START_S = 180.0


@dataclass(frozen=True)
class Server:
    """A server that runs. address: without a slash at its end. passwords: of the demo's people."""

    address: str
    passwords: Mapping[str, str]
    process: subprocess.Popen[str]
    said: str


def free_port() -> int:
    """A port that nobody listens on."""
    with socket.socket() as probe:
        probe.bind(("127.0.0.1", 0))
        return int(probe.getsockname()[1])


@contextmanager
def served(folder: Path, *options: str) -> Iterator[Server]:
    """``antagonist serve`` with options, until the end of the block.

    folder: takes what the server prints. Raises AssertionError where it never becomes ready.
    """
    port = free_port()
    printed = folder / "printed.txt"
    command = [sys.executable, "-c", "from antagonist.cli.main import run; run()", "serve"]
    with printed.open("w", encoding="utf-8") as out:
        process = subprocess.Popen(
            [*command, "--port", str(port), *options],
            stdout=out,
            stderr=subprocess.STDOUT,
            text=True,
        )
    try:
        address = f"http://127.0.0.1:{port}"
        _wait(address, process, printed)
        said = printed.read_text(encoding="utf-8")
        yield Server(address, dict(PERSON.findall(said)), process, said)
    finally:
        process.terminate()
        process.wait(timeout=30)


def _wait(address: str, process: subprocess.Popen[str], printed: Path) -> None:
    end = time.monotonic() + START_S
    while time.monotonic() < end:
        assert process.poll() is None, printed.read_text(encoding="utf-8")
        try:
            with urllib.request.urlopen(f"{address}/health/ready", timeout=5) as answer:
                if answer.status == 200:
                    return
        except (urllib.error.URLError, ConnectionError, TimeoutError):
            time.sleep(0.1)
    raise AssertionError(f"not ready: {printed.read_text(encoding='utf-8')}")
