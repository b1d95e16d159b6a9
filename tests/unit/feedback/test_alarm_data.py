"""The alarm rules as written: their own cases run, and what they rest on is there."""

from __future__ import annotations

from datetime import date
from pathlib import Path
from typing import Any

import pytest
import yaml

from antagonist.feedback.alarms.modelled import MODELLED
from antagonist.feedback.alarms.rules import (
    DATA,
    AlarmRule,
    alarm_book,
    alarm_fact_types,
    condition_of,
    load_alarms,
)
from antagonist.foundation.errors import InputError
from antagonist.label.conditions.explain import word
from antagonist.label.conditions.nodes import Compare, facts_of
from antagonist.label.facts import Fact
from antagonist.label.rulebook import rulebook
from antagonist.label.rules import Case, CaseFact

ON = date(2026, 11, 25)
BOOK = alarm_book(ON)
CASES = [(rule, case) for rule in BOOK.rules.values() for case in rule.cases]
# Conditions that are not a label rule's: those have their cases there.
OWN = [rule for rule in BOOK.rules.values() if rule.when is not None]
# What issue 6 asks alarms for, and the alarm that answers.
ASKED = {
    "jaundice or dark urine": "liver-signs",
    "ALT or AST multiples": "liver-tests-stop",
    "Hy's law": "hys-law",
    "daily dose over limits": "day-dose-over-200",
    "missed doses": "missed-dose",
    "opioid-positive urine while blocked": "urine-opioid-blocked",
    "opioid-positive urine while not blocked": "urine-opioid-unblocked",
    "cross-reaction": "urine-oxycodone-confirm",
    "lapse": "opioid-lapse",
    "override attempt": "override-attempt",
    "overdose": "overdose",
    "suicidality item": "suicide-item",
    "suicide risk": "suicide-risk",
    "pregnancy": "pregnancy",
    "injection site": "injection-site",
    "pneumonia": "pneumonia",
    "symptoms after stopping": "after-stop-symptoms",
    "overdue labs": "labs-overdue",
    "overdue visits": "visit-overdue",
    "overdue injections": "injection-overdue",
    "loss of tolerance at the end": "tolerance-lost",
    "loss of tolerance at a miss": "missed-unprotected",
}
STRENGTH = ("recalled", "own", "secondary", "seen")


def case_facts(case: Case) -> dict[str, Fact]:
    """Facts of a case; one without an age counts as of today."""
    found = {}
    for name, content in case.facts.items():
        entry = CaseFact.model_validate(
            content if isinstance(content, dict) else {"value": content}
        )
        age_h = entry.age_d * 24 if entry.age_d is not None else entry.age_h or 0.0
        kind = alarm_fact_types()[name]
        kinds: dict[str, Any] = {"yes_no": bool, "number": int | float, "category": str}
        assert isinstance(entry.value, kinds[kind.kind]), f"{case.name}: {name}"
        assert kind.kind != "category" or entry.value in kind.values, f"{case.name}: {name}"
        value = float(entry.value) if kind.kind == "number" else entry.value
        found[name] = Fact(value, age_h)
    return found


@pytest.mark.parametrize(
    ("rule", "case"), CASES, ids=[f"{rule.id}: {case.name}" for rule, case in CASES]
)
def test_the_case_comes_out_as_written(rule: AlarmRule, case: Case) -> None:
    assert word(BOOK.single.truth(case_facts(case), rule.id)) == case.gives


@pytest.mark.parametrize("rule", OWN, ids=[rule.id for rule in OWN])
def test_both_sides_of_every_figure_are_cases(rule: AlarmRule) -> None:
    """A part of a condition that comes out the same in all cases would pass with any figure."""
    seen: dict[int, set[bool | None]] = {}
    values: dict[int, set[object]] = {}
    for case in rule.cases:
        facts = case_facts(case)
        results = BOOK.single.results(facts, (rule.id,))
        for place in BOOK.graph.needed((rule.id,)):
            step = BOOK.graph.steps[place]
            if step.op in ("compare", "yes", "one_of"):
                seen.setdefault(place, set()).add(results[place])
                given = facts.get(step.facts[0])
                values.setdefault(place, set()).add(given.value if given else None)
    for place, results_of in seen.items():
        step = BOOK.graph.steps[place]
        assert {True, False} <= results_of, step
        assert step.op != "compare" or step.limits[0] in values[place], step


@pytest.mark.parametrize("rule", BOOK.rules.values(), ids=list(BOOK.rules))
def test_no_alarm_claims_more_than_its_label_rule(rule: AlarmRule) -> None:
    if rule.label_rule is not None:
        theirs = rulebook(ON).rule(rule.label_rule).provenance
        assert STRENGTH.index(rule.provenance) <= STRENGTH.index(theirs)


@pytest.mark.parametrize("rule", BOOK.rules.values(), ids=list(BOOK.rules))
def test_figures_are_those_of_the_label_rules_they_rest_on(rule: AlarmRule) -> None:
    """A figure about a fact of the label stands in one of the rules that the alarm names."""
    label = rulebook(ON)
    shared = {"alt_xuln", "ast_xuln", "bilirubin_xuln", "days_since_effective_dose"}
    known = {pair for name in rule.rules for pair in _figures(label.rule(name).condition)}
    for fact, value in _figures(condition_of(rule, label)):
        if fact in shared:
            assert (fact, value) in known
        if fact == "day_total_mg":
            assert ("max_day_total_mg", value) in known


def _figures(condition: Any) -> set[tuple[str, float]]:
    if isinstance(condition, Compare):
        return {(condition.fact, condition.value)}
    below = getattr(condition, "of", ())
    parts = below if isinstance(below, tuple) else (below,)
    return {pair for part in parts for pair in _figures(part)}


@pytest.mark.parametrize("rule", BOOK.rules.values(), ids=list(BOOK.rules))
def test_texts_are_in_both_languages(rule: AlarmRule) -> None:
    for both in (rule.text, rule.act.text):
        assert any("а" <= letter <= "я" for letter in both.ru.lower())
        assert not any("а" <= letter <= "я" for letter in both.en.lower())


@pytest.mark.parametrize(("asked", "alarm"), ASKED.items(), ids=list(ASKED))
def test_what_was_asked_for_has_an_alarm(asked: str, alarm: str) -> None:
    assert alarm in BOOK.rules, asked


@pytest.mark.parametrize(
    "alarm",
    ["missed-dose", "missed-unprotected", "gap-over-3-days", "injection-overdue", "tolerance-lost"],
)
def test_every_end_or_gap_offers_naloxone_and_states_the_time(alarm: str) -> None:
    rule = BOOK.rule(alarm)
    assert "naloxone" in rule.act.text.en
    assert "налоксон" in rule.act.text.ru
    assert "protected_until" in rule.shows


def test_what_the_model_says_is_never_a_cause() -> None:
    label = rulebook(ON)
    for rule in BOOK.rules.values():
        facts = set(facts_of(condition_of(rule, label)))
        assert not facts & MODELLED or rule.key, rule.id
        assert not set(rule.key) & MODELLED


def test_unknown_alarm_names_the_nearest() -> None:
    with pytest.raises(InputError, match="did you mean hys-law"):
        BOOK.rule("hy-law")


@pytest.mark.parametrize(
    ("change", "field"),
    [
        ({"rules": ["lft-stopp"]}, "hys-law.rules"),
        ({"unless": ["nothing"]}, "hys-law.unless"),
        ({"shows": ["nothing"]}, "hys-law.shows"),
        ({"key": ["dark_urine"]}, "hys-law.key or fresh"),
        ({"text": {"en": "{alt}", "ru": "{alt}"}}, "hys-law.text"),
        ({"text": {"en": "{alt_xuln}", "ru": "x"}}, "same places"),
        ({"label_rule": "lft-stop"}, "when or label_rule"),
        ({"act": {"role": "doctor", "within_h": 1, "text": {"en": "x", "ru": "x"}}}, "act.role"),
        ({"severity": "warn"}, "severity"),
        ({"rules": [], "source": []}, "rests on rules of the label"),
        ({"cases": [{"name": "one", "facts": {}, "gives": "unknown"}] * 2}, "a case in which"),
    ],
)
def test_a_wrong_rule_is_refused(change: dict[str, Any], field: str, tmp_path: Path) -> None:
    content = yaml.safe_load((DATA / "alarms.yaml").read_text(encoding="utf-8"))
    rule = next(r for r in content["alarms"] if r["id"] == "hys-law")
    rule.update(change)
    kept = {"signs": {}, "alarms": [rule]}
    path = tmp_path / "alarms.yaml"
    path.write_text(yaml.safe_dump(kept, allow_unicode=True), encoding="utf-8")
    with pytest.raises(InputError, match=field):
        load_alarms(path, rulebook(ON))


def test_the_hash_changes_with_a_figure(tmp_path: Path) -> None:
    text = (DATA / "alarms.yaml").read_text(encoding="utf-8")
    path = tmp_path / "alarms.yaml"
    path.write_text(text, encoding="utf-8")
    assert load_alarms(path, rulebook(ON)).hash == BOOK.hash
    path.write_text(text.replace('is: ">", value: 200', 'is: ">", value: 201'), encoding="utf-8")
    assert load_alarms(path, rulebook(ON)).hash != BOOK.hash
