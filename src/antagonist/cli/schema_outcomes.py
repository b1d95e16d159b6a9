"""Published JSON Schemas of what ``antagonist report`` and ``antagonist programme`` print.

``python -m antagonist.cli.schema_outcomes report`` prints the schema of ``antagonist.report/1``;
DOCUMENTS has the other name. docs/reference/schemas holds them.
"""

from __future__ import annotations

import sys
from collections.abc import Mapping
from typing import Any, Literal

from pydantic import Field, TypeAdapter

from antagonist.cli.schema_advice import OwnModelPart
from antagonist.cli.schema_common import Document, printed_schema, text_of
from antagonist.feedback.outcomes.patient import PatientOutcomes
from antagonist.feedback.outcomes.programme_model import ProgrammeOutcomes
from antagonist.feedback.simulated.programme import Simulated


class ReportDocument(Document):
    """Output of ``antagonist report --json``."""

    schema_id: Literal["antagonist.report/1"] = Field(alias="schema")
    outcomes: PatientOutcomes
    own_model: OwnModelPart | None = Field(description="null: no level to learn from")


class ProgrammeDocument(Document):
    """Output of ``antagonist programme report --json``."""

    schema_id: Literal["antagonist.programme/1"] = Field(alias="schema")
    outcomes: ProgrammeOutcomes = Field(description="null stands for hidden, or not known")


class SimulatedDocument(Document):
    """Output of ``antagonist programme simulate --json``."""

    schema_id: Literal["antagonist.programme/1"] = Field(alias="schema")
    simulated: Simulated


DOCUMENTS: Mapping[str, TypeAdapter[Any]] = {
    "report": TypeAdapter(ReportDocument),
    "programme": TypeAdapter(ProgrammeDocument | SimulatedDocument),
}


def schema_text(name: str) -> str:
    """The JSON Schema as docs/reference/schemas has it."""
    return text_of(printed_schema(DOCUMENTS[name]))


if __name__ == "__main__":
    sys.stdout.write(schema_text(sys.argv[1]))
