"""``antagonist compare`` from outside."""

from __future__ import annotations

import json
import subprocess
import sys
from pathlib import Path

import pytest

from antagonist.label.regimens import regimens
from antagonist.planning.compare import CompareDocument

RUN = [sys.executable, "-c", "from antagonist.cli.main import run; run()", "compare"]


def compare(*options: str) -> subprocess.CompletedProcess[str]:
    command = [*RUN, *options]
    return subprocess.run(command, capture_output=True, text=True, encoding="utf-8", check=False)


def test_json_has_every_regimen_and_validates() -> None:
    done = compare("--json", "--draws", "8", "--seed", "3", "--threshold", "0.8")
    assert (done.returncode, done.stderr) == (0, "")
    found = CompareDocument.model_validate_json(done.stdout)
    assert [row.id for row in found.regimens] == list(regimens())
    assert json.loads(done.stdout)["schema"] == "antagonist.compare/1"
    assert (found.threshold.blocked_fraction, found.provenance.draws, found.provenance.seed) == (
        0.8, 8, 3,
    )  # fmt: skip


def test_the_same_seed_prints_the_same() -> None:
    options = ("--json", "--draws", "8", "--regimen", "r6_50_daily")
    assert compare(*options).stdout == compare(*options).stdout


def test_table_and_files(tmp_path: Path) -> None:
    out = tmp_path / "new"
    done = compare(
        "--regimen", "implant_gel", "--regimen", "r6_50_daily", "--draws", "8",
        "--language", "ru", "--out", str(out),
    )  # fmt: skip
    assert done.returncode == 0, done.stderr
    assert "нет данных" in done.stdout
    assert "90 %" in done.stdout
    assert sorted(path.name for path in out.iterdir()) == [
        "compare.html", "compare.png", "compare.svg",
    ]  # fmt: skip
    assert "compare.html" in done.stdout


@pytest.mark.parametrize(
    ("options", "words"),
    [
        (("--regimen", "r6_50_dayly"), "regimen: 'r6_50_dayly' is not allowed (did you mean"),
        (("--weeks", "0"), "weeks: 0 is not allowed (1 to 52)"),
        (("--threshold", "90"), "threshold: 90.0 is not allowed"),
    ],
)
def test_bad_input_gets_one_line_and_exit_2(
    options: tuple[str, ...], words: str, tmp_path: Path
) -> None:
    out = tmp_path / "none"
    done = compare(*options, "--out", str(out))
    assert (done.returncode, done.stdout) == (2, "")
    assert words in done.stderr
    assert len(done.stderr.splitlines()) == 1
    assert not out.exists()


@pytest.mark.parametrize(
    "options", [("--draws", "0"), ("--draws", "1.5"), ("--seed", "-1"), ("--language", "de")]
)
def test_an_option_out_of_range_exits_2_without_a_traceback(options: tuple[str, ...]) -> None:
    done = compare(*options)
    assert (done.returncode, done.stdout) == (2, "")
    assert options[0] in done.stderr
    assert "Traceback" not in done.stderr
