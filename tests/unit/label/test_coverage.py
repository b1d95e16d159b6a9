"""Every row of the base text and every collected rule is represented, or left out with a reason.

tests/data/label/seed_rows.csv and rule_ids.csv are copies (the second shortened to six columns) of
the project's shared rows and rules (label/seed_rows.csv, label/rules.yaml).
"""

from __future__ import annotations

import ast
import csv
import json
from functools import lru_cache
from pathlib import Path

import pytest

from antagonist.foundation.errors import InputError
from antagonist.label.coverage import (
    KINDS,
    coverage,
    left_out,
    load_coverage,
    rules_left_out,
    statements,
)
from antagonist.label.facts import DATA
from antagonist.label.jurisdictions import jurisdictions
from antagonist.label.rulebook import all_rules
from antagonist.label.rules import Rule
from antagonist.label.scores import instrument_catalogue
from antagonist.pharmacology.calibration.predictive import STATEMENT_FLOOR, predict_rows
from antagonist.pharmacology.calibration.run import evidence_folder, evidence_questions
from antagonist.pharmacology.catalogue import formulations, structure
from antagonist.pharmacology.parameter_sets import parameter_set

ROOT = Path(__file__).parents[3]
# What a row is to be represented as (column represent_as) -> kinds of which it needs one each.
NEEDED = {
    "product": [{"product"}],
    "product excipient": [{"product"}],
    "dated price": [{"price"}],
    "model": [{"model"}],
    "information": [{"information", "rule"}],
    "model output": [{"model_output"}],
    "rule": [{"rule"}],
    "rule and workflow": [{"rule"}, {"workflow"}],
    "product route": [{"product"}, {"form"}],
    "regimen": [{"regimen"}],
    "product and model": [{"product"}, {"model"}],
    "rule on excipient": [{"rule"}, {"excipient_set"}],
    "coded list": [{"side_effect"}],
    "symptom list and rule": [{"side_effect"}, {"rule"}],
    "alarm": [{"rule"}, {"side_effect"}],
    "alarm and warning": [{"rule"}, {"side_effect"}],
    "outcome instrument": [{"instrument"}],
    "brand table": [{"brand"}],
}
# Rows M4, M5, M6: the target of evidence/targets.yaml; mg, hours after the dose, and the least
# share of 25 mg heroin that the words mean ('blocks' is 0.8 and more; 'acts' a half and more).
STATED = {
    "label-50-24": ("label-50mg-24h", 50, 24, 0.8),
    "label-100-48": ("label-100mg-48h", 100, 48, 0.8),
    "seed-M6-onset": ("onset-2h", 50, 2, 0.5),
}


def table(name: str) -> dict[str, dict[str, str]]:
    path = ROOT / "tests" / "data" / "label" / name
    with path.open(encoding="utf-8", newline="") as stream:
        rows = list(csv.DictReader(stream))
    return {next(iter(row.values())): row for row in rows}


SEED = table("seed_rows.csv")
COLLECTED = table("rule_ids.csv")
VERSIONS = [rule for rule in all_rules() if rule.id in COLLECTED]


@lru_cache(maxsize=64)
def functions(path: Path) -> frozenset[str]:
    tree = ast.parse(path.read_text(encoding="utf-8"))
    return frozenset(node.name for node in tree.body if isinstance(node, ast.FunctionDef))


def test_the_copies_are_whole() -> None:
    assert (len(SEED), len(COLLECTED)) == (51, 179)


def test_the_rows_are_those_of_the_base_text_in_its_words() -> None:
    assert {row: text.en for row, text in statements().items()} == {
        row: entry["statement"] for row, entry in SEED.items()
    }


@pytest.mark.parametrize("row", SEED)
def test_a_row_is_represented_as_asked_or_left_out_with_the_reason(row: str) -> None:
    kinds = {reference.kind for reference in coverage()[row]}
    if row in left_out():
        assert not kinds
        return
    for one_of in NEEDED[SEED[row]["represent_as"]]:
        assert kinds & one_of


def test_only_what_no_instrument_measures_is_left_out() -> None:
    assert set(left_out()) == {"F2"}
    assert rules_left_out() == {}


def test_every_collected_rule_is_there_or_left_out() -> None:
    found = {rule.id for rule in VERSIONS}
    assert found | set(rules_left_out()) == set(COLLECTED)
    assert not found & set(rules_left_out())


@pytest.mark.parametrize("rule", VERSIONS, ids=lambda rule: rule.id)
def test_a_rule_is_as_strict_and_as_sourced_as_where_it_comes_from(rule: Rule) -> None:
    there = COLLECTED[rule.id]
    assert (rule.severity_in_source or rule.severity) == there["severity"]
    assert rule.category == there["category"]
    assert rule.provenance == there["provenance"]
    assert set(rule.jurisdictions) == set(there["jurisdictions"].split())
    assert rule.rows == ((there["row"],) if there["row"] else ())


def test_a_severity_of_our_own_is_stricter_never_looser() -> None:
    order = ("contraindicated", "stop", "defer", "warn", "monitor", "inform")
    changed = [rule for rule in all_rules() if rule.severity_in_source]
    assert [rule.id for rule in changed] == ["age-over-65"]
    for rule in changed:
        assert order.index(rule.severity) < order.index(str(rule.severity_in_source))


def test_a_rule_of_no_list_is_the_projects_own() -> None:
    kinds = jurisdictions()
    for rule in all_rules():
        if rule.id not in COLLECTED:
            assert {kinds[name].kind for name in rule.jurisdictions} == {"project"}
            assert rule.provenance == "own"


def test_every_kind_has_tests_and_every_test_that_is_named_exists() -> None:
    named = {test for refs in coverage().values() for ref in refs for test in ref.tests}
    assert {ref.kind for refs in coverage().values() for ref in refs} == set(KINDS)
    assert all(ref.tests for refs in coverage().values() for ref in refs)
    for test in named:
        path, function = test.split("::")
        assert (ROOT / path).is_file(), test
        assert function in functions(ROOT / path), test


def test_what_the_pharmacology_gives_is_there() -> None:
    named = [ref for refs in coverage().values() for ref in refs]
    rows = {question.row_id for question in evidence_questions()}
    outputs = {ref.id for ref in named if ref.kind == "model_output"}
    assert outputs == set(STATED)
    assert outputs <= rows
    models = {ref.id for ref in named if ref.kind == "model"}
    assert models == {"naltrexone_core", "implant_gomedical_3.4g"}
    assert formulations()["implant_gomedical_3.4g"].route == "implant"
    assert structure("naltrexone_core").id == "naltrexone_core"


def test_the_model_predicts_what_the_rows_ask_for() -> None:
    """Rows M4-M6 of a new study, by the shipped structures and their shares."""
    asked = [question for question in evidence_questions() if question.row_id in STATED]
    found = predict_rows(parameter_set(), asked)
    assert {prediction.question.row_id for prediction in found} == set(STATED)
    for prediction in found:
        question = prediction.question
        _, dose_mg, time_h, share = STATED[question.row_id]
        assert (question.dose_mg, question.time_h) == (dose_mg, time_h)
        assert (question.statement, question.threshold) == ("above", share)
        agonist = question.agonist
        assert agonist is not None
        assert (agonist.name, agonist.route, agonist.dose_mg) == ("heroin", "iv", 25)
        assert prediction.inside
        assert prediction.predicted is not None
        assert prediction.predicted > STATEMENT_FLOOR


@pytest.mark.parametrize("row", STATED)
def test_the_model_gives_what_the_row_states(row: str) -> None:
    """With its study's own effects; test_calibration.py holds the stored figures to the data."""
    path = evidence_folder() / "calibration.json"
    shipped = json.loads(path.read_text(encoding="utf-8"))["structures"]
    target, *_, share = STATED[row]
    figures = [s["targets"][target] for s in shipped.values() if s["weight"] > 0]
    assert len(figures) >= 2
    for figure in figures:
        assert figure["low"] == share
        assert share <= figure["in_study"] <= 1
        # of an average new study M5 lies at the line, the others above it
        assert figure["average"] > share - (0.02 if row == "label-100-48" else 0)


def test_an_instrument_measures_what_the_row_speaks_of() -> None:
    asked = {row: [ref.id for ref in coverage()[row]] for row in ("F1", "F3")}
    assert asked == {"F1": ["tlfb", "craving_vas"], "F3": ["cgi"]}
    what = {name: instrument_catalogue()[name].what.en for ids in asked.values() for name in ids}
    assert "drinks" in what["tlfb"]
    assert "craving" in what["craving_vas"]
    assert "clinician" in what["cgi"]


@pytest.mark.parametrize(
    ("old", "new", "named"),
    [
        ("id: challenge\n", "id: chalenge\n", "did you mean challenge"),
        ("id: tlfb\n", "id: tlbf\n", "did you mean tlfb"),
        ("left_out:\n  F2:", "left_out:\n  F9:", "left_out"),
        ("::test_only_naloxone_is_offered", "", "workflow"),
        ("kind: information\n", "kind: informations\n", "line"),
        ('  brand: ["tests', '  price: ["tests', "tests of the kind brand"),
    ],
)
def test_a_wrong_file_names_the_field(tmp_path: Path, old: str, new: str, named: str) -> None:
    text = (DATA / "coverage.yaml").read_text(encoding="utf-8")
    assert old in text
    path = tmp_path / "coverage.yaml"
    path.write_text(text.replace(old, new, 1), encoding="utf-8")
    with pytest.raises(InputError, match=named):
        load_coverage(path)
