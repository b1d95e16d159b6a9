"""Reports of outcomes by the command line, of the example patient and of a made-up program."""

from __future__ import annotations

import json
from pathlib import Path
from typing import Any

import pytest
from typer.testing import CliRunner, Result

from antagonist.cli.main import app
from antagonist.cli.schema_outcomes import DOCUMENTS

EXAMPLE = Path(__file__).parents[2] / "examples" / "record" / "twelve_weeks.yaml"
WHO = ["--author", "nurse.ivanova", "--role", "nurse"]
MOSCOW = ["--timezone", "Europe/Moscow", "--at", "2026-05-25 12:00"]
AFTER_THE_LEVEL = ["--timezone", "Europe/Moscow", "--at", "2026-05-22 12:00"]
END = ["--at", "2026-06-30T20:00:00Z"]


class Clinic:
    """A record on SQLite and the commands on it."""

    def __init__(self, folder: Path) -> None:
        self.env = {
            "ANTAGONIST_DATABASE": f"sqlite:///{folder / 'record.db'}",
            "ANTAGONIST_KEYS": str(folder / "keys" / "record.keys"),
        }

    def run(self, *words: object, code: int = 0) -> Result:
        """A command on the record; its exit code has to be as said."""
        result = CliRunner().invoke(app, [str(word) for word in words], env=self.env)
        assert result.exit_code == code, result.output
        return result

    def document(self, name: str, *words: object) -> Any:
        """What a command prints with --json; it has to fit its schema."""
        text = self.run(*words, "--json").stdout
        DOCUMENTS[name].validate_json(text, strict=True)
        return json.loads(text)


@pytest.fixture(scope="module")
def clinic(tmp_path_factory: pytest.TempPathFactory) -> tuple[Clinic, str]:
    """The example patient's record, and the patient's id."""
    found = Clinic(tmp_path_factory.mktemp("clinic"))
    found.run("record", "init")
    made = found.run("record", "create", "--identifier", "clinic=demo-12-weeks", *WHO)
    found.run("record", "import", EXAMPLE, *WHO)
    return found, made.stdout.strip()


@pytest.mark.parametrize(("language", "word"), [("en", "Hours blocked"), ("ru", "Часы блокады")])
def test_the_example_patients_report(
    clinic: tuple[Clinic, str], tmp_path: Path, language: str, word: str
) -> None:
    record, patient = clinic
    told = record.run(
        "report", patient, *MOSCOW, "--output", tmp_path, "--language", language, "--draws", 20
    )
    assert told.stdout.split() == [str(tmp_path / f"patient.{kind}") for kind in ("html", "pdf")]
    assert word in (tmp_path / "patient.html").read_text(encoding="utf-8")
    assert (tmp_path / "patient.pdf").read_bytes().startswith(b"%PDF")


def test_the_example_patients_figures(clinic: tuple[Clinic, str]) -> None:
    record, patient = clinic
    found = record.document("report", "report", patient, *MOSCOW, "--draws", 20)["outcomes"]
    assert (found["start"], found["stay"]["ending"]) == ("2026-03-02", "in_treatment")
    assert found["opioid"]["urine"]["scheduled"] == 12
    covered = {c["basis"]: c["covered_days"] for c in found["coverage"]}
    assert covered == {"doses_by_mg": 79, "doses_by_day": 34}
    # ALT of 168 with a limit of 41, after a normal one: grade 2
    assert [g["grade"] for g in found["liver"]["grades"]] == [2, 1, 0]
    again = record.document("report", "report", patient, *MOSCOW, "--draws", 20)["outcomes"]
    assert again == found


@pytest.mark.parametrize(("language", "reported"), [("en", "reported"), ("ru", "со слов")])
def test_the_example_patients_report_shows_before_and_after_with_the_missed_dose(
    clinic: tuple[Clinic, str], tmp_path: Path, language: str, reported: str
) -> None:
    record, patient = clinic
    record.run(
        "report", patient, *AFTER_THE_LEVEL, "--output", tmp_path, "--language", language,
        "--format", "html,pdf,png",
    )  # fmt: skip
    page = " ".join((tmp_path / "patient.html").read_text(encoding="utf-8").split())
    row = page[page.index("2026-05-20 09:05 MSK, 100 ") :][:200]
    assert f"<td>{reported}</td><td>70 %</td><td>&lt;1 %</td>" in row
    # the own model is the first section after the head
    assert page.index("<h2>") < page.index("<figure>") < page.index("<h2>", page.index("<h2>") + 1)
    assert (tmp_path / "patient-own-model.png").read_bytes().startswith(b"\x89PNG")


def test_the_example_patients_own_model_in_the_document(clinic: tuple[Clinic, str]) -> None:
    record, patient = clinic
    found = record.document("report", "report", patient, *AFTER_THE_LEVEL)["own_model"]
    chances = [(d["before"], d["after"]) for d in found["doses"] if d["evidence"] == "reported"]
    assert len(chances) == 1
    assert chances[0][0] == pytest.approx(0.7)
    assert chances[0][1] < 0.05
    assert (found["misfits"], found["why_not"]) == ([], None)
    assert found["present_regimen"] == "r3_monday_wednesday_friday"
    assert all(p["evidence"] for p in found["regimens"])
    # before the level nothing denies the report
    early = ("--timezone", "Europe/Moscow", "--at", "2026-05-22 08:00")
    before = record.document("report", "report", patient, *early)["own_model"]
    (still,) = [d["after"] for d in before["doses"] if d["evidence"] == "reported"]
    assert still == pytest.approx(0.7, abs=0.05)


def test_a_program_of_one_is_hidden(clinic: tuple[Clinic, str], tmp_path: Path) -> None:
    record, _ = clinic
    found = record.document("programme", "programme", "report", *MOSCOW, "--draws", 8)["outcomes"]
    assert (found["on_record"], found["groups"], found["retention"]) == (None, [], [])
    record.run("programme", "report", *MOSCOW, "--draws", 8, "--output", tmp_path)
    assert (tmp_path / "programme.html").exists()


def test_made_up_patients_are_not_mixed_with_real_ones(clinic: tuple[Clinic, str]) -> None:
    record, _ = clinic
    refused = record.run("programme", "simulate", "--patients", 3, code=2)
    assert "not mixed" in refused.stderr


def test_a_made_up_program_and_its_report(tmp_path: Path) -> None:
    record = Clinic(tmp_path)
    simulate = ("programme", "simulate", "--patients", 40, "--seed", 2, "--until", "2026-06-30")
    made = record.document("programme", *simulate)["simulated"]
    assert (made["patients"], made["until"]) == (40, "2026-06-30")
    assert "0 problems" in record.run("record", "verify").stdout
    found = record.document("programme", "programme", "report", *END, "--draws", 8)["outcomes"]
    assert found["on_record"] == 40
    assert sum(1 for row in found["blocked"]) >= 2
    for language in ("en", "ru"):
        folder = tmp_path / language
        record.run(
            "programme", "report", *END, "--draws", 8, "--output", folder, "--language", language,
            "--format", "html,pdf,png",
        )  # fmt: skip
        names = {path.name for path in folder.iterdir()}
        assert {"programme.html", "programme.pdf", "programme-retention.png"} <= names
    assert "identifier" in record.run(*simulate, code=2).stderr


@pytest.mark.parametrize(
    ("words", "field"),
    [
        (("report", "nobody"), "patient"),
        (("programme", "report", "--format", "doc"), "formats"),
        (("programme", "report", "--draws", "0"), "draws"),
        (("programme", "simulate", "--until", "soon"), "until"),
        (("programme", "simulate", "--patients", "0"), "patients"),
    ],
)
def test_bad_input_is_one_line(tmp_path: Path, words: tuple[str, ...], field: str) -> None:
    record = Clinic(tmp_path)
    record.run("record", "init")
    told = record.run(*words, code=2).stderr
    assert told.startswith("error: ")
    assert field in told
    assert len(told.splitlines()) == 1
