"""``antagonist screen`` from outside: the six example patients, bad facts, output."""

from __future__ import annotations

import json
import subprocess
import sys
from collections.abc import Sequence
from pathlib import Path
from typing import Any

import pytest
import yaml
from tests.support.patients import EXAMPLES, INJECTION, RU_TABLET, US_TABLET, content, fact
from typer.testing import CliRunner

from antagonist.cli.main import app
from antagonist.cli.schema_label import DOCUMENTS

RU_INJECTION = "vivitrol-ru-380"
OF = {"us": (US_TABLET, INJECTION), "ru": (RU_TABLET, RU_INJECTION)}
HCV_RECORD = {
    "rule": "hepatitis-base",
    "reason": "chronic hepatitis C without activity, ALT normal",
    "first_person": "Dr A",
    "second_person": "Dr B",
    "date": "2026-11-25",
}
OWN_RULE = """
category: clinic
rules:
  - id: clinic-weight
    topic: weight
    jurisdictions: [clinic]
    indications: [opioid]
    routes: [oral, im_xr, implant]
    asked: [start]
    severity: {severity}
    when: {{op: compare, fact: weight_kg, is: "<", value: {limit}, unit: kg}}
    text: {{en: "Too light for this clinic.", ru: "Масса тела мала для этой клиники."}}
    source: ["the clinic"]
    provenance: own
    cases:
      - {{name: light, facts: {{weight_kg: 30}}, gives: "true"}}
"""


def run(*options: str) -> Any:
    return CliRunner().invoke(app, ["screen", *options])


def screened(path: Path, *products: str, label: str | None = None) -> list[Any]:
    """Answers that the command prints as JSON, checked against the published shape."""
    asked = [word for product in products for word in ("--product", product)]
    done = run(str(path), *asked, *(["--jurisdiction", label] if label else []), "--json")
    assert (done.exit_code, done.stderr) == (0, "")
    DOCUMENTS["screen"].validate_json(done.stdout)
    document = json.loads(done.stdout)
    assert document["schema"] == "antagonist.screen/1"
    answers: list[Any] = document["answers"]
    return answers


def rules(entries: Sequence[Any]) -> set[str]:
    return {entry["rule"] for entry in entries}


def written(tmp_path: Path, name: str = "eligible_opioid", **changes: Any) -> Path:
    path = tmp_path / "patient.yaml"
    path.write_text(yaml.safe_dump(content(name, **changes), allow_unicode=True), "utf-8")
    return path


@pytest.mark.parametrize("label", ["us", "ru", None])
def test_who_meets_every_gate_is_allowed(label: str | None) -> None:
    answers = screened(EXAMPLES / "eligible_opioid.yaml", *OF[label or "us"], label=label)
    for found in answers:
        assert (found["verdict"], found["base"], found["chosen"]) == ("allowed",) * 3
        assert (found["reasons"], found["missing"], found["departure"]) == ([], [], None)


def test_five_days_after_heroin_it_is_too_early_until_the_base_ten_days_are_over() -> None:
    for found in screened(EXAMPLES / "too_early.yaml", *OF["us"], label="us"):
        assert (found["verdict"], found["earliest"]) == ("not_yet", "2026-11-30")
        over = {entry["rule"]: entry["on"] for entry in found["timeline"]}
        assert over["opioid-free-base"] == "2026-11-30"  # 10 days after 20 November
        assert over["opioid-free-us"] == "2026-11-27"  # 7 days
        assert {"opioid-free-base", "opioid-free-us"} <= rules(found["reasons"])


def test_five_days_after_heroin_it_is_too_early_in_russia_and_without_a_chosen_label() -> None:
    for label in ("ru", None):
        for found in screened(EXAMPLES / "too_early.yaml", *OF["ru"], label=label):
            assert found["verdict"] in ("not_allowed", "not_yet")
            assert found["base"] == "not_yet"
            assert "opioid-free-base" in rules(found["reasons"])


@pytest.mark.parametrize("label", ["us", "ru", None])
def test_an_opioid_in_the_urine_closes_every_product(label: str | None) -> None:
    answers = screened(EXAMPLES / "urine_positive.yaml", label=label)
    assert len(answers) >= 9
    for found in answers:
        assert (found["verdict"], found["base"]) == ("not_allowed", "not_allowed")
        assert found["earliest"] is None
        (reason,) = (r for r in found["reasons"] if r["rule"] == "urine-opioid-positive")
        assert reason["severity"] in ("contraindicated", "stop")


@pytest.mark.parametrize("label", ["us", "ru"])
def test_lactose_intolerance_closes_what_bears_lactose_and_names_the_rest(label: str) -> None:
    path = EXAMPLES / "lactose_intolerance.yaml"
    tablet, injection = screened(path, *OF[label], label=label)
    assert (tablet["verdict"], rules(tablet["reasons"])) == ("not_allowed", {"lactose"})
    assert injection["verdict"] == "allowed"
    left = tablet["alternatives"]
    assert left["avoid"] == ["lactose_bearing"]
    assert injection["product"] in left["free"]
    assert tablet["product"] not in (*left["free"], *left["unknown"])
    every = {found["product"]: found["verdict"] for found in screened(path, label=label)}
    assert {every[name] for name in left["free"] if name in every} == {"allowed"}
    assert "allowed" not in {every[name] for name in left["unknown"] if name in every}


@pytest.mark.parametrize("label", ["us", "ru", None])
def test_raised_alt_is_a_caution_that_the_prescriber_acknowledges(label: str | None) -> None:
    path = EXAMPLES / "alcohol_raised_alt.yaml"  # ALT 139 of 41: 3.4 times
    for found in screened(path, *OF[label or "us"], label=label):
        assert (found["verdict"], found["indication"]) == ("allowed_with_caution", "alcohol")
        (caution,) = (c for c in found["cautions"] if c["rule"] == "liver-enzymes-gate")
        assert "alt_xuln" in {use["fact"] for use in caution["facts"]}


@pytest.mark.parametrize("label", ["us", "ru"])
def test_chronic_hepatitis_is_closed_by_the_base_text_until_two_people_answer_for_it(
    label: str, tmp_path: Path
) -> None:
    for found in screened(EXAMPLES / "chronic_hepatitis_c.yaml", *OF[label], label=label):
        assert (found["verdict"], found["base"]) == ("not_allowed", "not_allowed")
        assert found["chosen"] in ("allowed", "allowed_with_caution")
        departure = found["departure"]
        assert departure["rules"] == ["hepatitis-base"]
        assert departure["needs"] == ["reason", "second_person"]
        assert departure["accepted"] is False
    path = written(tmp_path, "chronic_hepatitis_c", departures=[HCV_RECORD])
    for found in screened(path, *OF[label], label=label):
        assert (found["verdict"], found["base"]) == ("allowed_with_caution", "not_allowed")
        assert found["departure"]["accepted"] is True


def test_without_a_chosen_label_there_is_nothing_to_depart_to(tmp_path: Path) -> None:
    path = written(tmp_path, "chronic_hepatitis_c", departures=[HCV_RECORD])
    (found,) = screened(path, US_TABLET)
    assert (found["verdict"], found["departure"]) == ("not_allowed", None)


def test_a_record_for_another_rule_opens_nothing(tmp_path: Path) -> None:
    record = {**HCV_RECORD, "rule": "kidney-base"}
    path = written(tmp_path, "chronic_hepatitis_c", departures=[record])
    (found,) = screened(path, US_TABLET, label="us")
    assert (found["verdict"], found["departure"]["accepted"]) == ("not_allowed", False)


def test_what_is_not_known_is_unknown_and_the_next_test_is_named(tmp_path: Path) -> None:
    path = written(tmp_path, facts={"alt": None, "ast": None})
    (found,) = screened(path, US_TABLET, label="us")
    assert found["verdict"] == "unknown"
    assert found["reasons"] == []
    assert {"alt_xuln", "ast_xuln"} & {test["fact"] for test in found["next_tests"]}


BAD = [
    ({"facts": {"weight_kg": fact(74, unit="stone")}}, "facts.weight_kg.unit: 'stone'"),
    ({"facts": {"alt": fact(31, upper_limit=41)}}, "facts.alt.unit: nothing"),
    ({"facts": {"alt": fact(-3, unit="U/L", upper_limit=41)}}, "facts.alt.value: -3"),
    (
        {"facts": {"lactating": {"value": False, "date": "2026-11-26", "source": "x"}}},
        "facts.lactating.date: '2026-11-26'",
    ),
    ({"birth_date": "1905-01-01"}, "birth_date: '1905-01-01'"),
    ({"birth_date": "1596-01-01"}, "birth_date: '1596-01-01'"),
    ({"birth_date": "2027-01-01"}, "birth_date: '2027-01-01'"),
    ({"facts": {"age_years": fact(430, unit="a")}}, "age_years"),
    ({"facts": {"pregnancy_test": fact("positive")}}, "facts.pregnancy_test: 'positive'"),
    ({"facts": {"lactating": fact(True)}}, "facts.lactating: True"),
    ({"facts": {"sex": fact("mail")}}, "facts.sex.value: 'mail'"),
    ({"facts": {"lactoseintolerance": fact(True)}}, "facts: 'lactoseintolerance'"),
    ({"timezone": "Europe/Moskow"}, "timezone: 'Europe/Moskow'"),
    ({"indication": "other"}, "indication: 'other'"),
    ({"as_of": None}, "as_of: nothing"),
    (
        {"departures": [{**HCV_RECORD, "second_person": " dr a"}]},
        "second_person is someone else than first_person",
    ),
]


@pytest.mark.parametrize(("changes", "words"), BAD, ids=[words for _, words in BAD])
def test_a_bad_fact_gets_one_line_that_names_it_and_exit_2(
    changes: dict[str, Any], words: str, tmp_path: Path
) -> None:
    done = run(str(written(tmp_path, **changes)), "--product", US_TABLET, "--json")
    assert (done.exit_code, done.stdout) == (2, "")
    assert words in done.stderr
    assert done.stderr.startswith("error: ")
    assert len(done.stderr.splitlines()) == 1


@pytest.mark.parametrize(
    ("born", "base"),
    [
        ("1906-11-25", "not_allowed"),  # 120: the oldest that is read
        ("1960-11-25", "not_allowed"),  # 66 today
        ("1960-11-26", "allowed"),  # 65
        ("2008-11-25", "allowed"),  # 18 today
        ("2008-11-26", "allowed_with_caution"),  # 17
    ],
)
def test_age_goes_by_calendar_date(born: str, base: str, tmp_path: Path) -> None:
    (found,) = screened(written(tmp_path, birth_date=born), US_TABLET, label="us")
    assert found["base"] == base


@pytest.mark.parametrize(
    ("options", "words"),
    [
        (("--product", "vivitrol-us-381"), "did you mean vivitrol-us-380"),
        (("--jurisdiction", "mars"), "jurisdiction: 'mars'"),
        (("--as-of", "yesterday"), "as_of: 'yesterday'"),
        (("--rules", "no-such-folder"), "a folder with YAML files of rules"),
        (("--question", "strat"), "--question"),
    ],
)
def test_a_wrong_option_exits_2_without_a_traceback(options: tuple[str, ...], words: str) -> None:
    done = run(str(EXAMPLES / "eligible_opioid.yaml"), *options)
    assert (done.exit_code, done.stdout) == (2, "")
    assert words in done.stderr
    assert "Traceback" not in done.stderr


def test_a_file_that_is_absent_or_no_yaml_exits_2(tmp_path: Path) -> None:
    (tmp_path / "broken.yaml").write_text("patient: [", "utf-8")
    for name in ("absent.yaml", "broken.yaml"):
        done = run(str(tmp_path / name))
        assert (done.exit_code, done.stdout) == (2, "")
        assert name in done.stderr
        assert len(done.stderr.splitlines()) == 1


def test_a_json_file_is_read_like_the_yaml(tmp_path: Path) -> None:
    path = tmp_path / "patient.json"
    path.write_text(json.dumps(content(), default=str, ensure_ascii=False), "utf-8")
    as_json = screened(path, US_TABLET, label="us")
    assert as_json == screened(EXAMPLES / "eligible_opioid.yaml", US_TABLET, label="us")


def test_several_statements_that_differ_are_shown_and_settle_nothing(tmp_path: Path) -> None:
    said = [
        {"value": "none", "date": "2026-11-20", "source": "letter"},
        {"value": "chronic", "date": "2026-11-20", "source": "laboratory"},
    ]
    (found,) = screened(written(tmp_path, facts={"hepatitis": said}), US_TABLET, label="us")
    assert found["verdict"] == "unknown"
    assert "hepatitis" in {entry["about"] for entry in found["contradictions"]}


@pytest.mark.parametrize(
    ("severity", "limit", "verdict"),
    [("stop", 75, "not_allowed"), ("stop", 74, "allowed"), ("warn", 75, "allowed_with_caution")],
)
def test_a_clinic_s_own_rule_tightens(
    severity: str, limit: int, verdict: str, tmp_path: Path
) -> None:
    (tmp_path / "own.yaml").write_text(OWN_RULE.format(severity=severity, limit=limit), "utf-8")
    path = EXAMPLES / "eligible_opioid.yaml"  # 74 kg
    done = run(str(path), "--product", US_TABLET, "--rules", str(tmp_path), "--json")
    assert done.exit_code == 0
    (found,) = json.loads(done.stdout)["answers"]
    assert found["verdict"] == verdict
    own = rules(found["reasons"]) | rules(found["cautions"])
    assert ("clinic-weight" in own) is (verdict != "allowed")


def test_a_clinic_s_rule_in_the_label_s_name_is_refused(tmp_path: Path) -> None:
    text = OWN_RULE.format(severity="warn", limit=75).replace("[clinic]", "[us_oral]")
    (tmp_path / "own.yaml").write_text(text, "utf-8")
    done = run(str(EXAMPLES / "eligible_opioid.yaml"), "--rules", str(tmp_path))
    assert (done.exit_code, done.stdout) == (2, "")
    assert "jurisdictions" in done.stderr


def test_trees_show_how_each_condition_came_out() -> None:
    path = EXAMPLES / "too_early.yaml"
    options = ("--product", US_TABLET, "--jurisdiction", "us", "--trees", "--json")
    done = run(str(path), *options)
    assert done.exit_code == 0
    DOCUMENTS["screen"].validate_json(done.stdout)
    (found,) = json.loads(done.stdout)["answers"]
    trees = found["trees"]
    true = {name for name, tree in trees.items() if tree["result"] == "true"}
    shown = ("reasons", "cautions", "shown")
    assert true == set().union(*(rules(found[part]) for part in shown))
    assert {name for name, tree in trees.items() if tree["result"] == "unknown"} >= rules(
        found["missing"]
    )

    def limits(tree: Any) -> list[float]:
        return [*tree["limits"], *(x for part in tree["of"] for x in limits(part))]

    assert 10.0 in limits(trees["opioid-free-base"])


def test_the_page_in_both_languages() -> None:
    path = str(EXAMPLES / "chronic_hepatitis_c.yaml")
    options = (path, "--product", US_TABLET, "--jurisdiction", "us")
    english, russian = run(*options), run(*options, "--language", "ru")
    assert english.exit_code == russian.exit_code == 0
    flat = " ".join(english.stdout.split())
    assert "NOT ALLOWED" in flat
    assert "base: not allowed; chosen: allowed with caution" in flat
    assert "[hepatitis-base]" in flat
    assert "not a certified medical device" in flat
    assert "НЕ РАЗРЕШЕНО" in russian.stdout
    assert "hepatitis-base" in russian.stdout
    assert "NOT ALLOWED" not in russian.stdout


@pytest.mark.parametrize("name", [path.name for path in sorted(EXAMPLES.glob("*.yaml"))])
@pytest.mark.parametrize("language", ["en", "ru"])
def test_every_verdict_exits_0_and_says_what_it_is(name: str, language: str) -> None:
    done = run(str(EXAMPLES / name), "--product", INJECTION, "--language", language)
    assert (done.exit_code, done.stderr) == (0, "")
    assert "{" not in done.stdout, "a placeholder that was not filled"


def test_standard_output_is_one_json_document_in_utf_8_on_any_terminal() -> None:
    command = [sys.executable, "-c", "from antagonist.cli.main import run; run()", "screen"]
    asked = [str(EXAMPLES / "too_early.yaml"), "--product", RU_TABLET, "--json"]
    environment = {"PYTHONIOENCODING": "ascii", "LC_ALL": "C"}
    done = subprocess.run([*command, *asked], capture_output=True, check=True, env=environment)
    assert done.stderr == b""
    document = json.loads(done.stdout.decode("utf-8"))
    assert next(iter(document)) == "schema"
    assert len(done.stdout.splitlines()) == 1
