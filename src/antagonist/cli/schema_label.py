"""Published JSON Schemas: the patient file, and what screen, plan and label print.

``python -m antagonist.cli.schema_label screen`` prints the schema of ``antagonist.screen/1``;
DOCUMENTS has the other names. docs/reference/schemas holds them.
"""

from __future__ import annotations

import sys
from collections.abc import Mapping
from dataclasses import dataclass
from typing import Annotated, Any, ClassVar, Literal

from pydantic import BaseModel, ConfigDict, Field, TypeAdapter

from antagonist.cli.schema_common import DIALECT, STRICT, Document, printed_schema, text_of
from antagonist.label.answers import Answer
from antagonist.label.compare_labels import Difference
from antagonist.label.conditions.explain import Explanation
from antagonist.label.facts import FactType
from antagonist.label.patient import Patient
from antagonist.label.rules import Rule
from antagonist.label.stated import stated_types
from antagonist.planning.plan_model import Plan, Refusal
from antagonist.planning.search_model import Candidate, SearchRequest


@dataclass(frozen=True, slots=True, kw_only=True)
class TracedAnswer(Answer):
    """An answer with ``--trees``: how each rule's condition came out, by rule id."""

    trees: Mapping[str, Explanation]


class ScreenDocument(Document):
    """Output of ``antagonist screen --json``: one answer for each product."""

    schema_id: Literal["antagonist.screen/1"] = Field(alias="schema")
    answers: tuple[Answer | TracedAnswer, ...]


@dataclass(frozen=True, slots=True, kw_only=True)
class PlanDocument(Plan):
    """Output of ``antagonist plan --json`` where the label allows the plan (exit code 0)."""

    __pydantic_config__: ClassVar[ConfigDict] = STRICT

    schema_id: Annotated[Literal["antagonist.plan/1"], Field(alias="schema")]
    refused: Literal[False]


@dataclass(frozen=True, slots=True, kw_only=True)
class RefusalDocument(Refusal):
    """Output of ``antagonist plan --json`` where it does not (exit code 1)."""

    __pydantic_config__: ClassVar[ConfigDict] = STRICT

    schema_id: Annotated[Literal["antagonist.plan/1"], Field(alias="schema")]
    refused: Literal[True]


class SearchDocument(Document):
    """Output of ``antagonist plan --search --json``: regimens that keep what was asked for."""

    schema_id: Literal["antagonist.plan-search/1"] = Field(alias="schema")
    request: SearchRequest
    candidates: tuple[Candidate, ...]


class RulesDocument(Document):
    """Output of ``antagonist label list --json`` and ``antagonist label show RULE --json``."""

    schema_id: Literal["antagonist.label-rules/1"] = Field(alias="schema")
    rules: tuple[Rule, ...]


class ComparedTopic(BaseModel):
    """One subject: ids of its rules under the key of each of the two jurisdictions."""

    model_config = ConfigDict(extra="allow")
    __pydantic_extra__: dict[str, tuple[str, ...]]

    topic: str
    difference: Difference


class DiffDocument(Document):
    """Output of ``antagonist label diff FIRST SECOND --json``."""

    schema_id: Literal["antagonist.label-diff/1"] = Field(alias="schema")
    first: str = Field(description="Jurisdiction; also a key of every subject")
    second: str = Field(description="Jurisdiction; also a key of every subject")
    topics: tuple[ComparedTopic, ...]


class CheckDocument(Document):
    """Output of ``antagonist label check DIR --json``; exit code 2 where a case fails."""

    schema_id: Literal["antagonist.label-check/1"] = Field(alias="schema")
    rules: tuple[str, ...]
    cases: int = Field(ge=0)
    failing: tuple[tuple[str, str, str, str], ...] = Field(
        description="Rule, case, what came out, what is written"
    )


DOCUMENTS: Mapping[str, TypeAdapter[Any]] = {
    "patient": TypeAdapter(Patient),
    "screen": TypeAdapter(ScreenDocument),
    "plan": TypeAdapter(PlanDocument | RefusalDocument),
    "plan-search": TypeAdapter(SearchDocument),
    "label-rules": TypeAdapter(RulesDocument),
    "label-diff": TypeAdapter(DiffDocument),
    "label-check": TypeAdapter(CheckDocument),
}


def json_schema(name: str) -> dict[str, Any]:
    """The JSON Schema of a document of DOCUMENTS: what is printed, or what a file may hold."""
    if name == "patient":
        return _patient_schema()
    return printed_schema(DOCUMENTS[name])


def schema_text(name: str) -> str:
    """The JSON Schema as docs/reference/schemas has it."""
    return text_of(json_schema(name))


def _patient_schema() -> dict[str, Any]:
    """The file's schema with its facts by name, each as one statement or a list of them."""
    found = {"$schema": DIALECT, **DOCUMENTS["patient"].json_schema(mode="validation")}
    facts: dict[str, Any] = {}
    for name, kind in sorted(stated_types().items()):
        # facts that are a plain yes or no share one definition
        shape = "YesNo" if kind.kind == "yes_no" else f"fact.{name}"
        found["$defs"][shape] = _statement(kind)
        one = {"$ref": f"#/$defs/{shape}"}
        many = {"type": "array", "items": one, "minItems": 1}
        facts[name] = {"title": kind.title.en, "anyOf": [one, many]}
    found["properties"]["facts"] = {
        "type": "object",
        "default": {},
        "description": "By fact: one statement, or a list of them where several were made",
        "properties": facts,
        "additionalProperties": False,
    }
    return found


def _statement(kind: FactType) -> dict[str, Any]:
    """An Entry whose value and unit are those of the fact."""
    fields: dict[str, Any] = {"value": _value(kind)}
    if kind.kind == "number":
        fields["unit"] = {"enum": [str(kind.unit), *kind.units]}
    found: dict[str, Any] = {"$ref": "#/$defs/Entry", "properties": fields}
    needs_unit = kind.kind == "number" and kind.unit != "1"
    return {**found, "required": ["unit"]} if needs_unit else found


def _value(kind: FactType) -> dict[str, Any]:
    if kind.kind == "yes_no":
        return {"type": "boolean", "description": "In YAML also yes or no"}
    if kind.kind == "number":
        # with several units the limits depend on the one that is written
        limits = {} if kind.units else {"minimum": kind.low, "maximum": kind.high}
        return {"type": "number", **{k: v for k, v in limits.items() if v is not None}}
    return {"enum": list(kind.values)} if kind.values else {"type": "string"}


if __name__ == "__main__":
    sys.stdout.write(schema_text(sys.argv[1]))
