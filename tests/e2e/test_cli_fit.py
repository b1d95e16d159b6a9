"""``antagonist fit`` from outside: answers, documents, and one line for bad input."""

from __future__ import annotations

import json
import os
import subprocess
import sys
from pathlib import Path

import pytest

from antagonist.cli.schema_fit import FitDocument, json_schema

ROOT = Path(__file__).parents[2]
CASES = ROOT / "tests" / "validation" / "data" / "nonmem_map"
TWO = ("--model", CASES / "map_002.yaml", "--data", CASES / "map_002_data.csv")


def antagonist(*arguments: str | Path) -> subprocess.CompletedProcess[str]:
    code = "from antagonist.cli.main import run; run()"
    return subprocess.run(
        [sys.executable, "-c", code, *map(str, arguments)],
        capture_output=True,
        encoding="utf-8",
        check=False,
        env={**os.environ, "PYTHONIOENCODING": "utf-8", "COLUMNS": "120"},
    )


def test_the_published_schema_is_current() -> None:
    path = ROOT / "docs" / "reference" / "schemas" / "fit-1.json"
    assert path.read_text(encoding="utf-8") == json_schema()


def test_the_document_has_every_subject_and_level() -> None:
    done = antagonist("fit", *TWO, "--json")
    assert done.returncode == 0, done.stderr
    document = FitDocument.model_validate(json.loads(done.stdout))
    assert [e.id for e in document.estimates] == [str(n) for n in range(1, 9)]
    assert document.ends == {"least": 8, "kink": 0, "not_converged": 0, "impossible": 0}
    assert document.data.levels == sum(len(e.levels) for e in document.estimates) == 40
    assert document.data.ignored_columns == ["s2_sampling"]
    first = document.estimates[0]
    assert list(first.etas) == document.model.random_effects == ["CL", "V", "ka", "CLmet", "Vmet"]
    assert [(x.line, x.output, x.observed) for x in first.levels[:2]] == [
        (3, "conc", 91.2904),
        (4, "conc_met", 4.67756),
    ]
    assert all(e.covariance[1][0] == pytest.approx(e.covariance[0][1]) for e in document.estimates)


def test_the_same_data_give_the_same_bytes() -> None:
    one, other = (antagonist("fit", *TWO, "--json").stdout for _ in range(2))
    assert one == other != ""


def test_a_split_file_gives_the_same_estimates(tmp_path: Path) -> None:
    header, *rows = (CASES / "map_002_data.csv").read_text().splitlines()
    found = []
    for name, ids in (("a.csv", "1234"), ("b.csv", "5678")):
        part = [header, *(row for row in rows if row.split(",")[0] in ids)]
        (tmp_path / name).write_text("\n".join(part) + "\n")
        done = antagonist("fit", "--model", TWO[1], "--data", tmp_path / name, "--json")
        found += json.loads(done.stdout)["estimates"]
    whole = json.loads(antagonist("fit", *TWO, "--json").stdout)["estimates"]
    for one, other in zip(found, whole, strict=True):
        assert one["etas"] == pytest.approx(other["etas"], abs=1e-9)


def test_a_table_for_people() -> None:
    done = antagonist("fit", *TWO)
    assert done.returncode == 0, done.stderr
    assert "8 of 8 converged." in done.stdout
    assert "Columns that the model does not name: s2_sampling" in done.stdout


def test_who_did_not_converge_is_named(tmp_path: Path) -> None:
    model = (CASES / "case_001.yaml").read_text()
    none = model + "dose_inputs:\n  depot: {fraction: 0}\n"
    (tmp_path / "model.yaml").write_text(none)
    (tmp_path / "data.csv").write_text("ID,TIME,AMT,CMT,DV\n7,0,100,1,.\n7,2,0,2,1\n")
    command = ("fit", "--model", tmp_path / "model.yaml", "--data", tmp_path / "data.csv")
    done = antagonist(*command)
    assert done.returncode == 0, done.stderr
    assert "0 of 1 converged." in done.stdout
    assert "NOT converged: 7" in done.stdout
    estimate = FitDocument.model_validate(json.loads(antagonist(*command, "--json").stdout))
    assert not estimate.estimates[0].converged
    assert estimate.estimates[0].objective is None


@pytest.mark.parametrize(
    ("table", "words"),
    [
        ("ID,TIME,AMT,CMT,DV\n1,0,100,1,.\n1,2,0,9,1\n", "data.csv: line 3, column cmt"),
        ("ID,TIME,AMT,CMT,DV\n1,0,100,1,.\n1,2,0,2,one\n", "data.csv: line 3, column dv: 'one'"),
        ("ID,TIME,AMT,CMT,DV\n1,0,-5,1,.\n", "data.csv: line 2, column amt: '-5'"),
    ],
)
def test_bad_rows_are_one_line_and_exit_2(tmp_path: Path, table: str, words: str) -> None:
    (tmp_path / "data.csv").write_text(table)
    done = antagonist("fit", "--model", CASES / "case_001.yaml", "--data", tmp_path / "data.csv")
    assert done.returncode == 2
    assert done.stdout == ""
    assert words in done.stderr
    assert done.stderr.count("\n") == 1
