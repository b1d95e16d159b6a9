"""A measurement's own process: what it is told, what it prints, how it fails."""

from __future__ import annotations

import subprocess
from pathlib import Path

import pytest

from antagonist.bench.alone import ONE_THREAD, printed_by

SHOWS = """
import json, os, sys
print(json.dumps([sys.argv[1:], {n: v for n, v in os.environ.items() if n.endswith("_THREADS")}]))
"""


@pytest.fixture(autouse=True)
def folder(tmp_path: Path, monkeypatch: pytest.MonkeyPatch) -> Path:
    monkeypatch.setenv("PYTHONPATH", str(tmp_path))
    return tmp_path


def test_arguments_and_one_thread_for_linear_algebra(
    folder: Path, monkeypatch: pytest.MonkeyPatch
) -> None:
    monkeypatch.setenv("OPENBLAS_NUM_THREADS", "8")
    (folder / "shows_itself.py").write_text(SHOWS)
    arguments, environment = printed_by("shows_itself", "3", "own")
    assert arguments == ["3", "own"]
    assert environment.items() >= ONE_THREAD.items()
    assert environment["OPENBLAS_NUM_THREADS"] == "1"


def test_a_process_that_fails(folder: Path) -> None:
    (folder / "fails.py").write_text("raise SystemExit(3)")
    with pytest.raises(subprocess.CalledProcessError, match="exit status 3"):
        printed_by("fails")
