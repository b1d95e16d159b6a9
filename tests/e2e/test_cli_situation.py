"""Situations and the provocation test from the command line, in both languages."""

from __future__ import annotations

import json
from pathlib import Path

import pytest
from typer.testing import CliRunner, Result

from antagonist.cli.main import app

EXAMPLES = Path(__file__).parents[2] / "examples"
INJECTION = EXAMPLES / "treatment" / "injection_late.yaml"
TABLETS = EXAMPLES / "treatment" / "tablets.yaml"
MISSED = ["--planned", "2026-11-25 09:00", "--dose", "100 mg", "--next", "2026-11-27 09:00",
          "--spaced"]  # fmt: skip


def run(*words: object) -> Result:
    return CliRunner().invoke(app, [str(word) for word in words], env={"COLUMNS": "200"})


@pytest.mark.parametrize(
    ("words", "english", "russian"),
    [
        (["late", INJECTION], "3 days late", "просрочена на 3 дня"),
        (["missed", TABLETS, *MISSED], "Take the missed 100 mg today", "пропущенную дозу 100 мг"),
        (["switch", TABLETS, "--from", "oral", "--to", "im_xr"], "Change of form", "Смена формы"),
        (["surgery", TABLETS, "--at", "2027-01-10 09:00"], "the later of the two", "более поздний"),
        (["pain", TABLETS], "without opioids first", "Сначала обезболивание без опиоидов"),
        (["stop", TABLETS], "Offer naloxone", "Предложить налоксон"),
    ],
)
def test_each_situation_answers_in_both_languages(
    words: list[object], english: str, russian: str
) -> None:
    for language, text in (("en", english), ("ru", russian)):
        shown = run("situation", *words, "--language", language)
        assert shown.exit_code == 0, shown.output
        assert text in shown.output


@pytest.mark.parametrize(
    "words",
    [["late", INJECTION], ["missed", TABLETS, *MISSED], ["stop", TABLETS], ["pain", TABLETS]],
)
def test_no_situation_names_a_break_through_dose(words: list[object]) -> None:
    shown = run("situation", *words)
    assert "heroin" not in shown.output.lower()
    assert "fentanyl" not in shown.output.lower()


def test_the_later_of_guideline_and_model_is_used() -> None:
    shown = run("situation", "surgery", TABLETS, "--at", "2027-01-10 09:00", "--json")
    dates = json.loads(shown.stdout)["dates"]
    later = max(dates["opioids_by_guideline"], dates["opioids_by_model"])
    assert dates["opioids_may_work"] == later


@pytest.mark.parametrize(
    ("words", "match"),
    [
        (["missed", TABLETS, "--planned", "soon", *MISSED[2:]], "planned: 'soon' is not allowed"),
        (["missed", TABLETS, *MISSED[:3], "100", *MISSED[4:]], "dose: '100' is not allowed"),
        (["surgery", TABLETS, "--at", "2026-01-01 09:00"], "surgery_at"),
        (["switch", TABLETS, "--from", "oral", "--to", "oral"], "a form other than oral"),
        (["late", EXAMPLES / "patients" / "eligible_opioid.yaml"], "naltrexone.doses"),
        (["late", INJECTION, "--jurisdiction", "mars"], "jurisdiction: 'mars'"),
    ],
)
def test_bad_input_is_one_line_and_exit_code_2(words: list[object], match: str) -> None:
    shown = run("situation", *words)
    assert shown.exit_code == 2
    assert match in shown.output
    assert len(shown.stderr.strip().splitlines()) == 1


PATIENTS = EXAMPLES / "patients"
TABLET = ["--product", "naltrexone-hcl-us-chartwell-50", "--jurisdiction", "us"]


def test_the_provocation_test_shows_the_next_step() -> None:
    shown = run(
        "provocation", PATIENTS / "eligible_opioid.yaml", *TABLET,
        "--events", EXAMPLES / "provocation" / "events.yaml",
    )  # fmt: skip
    assert shown.exit_code == 0
    assert "→ 2. No sign so far: give another 0.6 mg" in shown.output
    assert "Only naloxone is offered" in shown.output


def test_the_provocation_test_is_not_offered_with_an_opioid_in_the_urine() -> None:
    shown = run("provocation", PATIENTS / "urine_positive.yaml", *TABLET, "--json")
    document = json.loads(shown.stdout)
    assert (document["eligible"], document["state"]) == (False, None)


def test_events_that_cannot_be_are_one_line_and_exit_code_2(tmp_path: Path) -> None:
    log = tmp_path / "events.yaml"
    log.write_text("events:\n  - {kind: given, at: 2026-11-25 09:35, step: 0}\n", encoding="utf-8")
    shown = run("provocation", PATIENTS / "eligible_opioid.yaml", *TABLET, "--events", log)
    assert shown.exit_code == 2
    assert "events[0].kind: 'given' is not allowed (baseline)" in shown.stderr


def test_bench_measures_screening(tmp_path: Path) -> None:
    shown = run("bench", "--patients", tmp_path)
    assert shown.exit_code == 2
    assert "a folder with patient files" in shown.stderr
