"""``antagonist study`` from outside."""

from __future__ import annotations

import subprocess
import sys
from pathlib import Path

import pytest

from antagonist.pharmacology.study_results import StudyDocument

RUN = [sys.executable, "-c", "from antagonist.cli.main import run; run()", "study"]
ASKED = ("--receptor", "mu", "--occupancy", "0.5", "--draws", "20")


def study(*options: str) -> subprocess.CompletedProcess[str]:
    command = [*RUN, *options]
    return subprocess.run(command, capture_output=True, text=True, encoding="utf-8", check=False)


def test_json_validates_and_carries_the_question() -> None:
    done = study(
        *ASKED, "--window", "1 h - 2 d", "--people", "7", "--sessions", "2", "--strength", "25 mg",
        "--price-per-tablet", "1.5", "--currency", "EUR", "--json",
    )  # fmt: skip
    assert (done.returncode, done.stderr) == (0, "")
    asked = StudyDocument.model_validate_json(done.stdout).asked
    assert asked.window_h == (1.0, 48.0)
    assert (asked.people, asked.sessions, asked.strength_mg) == (7, 2, 25.0)
    assert (asked.price_per_unit, asked.currency) == (1.5, "EUR")


def test_table_and_files(tmp_path: Path) -> None:
    done = study(*ASKED, "--out", str(tmp_path))
    assert done.returncode == 0, done.stderr
    assert "Planned dose" in done.stdout
    assert "missing: no price given" in done.stdout
    assert "not a certified medical device" in " ".join(done.stdout.split())
    assert sorted(path.name for path in tmp_path.iterdir()) == [
        "study.html", "study.png", "study.svg",
    ]  # fmt: skip


@pytest.mark.parametrize(
    ("options", "words"),
    [
        (("--receptor", "sigma"), "receptor: 'sigma' is not allowed"),
        (("--occupancy", "90"), "occupancy: 90.0 is not allowed"),
        (("--window", "2-8"), "window: '2' is not allowed (a number with min, h"),
        (("--window", "2h"), "window: '2h' is not allowed (two times"),
        (("--window", "8h-2h"), "window: '8h-2h' is not allowed (a start after 0 h"),
        (("--strength", "50"), "strength: '50' is not allowed (a number with ug, mg"),
        (("--price-per-tablet", "1"), "currency: nothing is not allowed (needed"),
        (("--product", "implant_gel"), "product: 'implant_gel' is not allowed (no data"),
        (("--people", "0"), "people: 0 is not allowed"),
    ],
)
def test_bad_input_gets_one_line_and_exit_2(options: tuple[str, ...], words: str) -> None:
    done = study(*ASKED, *options)
    assert (done.returncode, done.stdout) == (2, "")
    assert words in done.stderr
    assert len(done.stderr.splitlines()) == 1
