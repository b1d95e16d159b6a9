"""Conditions: two evaluators agree, and knowing less never permits more."""

from __future__ import annotations

from collections.abc import Mapping
from typing import Any

import numpy as np
import pyarrow as pa
import pytest
from hypothesis import given, settings
from hypothesis import strategies as st
from pydantic import TypeAdapter

from antagonist.label.conditions.columns import evaluated
from antagonist.label.conditions.graph import Dictionary, Graph, Named, compiled
from antagonist.label.conditions.nodes import Condition
from antagonist.label.conditions.single import Single
from antagonist.label.facts import Both, Fact, FactType

TITLE = Both(en="x", ru="x")
FACTS: Mapping[str, FactType] = {
    "flag": FactType(title=TITLE, kind="yes_no", stale_after_h=24),
    "level": FactType(title=TITLE, kind="number", unit="mg", units={"g": 1000}),
    "colour": FactType(title=TITLE, kind="category", values={"red": TITLE, "blue": TITLE}),
    "shade": FactType(title=TITLE, kind="category", values={"red": TITLE, "blue": TITLE}),
    "things": FactType(title=TITLE, kind="set"),
}
SETS = {"sharp": frozenset({"knife", "saw"})}
DICTIONARY = Dictionary(FACTS, SETS)
CONDITION: TypeAdapter[Condition] = TypeAdapter(Condition)

leaves = st.one_of(
    st.just({"op": "yes", "fact": "flag"}),
    st.builds(
        lambda sign, value: {
            "op": "compare", "fact": "level", "is": sign, "value": value, "unit": "mg"
        },
        st.sampled_from(["<", "<=", ">", ">=", "==", "!="]),
        st.integers(0, 3),
    ),
    st.just({"op": "between", "fact": "level", "low": 1, "high": 2, "unit": "mg"}),
    st.just({"op": "one_of", "fact": "colour", "values": ["red"]}),
    st.just({"op": "same_as", "fact": "colour", "other": "shade"}),
    st.just({"op": "member", "fact": "things", "value_set": "sharp"}),
    st.just({"op": "always"}),
)  # fmt: skip
about = st.sampled_from(
    [{"op": "recent", "fact": "level", "days": 1}, {"op": "known", "fact": "colour"}]
)


def combined(children: st.SearchStrategy[dict[str, Any]]) -> st.SearchStrategy[dict[str, Any]]:
    some = st.lists(children, min_size=1, max_size=3)
    return st.one_of(
        st.builds(lambda of: {"op": "all", "of": of}, some),
        st.builds(lambda of: {"op": "any", "of": of}, some),
        st.builds(lambda of: {"op": "not", "of": of}, children),
        st.builds(lambda of: {"op": "needing", "of": of, "facts": ["flag", "level"]}, children),
    )


strict = st.recursive(leaves, combined, max_leaves=6)
loose = st.recursive(
    st.one_of(leaves, about),
    lambda children: st.one_of(
        combined(children),
        st.builds(
            lambda of: {"op": "any_known", "of": of}, st.lists(children, min_size=1, max_size=3)
        ),
    ),
    max_leaves=6,
)
ages = st.sampled_from([None, 0.0, 24.0, 24.01, 48.0])
values = st.fixed_dictionaries(
    {},
    optional={
        "flag": st.builds(Fact, st.booleans(), ages),
        "level": st.builds(Fact, st.sampled_from([0.0, 1.0, 1.5, 2.0, 3.0]), ages),
        "colour": st.builds(Fact, st.sampled_from(["red", "blue"]), ages),
        "shade": st.builds(Fact, st.sampled_from(["red", "blue"]), ages),
        "things": st.builds(
            lambda items, state: Fact(frozenset(items), 0.0, state=state),
            st.lists(st.sampled_from(["knife", "saw", "spoon"]), max_size=3),
            st.sampled_from(["known", "unclear"]),
        ),
    },
)


def graph_of(content: dict[str, Any]) -> Graph:
    named = Named("rule", CONDITION.validate_python(content), {}, "test")
    return compiled([named], DICTIONARY)


def _cell(cell: Fact | None) -> Any:
    if cell is None:
        return None
    if isinstance(cell.value, frozenset):
        return sorted(cell.value)
    return cell.value if cell.state == "known" else None


def table_of(patients: list[dict[str, Fact]]) -> pa.Table:
    types = {"flag": pa.bool_(), "level": pa.float64(), "things": pa.list_(pa.string())}
    columns: dict[str, Any] = {}
    for name in FACTS:
        kind = types.get(name, pa.string())
        cells = [p.get(name) for p in patients]
        plain = [_cell(cell) for cell in cells]
        columns[name] = pa.array(plain, kind)
        columns[f"{name}.age_h"] = pa.array([c.age_h if c else None for c in cells], pa.float64())
    columns["things.complete"] = pa.array(
        [bool(p.get("things") and p["things"].state == "known") for p in patients]
    )
    return pa.table(columns)


@settings(max_examples=300)
@given(content=loose, patients=st.lists(values, min_size=1, max_size=8))
def test_both_evaluators_agree(content: dict[str, Any], patients: list[dict[str, Fact]]) -> None:
    graph = graph_of(content)
    single = Single(graph)
    masks = evaluated(graph, table_of(patients), ["rule"])["rule"]
    truths = [single.truth(facts, "rule") for facts in patients]
    assert masks.true.tolist() == [truth is True for truth in truths]
    assert masks.known.tolist() == [truth is not None for truth in truths]


@settings(max_examples=300)
@given(content=strict, facts=values, data=st.data())
def test_taking_a_fact_away_never_turns_one_answer_into_the_other(
    content: dict[str, Any], facts: dict[str, Fact], data: st.DataObject
) -> None:
    """Kleene logic is monotone in knowledge: less known gives the same answer or unknown."""
    single = Single(graph_of(content))
    whole = single.truth(facts, "rule")
    gone = data.draw(st.sampled_from(sorted(facts))) if facts else None
    fewer = {name: fact for name, fact in facts.items() if name != gone}
    assert single.truth(fewer, "rule") in (whole, None)


def test_a_table_without_a_column_knows_nothing() -> None:
    graph = graph_of({"op": "yes", "fact": "flag"})
    masks = evaluated(graph, pa.table({"other": pa.array([1, 2])}), ["rule"])["rule"]
    assert not masks.known.any()
    assert isinstance(masks.true, np.ndarray)


def test_equal_parts_are_stored_once() -> None:
    leaf = {"op": "yes", "fact": "flag"}
    graph = graph_of({"op": "any", "of": [leaf, {"op": "not", "of": leaf}]})
    assert [step.op for step in graph.steps] == ["yes", "not", "any"]


@pytest.mark.parametrize(
    ("content", "match"),
    [
        ({"op": "yes", "fact": "level"}, "kind yes_no"),
        ({"op": "yes", "fact": "flagg"}, "dictionary"),
        ({"op": "compare", "fact": "level", "is": "<", "value": 1, "unit": "kg"}, "one of mg, g"),
        ({"op": "one_of", "fact": "colour", "values": ["green"]}, "red, blue"),
        ({"op": "member", "fact": "things", "value_set": "blunt"}, "sharp"),
    ],
)
def test_a_condition_that_does_not_fit_the_dictionary_is_refused(
    content: dict[str, Any], match: str
) -> None:
    with pytest.raises(ValueError, match=match):
        graph_of(content)


def test_a_limit_in_another_unit_is_converted() -> None:
    single = Single(
        graph_of({"op": "compare", "fact": "level", "is": ">=", "value": 0.002, "unit": "g"})
    )
    assert single.truth({"level": Fact(2.0)}, "rule") is True
    assert single.truth({"level": Fact(1.9)}, "rule") is False
