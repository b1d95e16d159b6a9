"""Every rule's own cases, on both evaluators: the written specification, run."""

from __future__ import annotations

from collections.abc import Mapping
from datetime import date

import pyarrow as pa
import pytest

from antagonist.label.cases import case_facts
from antagonist.label.conditions.columns import evaluated
from antagonist.label.conditions.explain import word
from antagonist.label.facts import Fact, fact_types
from antagonist.label.rulebook import all_rules, compiled_book
from antagonist.label.rules import Case, Rule

BOOK = compiled_book([r for r in all_rules() if r.valid.holds(date(2026, 11, 25))], "test")
CASES = [(rule, case) for rule in BOOK.rules.values() for case in rule.cases]


def one_row(facts: Mapping[str, Fact]) -> pa.Table:
    """Facts of one patient as a table of one row."""
    columns: dict[str, pa.Array] = {}
    for name, fact in facts.items():
        kind = fact_types()[name].kind
        if kind == "set":
            assert isinstance(fact.value, frozenset)
            columns[name] = pa.array([sorted(fact.value)], pa.list_(pa.string()))
            columns[f"{name}.complete"] = pa.array([fact.state == "known"])
        else:
            kinds = {"yes_no": pa.bool_(), "number": pa.float64()}
            columns[name] = pa.array(
                [fact.value if fact.state == "known" else None], kinds.get(kind, pa.string())
            )
        columns[f"{name}.age_h"] = pa.array([fact.age_h], pa.float64())
    return pa.table(columns) if columns else pa.table({"nothing": pa.array([0])})


@pytest.mark.parametrize(
    ("rule", "case"), CASES, ids=[f"{rule.id}: {case.name}" for rule, case in CASES]
)
def test_the_case_comes_out_as_written(rule: Rule, case: Case) -> None:
    facts = case_facts(case)
    assert word(BOOK.single.truth(facts, rule.id)) == case.gives
    masks = evaluated(BOOK.graph, one_row(facts), [rule.id])[rule.id]
    known, true = bool(masks.known[0]), bool(masks.true[0])
    assert ("true" if true else "false" if known else "unknown") == case.gives


@pytest.mark.parametrize("rule", BOOK.rules.values(), ids=list(BOOK.rules))
def test_the_cases_show_every_way_a_rule_can_come_out(rule: Rule) -> None:
    given = {case.gives for case in rule.cases}
    always = rule.when.op == "always"
    assert "true" in given
    assert always or "false" in given
    assert always or not rule.gating or "unknown" in given


@pytest.mark.parametrize("rule", BOOK.rules.values(), ids=list(BOOK.rules))
def test_what_a_rule_names_it_also_reads(rule: Rule) -> None:
    assert set(rule.fresh) <= set(rule.facts)
    assert {entry.fact for entry in rule.clears} <= set(rule.facts)
