"""``antagonist simulate`` from outside: answers, files, and one line for bad input."""

from __future__ import annotations

import json
import os
import re
import subprocess
import sys
from pathlib import Path

import pytest

from antagonist.cli.schema_simulate import SimulateDocument

ROOT = Path(__file__).parents[2]
EXAMPLE = ROOT / "examples" / "daily_tablet.yaml"
FEW = ("--draws", "40")
AGONISTS = re.compile(r"heroin|героин|morphin|морфин|fentanyl|фентанил|\b25 (mg|мг)", re.IGNORECASE)
TABLE = "ID,TIME,AMT,ADDL,II,product\n1,0,50,3,24,oral_tablet\n2/b,0,100,1,48,oral_tablet\n"


def antagonist(*arguments: str | Path) -> subprocess.CompletedProcess[str]:
    code = "from antagonist.cli.main import run; run()"
    return subprocess.run(
        [sys.executable, "-c", code, *map(str, arguments)],
        capture_output=True,
        encoding="utf-8",
        check=False,
        env={**os.environ, "PYTHONIOENCODING": "utf-8", "COLUMNS": "120"},
    )


def course(**changes: object) -> str:
    """A small course in YAML; a value of None leaves its key out."""
    lines = {
        "timezone": "Europe/Moscow",
        "as_of": "2026-03-03 09:00",
        "forecast": "2 d",
        "product": "oral_tablet",
        "dose": "50 mg",
        "at": "2026-03-02 09:00",
    } | changes
    top = [f"{k}: {v}" for k, v in lines.items() if k not in ("product", "dose", "at")]
    inner = [f"    {k}: {lines[k]}" for k in ("product", "dose", "at")]
    text = "\n".join([*top, "doses:", "  -" + inner[0][3:], *inner[1:]])
    return "\n".join(line for line in text.splitlines() if not line.endswith(": None")) + "\n"


def test_answer_and_report(tmp_path: Path) -> None:
    out = tmp_path / "out"
    done = antagonist("simulate", EXAMPLE, "--out", out, *FEW)
    assert done.returncode == 0, done.stderr
    for words in (
        "Protected until at least",
        "Opioids may be blunted until",
        "Overdose danger from",
        "What 25 mg heroin, intravenous would still do",
        "Breathing may stop before any high is felt.",
        "Parameter set ",
        "40 draws",
        "not a certified medical device",
        f"written: {out / 'forecast.html'}",
        f"written: {out / 'forecast.svg'}",
    ):
        assert words in done.stdout
    assert sorted(path.name for path in out.iterdir()) == ["forecast.html", "forecast.svg"]
    assert "\x1b" not in done.stdout
    assert not re.search(r"\bsafe", done.stdout, re.IGNORECASE)


def test_russian_patient_has_no_agonist_dose(tmp_path: Path) -> None:
    out = tmp_path / "out"
    options = ("--language", "ru", "--audience", "patient", "--format", "html,png")
    done = antagonist("simulate", EXAMPLE, "--out", out, *options, *FEW)
    assert done.returncode == 0, done.stderr
    assert "Защита сохраняется не менее чем до" in done.stdout
    assert "Это может вас убить" in done.stdout
    assert sorted(p.name for p in out.iterdir()) == [
        "forecast-patient.html",
        "forecast-patient.png",
    ]
    page = (out / "forecast-patient.html").read_text("utf-8")
    for text in (done.stdout, page):
        assert not AGONISTS.search(text)


def test_json_is_the_documented_document() -> None:
    options = ("--challenge", "fentanyl iv 0.1 mg", "--at", "24h", "--at", "2 d", "--step", "24")
    done = antagonist("simulate", EXAMPLE, "--json", "--threshold", "0.8", *options, *FEW)
    assert done.returncode == 0, done.stderr
    assert json.loads(done.stdout)["schema"] == "antagonist.simulate/1"
    (answer,) = SimulateDocument.model_validate_json(done.stdout).forecasts
    assert str(answer.course.as_of) == "2026-03-16 09:00:00+03:00"
    assert len(answer.course.doses) == 12
    assert answer.threshold.blocked_fraction == answer.stated[0].blocked_fraction == 0.8
    assert {(p.agonist, p.route, p.dose_mg) for p in answer.challenges} == {("fentanyl", "iv", 0.1)}
    assert sorted({p.time_h - answer.course.as_of_h for p in answer.challenges}) == [24.0, 48.0]
    for point in answer.challenges:
        physiological = point.endpoint == "physiological"
        assert (point.breakthrough_low_mg is not None) is physiological
        assert (point.breakthrough_warning is not None) is physiological
        assert point.extrapolated
    band = answer.bands["blocked_subjective"]
    assert band.time_h == [24.0 * day for day in range(29)]
    assert band.quantiles["0.5"][14] == pytest.approx(answer.now["blocked_subjective"].interval[1])


def test_json_for_patients_has_no_agonist_dose() -> None:
    done = antagonist("simulate", EXAMPLE, "--json", "--audience", "patient", *FEW)
    assert done.returncode == 0, done.stderr
    assert not AGONISTS.search(done.stdout)
    (answer,) = SimulateDocument.model_validate_json(done.stdout).forecasts
    assert answer.challenges == []
    assert answer.threshold.reference is None


def test_each_subject_of_a_table_has_its_folder(tmp_path: Path) -> None:
    table, out = tmp_path / "events.csv", tmp_path / "out"
    table.write_text(TABLE, encoding="utf-8")
    done = antagonist("simulate", table, "--out", out, "--json", "--format", "svg", *FEW)
    assert done.returncode == 0, done.stderr
    found = SimulateDocument.model_validate_json(done.stdout).forecasts
    assert [answer.course.patient for answer in found] == ["1", "2/b"]
    assert found[0].course.as_of is None
    files = sorted(str(p.relative_to(out)) for p in out.rglob("*") if p.is_file())
    assert files == [str(Path("1", "forecast.svg")), str(Path("2_b", "forecast.svg"))]
    assert done.stderr.count("written: ") == 2


BAD_COURSES = {
    "unknown product": (
        course(product="oral_tablt"),
        "doses[0].product: 'oral_tablt'",
        "oral_tablet'?",
    ),
    "negative dose": (course(dose="-50 mg"), "doses[0].dose: '-50 mg'", "0 or more"),
    "absurd dose": (course(dose="50 g"), "doses[0].dose: '50000 mg'", "at most 1000 mg"),
    "naive time": (course(timezone=None), "as_of: '2026-03-03 09:00'", "offset"),
    "missing unit": (course(dose="50"), "doses[0].dose: 50", "mg"),
    "unknown key": (course(forcast="2 d"), "forcast: 'forcast'", "did you mean 'forecast'?"),
    "now before doses": (course(as_of="2026-03-01 09:00"), "as_of: ", "not before the first dose"),
    "no data": (course(product="implant_gel", dose="1 g"), "product: 'implant_gel'", "no data"),
    "empty": ("", "bad.yaml: nothing", "the file is empty"),
    "bad yaml": ("doses: [", "line ", "valid YAML"),
}


@pytest.mark.parametrize(("text", "found", "allowed"), BAD_COURSES.values(), ids=BAD_COURSES)
def test_bad_course_is_one_line(tmp_path: Path, text: str, found: str, allowed: str) -> None:
    path = tmp_path / "bad.yaml"
    path.write_text(text, encoding="utf-8")
    refused(antagonist("simulate", path, "--out", tmp_path / "out"), tmp_path, found, allowed)


BAD_TABLES = {
    "no subjects": ("ID,TIME,AMT,product\n", "a header without rows", "at least one subject"),
    "no dose": ("ID,TIME,AMT,product\n1,0,0,.\n", "subject 1", "at least one dose"),
    "falling times": (
        "ID,TIME,AMT,product\n1,5,50,oral_tablet\n1,4,50,oral_tablet\n",
        "line 3, column time: '4'",
        "5 or more",
    ),
    "unknown column": (
        "ID,TIME,AMT,product,wieght_kg\n1,0,50,oral_tablet,70\n",
        "column wieght_kg",
        "did you mean 'weight_kg'?",
    ),
}


@pytest.mark.parametrize(("text", "found", "allowed"), BAD_TABLES.values(), ids=BAD_TABLES)
def test_bad_table_is_one_line(tmp_path: Path, text: str, found: str, allowed: str) -> None:
    path = tmp_path / "bad.csv"
    path.write_text(text, encoding="utf-8")
    refused(antagonist("simulate", path, "--out", tmp_path / "out"), tmp_path, found, allowed)


def test_unreadable_files_are_one_line(tmp_path: Path) -> None:
    for path in (tmp_path / "bad.yaml", tmp_path):
        done = antagonist("simulate", path, "--out", tmp_path / "out")
        refused(done, tmp_path, path.name, "a readable YAML file", source=path.name)


@pytest.mark.parametrize(
    ("options", "found", "allowed"),
    [
        (("--threshold", "1.5"), "--threshold: 1.5", "between 0 and 1"),
        (("--challenge", "heroine iv 25 mg"), "'heroine'", "did you mean heroin?"),
        (("--challenge", "heroin iv 25"), "--challenge: dose: '25'", "mg"),
        (("--at", "tomorrow"), "--at: 'tomorrow'", "h, d"),
        (("--format", "pdf"), "--format: 'pdf'", "html, svg, png"),
        (("--audience", "patient", "--challenge", "heroin iv 25 mg"), "--challenge", "no opioid"),
    ],
    ids=lambda value: " ".join(value) if isinstance(value, tuple) else "",
)
def test_bad_option_is_one_line(
    tmp_path: Path, options: tuple[str, ...], found: str, allowed: str
) -> None:
    done = antagonist("simulate", EXAMPLE, "--out", tmp_path / "out", *options)
    refused(done, tmp_path, found, allowed, source="--")


@pytest.mark.parametrize("options", [("--draws", "0"), ("--language", "de"), ("--nonsense",)])
def test_options_that_do_not_exist_end_with_two(tmp_path: Path, options: tuple[str, ...]) -> None:
    done = antagonist("simulate", EXAMPLE, "--out", tmp_path / "out", *options)
    assert done.returncode == 2
    assert "Traceback" not in done.stderr
    assert not (tmp_path / "out").exists()


def refused(
    done: subprocess.CompletedProcess[str],
    folder: Path,
    found: str,
    allowed: str,
    source: str = "bad.",
) -> None:
    """Exit code 2, one line that says what was found and what is allowed, nothing written."""
    assert done.returncode == 2, done.stdout
    assert done.stdout == ""
    (line,) = done.stderr.splitlines()
    assert line.startswith(f"error: {source}")
    assert " is not allowed (" in line
    assert found in line
    assert allowed in line
    assert not (folder / "out").exists()
