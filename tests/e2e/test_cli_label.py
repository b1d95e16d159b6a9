"""``antagonist label`` from outside: list, show, diff, and check of a clinic's own rules."""

from __future__ import annotations

import json
from pathlib import Path
from typing import Any

import pytest
from typer.testing import CliRunner

from antagonist.cli.main import app
from antagonist.cli.schema_label import DOCUMENTS

RULES = """
category: clinic
rules:
  - id: clinic-weight
    topic: weight
    jurisdictions: [clinic]
    indications: [opioid, alcohol]
    routes: [oral, im_xr, implant]
    asked: [start]
    severity: defer
    when: {op: compare, fact: weight_kg, is: "<", value: 45, unit: kg}
    text: {en: "Below 45 kg the clinic waits.", ru: "При массе тела меньше 45 кг клиника ждёт."}
    source: ["the clinic"]
    provenance: own
    cases:
      - {name: light, facts: {weight_kg: 44.9}, gives: "true"}
      - {name: at the limit, facts: {weight_kg: 45}, gives: "false"}
      - {name: not weighed, facts: {}, gives: unknown}
"""


def run(*options: str) -> Any:
    return CliRunner().invoke(app, ["label", *options])


def printed(name: str, *options: str) -> dict[str, Any]:
    done = run(*options, "--json")
    assert (done.exit_code, done.stderr) == (0, "")
    DOCUMENTS[name].validate_json(done.stdout)
    found: dict[str, Any] = json.loads(done.stdout)
    assert found["schema"] == f"antagonist.{name}/1"
    return found


def test_the_list_has_the_rules_of_a_jurisdiction_only() -> None:
    every = printed("label-rules", "list")["rules"]
    own = printed("label-rules", "list", "--jurisdiction", "us_xr")["rules"]
    assert 0 < len(own) < len(every)
    assert all("us_xr" in rule["jurisdictions"] for rule in own)
    assert {rule["id"] for rule in every if "us_xr" in rule["jurisdictions"]} == {
        rule["id"] for rule in own
    }
    for rule in every:
        assert rule["text"]["en"]
        assert rule["text"]["ru"]
        assert rule["source"]
        assert rule["provenance"] in ("seen", "secondary", "recalled", "own")


@pytest.mark.parametrize(
    ("language", "words"),
    [("en", ("contraindicated", "Base text", "true", "unknown")), ("ru", ("Базовый текст",))],
)
def test_a_rule_is_shown_with_condition_source_and_cases(
    language: str, words: tuple[str, ...]
) -> None:
    done = run("show", "hepatitis-base", "--language", language)
    assert done.exit_code == 0
    assert done.stdout.startswith("hepatitis-base")
    assert all(word in done.stdout for word in words)
    (rule,) = printed("label-rules", "show", "hepatitis-base")["rules"]
    assert (rule["id"], rule["severity"]) == ("hepatitis-base", "contraindicated")
    assert rule["rows"] == ["C2"]
    assert rule["when"]["op"]


def test_two_labels_are_put_side_by_side() -> None:
    found = printed("label-diff", "diff", "us_oral", "ru_oral")
    assert (found["first"], found["second"]) == ("us_oral", "ru_oral")
    by_topic = {row["topic"]: row for row in found["topics"]}
    assert len(by_topic) == len(found["topics"])
    for row in found["topics"]:
        empty = [not row["us_oral"], not row["ru_oral"]]
        assert empty == [row["difference"] == "only_second", row["difference"] == "only_first"]
    back = printed("label-diff", "diff", "ru_oral", "us_oral")["topics"]
    mirror = {
        "stricter_first": "stricter_second",
        "stricter_second": "stricter_first",
        "only_first": "only_second",
        "only_second": "only_first",
        "same": "same",
    }
    there = {topic: mirror[row["difference"]] for topic, row in by_topic.items()}
    assert there == {row["topic"]: row["difference"] for row in back}
    done = run("diff", "us_oral", "ru_oral", "--language", "ru")
    assert done.exit_code == 0
    assert "Инструкция США" in done.stdout


def test_a_label_differs_from_itself_in_nothing() -> None:
    topics = printed("label-diff", "diff", "uk", "uk")["topics"]
    assert {row["difference"] for row in topics} == {"same"}


def test_a_clinic_s_rules_that_hold_pass(tmp_path: Path) -> None:
    (tmp_path / "own.yaml").write_text(RULES, "utf-8")
    found = printed("label-check", "check", str(tmp_path))
    assert (found["rules"], found["cases"], found["failing"]) == (["clinic-weight"], 3, [])
    done = run("check", str(tmp_path))
    assert (done.exit_code, done.stderr) == (0, "")


def test_a_case_that_does_not_come_out_exits_2(tmp_path: Path) -> None:
    wrong = RULES.replace('{weight_kg: 45}, gives: "false"', '{weight_kg: 45}, gives: "true"')
    (tmp_path / "own.yaml").write_text(wrong, "utf-8")
    done = run("check", str(tmp_path))
    assert done.exit_code == 2
    assert done.stderr == ("error: clinic-weight: at the limit: comes out false, written true\n")
    as_json = run("check", str(tmp_path), "--json")
    assert as_json.exit_code == 2
    DOCUMENTS["label-check"].validate_json(as_json.stdout)
    failing = json.loads(as_json.stdout)["failing"]
    assert failing == [["clinic-weight", "at the limit", "false", "true"]]


@pytest.mark.parametrize(
    ("old", "new", "words"),
    [
        ("jurisdictions: [clinic]", "jurisdictions: [us_oral]", "jurisdictions: ['us_oral']"),
        ("severity: defer", "severity: defer\n    departs: true", "cannot loosen"),
        ("id: clinic-weight", "id: hepatitis-base", "cannot be replaced"),
        ("fact: weight_kg", "fact: weight_kgs", "weight_kgs"),
        ("unit: kg", "unit: stone", "stone"),
        ("severity: defer", "severity: forbid", "severity (line 10)"),
        ("topic: weight", "topics: weight", "topic"),
        ("provenance: own", "provenance: heard", "provenance (line 14)"),
        ('ru: "При массе тела меньше 45 кг клиника ждёт."', 'ru: ""', "text.ru (line 12)"),
        ("category: clinic", "- x", "own.yaml"),
    ],
)
def test_a_clinic_s_rule_that_is_wrong_is_refused_in_one_line(
    old: str, new: str, words: str, tmp_path: Path
) -> None:
    assert old in RULES
    (tmp_path / "own.yaml").write_text(RULES.replace(old, new), "utf-8")
    done = run("check", str(tmp_path), "--json")
    assert (done.exit_code, done.stdout) == (2, "")
    assert words in done.stderr
    assert len(done.stderr.splitlines()) == 1


@pytest.mark.parametrize(
    ("options", "words"),
    [
        (("show", "hepatitis-bas"), "did you mean hepatitis-base"),
        (("diff", "us_oral", "ru_orl"), "did you mean ru_oral"),
        (("list", "--at", "2026-13-01"), "at: '2026-13-01'"),
        (("list", "--jurisdiction", "us_orl"), "did you mean us_oral"),
        (("check", "no-such-folder"), "no-such-folder"),
    ],
)
def test_bad_input_gets_one_line_and_exit_2(options: tuple[str, ...], words: str) -> None:
    done = run(*options)
    assert (done.exit_code, done.stdout) == (2, "")
    assert words in done.stderr
    assert len(done.stderr.splitlines()) == 1
