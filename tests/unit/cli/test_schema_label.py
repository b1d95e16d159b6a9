"""Published schemas of the patient file, screen, plan and label: current, whole, and strict."""

from __future__ import annotations

import json
from collections.abc import Iterator, Mapping
from copy import deepcopy
from pathlib import Path
from typing import Any

import pytest
from pydantic import ValidationError
from tests.support.patients import EXAMPLES

from antagonist.cli.label import label_app
from antagonist.cli.schema_label import DOCUMENTS, json_schema, schema_text
from antagonist.foundation.data import read_yaml
from antagonist.label.answers import VERDICTS
from antagonist.label.stated import stated_types

SCHEMAS = Path(__file__).parents[3] / "docs" / "reference" / "schemas"
TYPES: Mapping[str, type | tuple[type, ...]] = {
    "boolean": bool,
    "number": (int, float),
    "string": str,
}


@pytest.mark.parametrize("name", DOCUMENTS)
def test_the_published_schema_is_current(name: str) -> None:
    published = (SCHEMAS / f"{name}-1.json").read_text(encoding="utf-8")
    hint = f"python -m antagonist.cli.schema_label {name} > docs/reference/schemas/{name}-1.json"
    assert published == schema_text(name), hint


@pytest.mark.parametrize("name", [name for name in DOCUMENTS if name != "patient"])
def test_every_key_that_is_printed_is_required_and_no_other_comes(name: str) -> None:
    schema = json_schema(name)
    shapes = [schema, *schema["$defs"].values()] if "$defs" in schema else [schema]
    objects = [shape for shape in shapes if "properties" in shape]
    assert objects
    for shape in objects:
        assert set(shape["required"]) == set(shape["properties"]), shape["title"]
        if shape["title"] != "ComparedTopic":
            assert shape["additionalProperties"] is False, shape["title"]


def test_an_answer_names_every_verdict() -> None:
    answer = json_schema("screen")["$defs"]["Answer"]["properties"]
    assert answer["verdict"]["enum"] == list(VERDICTS)
    assert answer["earliest"]["anyOf"][0] == {"format": "date", "type": "string"}


def _check(**more: Any) -> str:
    document = {"schema": "antagonist.label-check/1", "rules": ["a"], "cases": 3, "failing": []}
    return json.dumps({**document, **more})


def test_an_unknown_key_and_an_absent_one_do_not_fit() -> None:
    adapter = DOCUMENTS["label-check"]
    assert adapter.validate_json(_check()).cases == 3
    for wrong in (_check(more=1), _check(cases=-1), _check(schema="antagonist.label-check/2")):
        with pytest.raises(ValidationError):
            adapter.validate_json(wrong)
    with pytest.raises(ValidationError):
        adapter.validate_json('{"schema": "antagonist.label-check/1", "cases": 3, "failing": []}')


def test_every_subcommand_of_label_has_its_schema() -> None:
    commands = {str(command.name or command.callback.__name__) for command in _label_commands()}
    assert commands == {"list", "show", "diff", "check"}
    assert {"label-rules", "label-diff", "label-check"} < set(DOCUMENTS)


def _label_commands() -> Iterator[Any]:
    yield from label_app.registered_commands


def _facts() -> dict[str, Any]:
    found: dict[str, Any] = json_schema("patient")["properties"]["facts"]
    return found


def test_the_patient_schema_has_every_fact_that_can_be_stated_and_no_other() -> None:
    facts = _facts()
    assert set(facts["properties"]) == set(stated_types())
    assert facts["additionalProperties"] is False
    assert "pregnant" not in facts["properties"], "derived: from the test"


def _fits(statement: Mapping[str, Any], shape: Mapping[str, Any]) -> bool:
    """Whether a statement has the value and unit that a definition of the schema asks for."""
    if not set(shape.get("required", ())) <= set(statement):
        return False
    for field, asked in shape["properties"].items():
        if field not in statement:
            continue
        value = statement[field]
        if "enum" in asked and value not in asked["enum"]:
            return False
        kind = asked.get("type")
        is_bool = isinstance(value, bool)
        if kind and (not isinstance(value, TYPES[kind]) or is_bool != (kind == "boolean")):
            return False
        if not asked.get("minimum", value) <= value <= asked.get("maximum", value):
            return False
    return True


def _shape(schema: Mapping[str, Any], fact: str) -> Mapping[str, Any]:
    one, many = schema["properties"]["facts"]["properties"][fact]["anyOf"]
    assert many == {"type": "array", "items": one, "minItems": 1}
    found: Mapping[str, Any] = schema["$defs"][one["$ref"].removeprefix("#/$defs/")]
    assert found["$ref"] == "#/$defs/Entry"
    return found


@pytest.mark.parametrize("path", sorted(EXAMPLES.glob("*.yaml")), ids=lambda p: p.stem)
def test_the_facts_of_the_examples_fit(path: Path) -> None:
    schema, content = json_schema("patient"), read_yaml(path)
    assert set(content) <= set(schema["properties"])
    assert set(schema["required"]) <= set(content)
    assert len(content["facts"]) > 20
    for fact, statement in content["facts"].items():
        assert _fits(statement, _shape(schema, fact)), fact


@pytest.mark.parametrize(
    ("fact", "change"),
    [
        ("alt", {"unit": "stone"}),
        ("alt", {"unit": None}),
        ("alt", {"value": "31"}),
        ("sex", {"value": "mail"}),
        ("lactating", {"value": "no"}),
        ("lactating", {"value": 1}),
        ("weight_kg", {"value": True}),
    ],
)
def test_a_wrong_fact_does_not_fit(fact: str, change: Mapping[str, Any]) -> None:
    schema = json_schema("patient")
    right = deepcopy(read_yaml(EXAMPLES / "eligible_opioid.yaml")["facts"][fact])
    wrong = {key: value for key, value in {**right, **change}.items() if value is not None}
    assert _fits(right, _shape(schema, fact))
    assert not _fits(wrong, _shape(schema, fact))
