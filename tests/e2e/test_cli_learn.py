"""``antagonist learn`` from outside: a course with a missed dose, the record, errors."""

from __future__ import annotations

import json
import subprocess
import sys
from pathlib import Path

from antagonist.cli.schema_learn import LearnDocument, json_schema

ROOT = Path(__file__).parents[2]
EXAMPLE = ROOT / "examples" / "levels" / "own_model.yaml"
RUN = [sys.executable, "-c", "from antagonist.cli.main import run; run()"]


def run(*options: str) -> subprocess.CompletedProcess[str]:
    command = [*RUN, *options]
    return subprocess.run(command, capture_output=True, text=True, encoding="utf-8", check=False)


def test_the_published_schema_is_current() -> None:
    path = ROOT / "docs" / "reference" / "schemas" / "learn-1.json"
    assert path.read_text(encoding="utf-8") == json_schema()


def test_the_example_names_the_missed_dose() -> None:
    done = run("learn", str(EXAMPLE), "--json")
    assert (done.returncode, done.stderr) == (0, "")
    found = LearnDocument.model_validate_json(done.stdout)
    by_hour = {dose.time_h: dose for dose in found.doses}
    assert by_hour[13 * 24.0].after < 0.1 < by_hour[13 * 24.0].before
    assert by_hour[7 * 24.0].after > 0.9
    assert 13 in found.patterns[0].missed
    assert all(level.fits for level in found.levels)
    assert found.diagnostics.effective_sample > 100
    assert sum(s.after for s in found.structures) > 0.999
    assert run("learn", str(EXAMPLE), "--json").stdout == done.stdout


def test_the_answer_is_told_in_both_languages_with_its_chart(tmp_path: Path) -> None:
    english, russian = (
        run("learn", str(EXAMPLE), "--language", x, "--out", str(tmp_path / x)).stdout
        for x in ("en", "ru")
    )
    charts = [(tmp_path / x / "learn.svg").read_text(encoding="utf-8") for x in ("en", "ru")]
    assert all(chart.count("<path") > 50 for chart in charts)
    assert charts[0] != charts[1]
    assert (tmp_path / "en" / "learn.png").read_bytes()[:4] == b"\x89PNG"
    assert "Was each dose taken?" in english
    assert "not taken: Sun 2026-03-15 09:00 MSK" in " ".join(english.split())
    assert "Была ли принята каждая доза?" in russian


def test_a_level_that_fits_nothing_is_said(tmp_path: Path) -> None:
    text = EXAMPLE.read_text(encoding="utf-8").replace(
        "value_ng_per_ml: 52}", "value_ng_per_ml: 900}"
    )
    path = tmp_path / "wrong.yaml"
    path.write_text(text, encoding="utf-8")
    found = run("learn", str(path))
    assert "wrong patient" in " ".join(found.stdout.split())
    document = json.loads(run("learn", str(path), "--json").stdout)
    assert [level["fits"] for level in document["levels"]].count(False) == 1
    assert document["levels"][5]["left_out"]


def test_what_is_not_there_ends_with_one_line(tmp_path: Path) -> None:
    for asked in (
        [str(tmp_path / "none.yaml")],
        ["p1", "--database", f"sqlite:///{tmp_path}/x.db"],
    ):
        done = run("learn", *asked)
        assert done.returncode == 2
        assert done.stderr.startswith("error: ")
        assert len(done.stderr.strip().splitlines()) == 1
