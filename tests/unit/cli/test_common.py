"""What commands share: one-line errors, JSON, progress, and a light start."""

from __future__ import annotations

import json
import subprocess
import sys
import time
from pathlib import Path

import numpy as np
import pytest
import typer

from antagonist.cli import common
from antagonist.cli.common import errors_of, guarded, print_json, progress
from antagonist.foundation.errors import InputError


def test_bad_input_is_one_line_and_code_two(capsys: pytest.CaptureFixture[str]) -> None:
    def command(dose: float) -> None:
        raise InputError("a.yaml", "doses[0].dose", dose, "more\nthan 0")

    with pytest.raises(typer.Exit) as caught:
        guarded(command)(-1.0)
    assert caught.value.exit_code == 2
    shown = capsys.readouterr()
    assert shown.err == "error: a.yaml: doses[0].dose: -1.0 is not allowed (more than 0)\n"
    assert shown.out == ""


def test_errors_without_a_file_get_one() -> None:
    with pytest.raises(InputError, match=r"^a.yaml: dose: 1 ") as caught, errors_of("a.yaml"):
        raise InputError("", "dose", 1, "0")
    assert caught.value.source == "a.yaml"
    with pytest.raises(InputError, match=r"^b.yaml: "), errors_of("a.yaml"):
        raise InputError("b.yaml", "dose", 1, "0")


def test_json_begins_with_its_schema_and_is_plain(capfd: pytest.CaptureFixture[str]) -> None:
    payload = {
        "path": Path("a"),
        "array": np.array([1.5, np.nan]),
        "whole": np.int64(3),
        "word": "доза",
        "yes": True,
        "none": None,
        "rows": ({"x": float("inf")},),
    }
    print_json("antagonist.x/1", payload)
    text = capfd.readouterr().out
    assert text.startswith('{"schema": "antagonist.x/1", ')
    assert "доза" in text
    assert json.loads(text) == {
        "schema": "antagonist.x/1",
        "path": "a",
        "array": [1.5, None],
        "whole": 3,
        "word": "доза",
        "yes": True,
        "none": None,
        "rows": [{"x": None}],
    }


def test_a_quick_task_shows_nothing(capsys: pytest.CaptureFixture[str]) -> None:
    with progress("Fitting", 3) as advance:
        advance(3)
    assert capsys.readouterr() == ("", "")


def test_a_slow_task_says_how_far_it_is(
    capsys: pytest.CaptureFixture[str], monkeypatch: pytest.MonkeyPatch
) -> None:
    monkeypatch.setattr(common, "PATIENCE_S", 0.0)
    monkeypatch.setattr(common, "LINE_EVERY_S", 0.0)
    shown = ""
    with progress("Fitting", 3) as advance:
        while "Fitting ... 0 of 3\n" not in shown:  # from the timer's thread
            shown += capsys.readouterr().err
            time.sleep(0.005)
        advance(2)
    assert capsys.readouterr() == ("", "Fitting ... 2 of 3\n")


def test_the_help_needs_nothing_heavy() -> None:
    heavy = ("numpy", "scipy", "matplotlib", "yaml", "jinja2", "antagonist.pharmacology")
    code = (
        "import sys\n"
        "from antagonist.cli.main import app\n"
        "from typer.testing import CliRunner\n"
        "for words in ([], ['simulate']):\n"
        "    done = CliRunner().invoke(app, [*words, '--help'])\n"
        "    assert done.exit_code == 0, done.output\n"
        f"sys.exit(' '.join(set({heavy!r}) & set(sys.modules)) or 0)\n"
    )
    done = subprocess.run([sys.executable, "-c", code], capture_output=True, text=True, check=False)
    assert (done.returncode, done.stderr) == (0, "")
