"""Published JSON Schemas of what situation, provocation, bench and the record's commands print.

``python -m antagonist.cli.schema_record today`` prints the schema of ``antagonist.today/1``;
DOCUMENTS has the other names. docs/reference/schemas holds them.
"""

from __future__ import annotations

import sys
from collections.abc import Mapping
from dataclasses import dataclass
from datetime import datetime
from typing import Annotated, Any, ClassVar, Literal

from pydantic import ConfigDict, Field, TypeAdapter

from antagonist.cli.schema_bench import (
    BenchDocument,
    KernelBenchDocument,
    RecordBenchDocument,
    WholeBenchDocument,
)
from antagonist.cli.schema_common import STRICT, Document, printed_schema, text_of
from antagonist.feedback.alarms.burden import Burden
from antagonist.feedback.events import Event
from antagonist.feedback.replay import ReplayReport
from antagonist.feedback.transfer import ImportReport
from antagonist.feedback.verify import Report
from antagonist.label.answers import Answer
from antagonist.label.provocation import Protocol, State
from antagonist.planning.situation_model import Situation


@dataclass(frozen=True, slots=True, kw_only=True)
class SituationDocument(Situation):
    """Output of ``antagonist situation ... --json``."""

    __pydantic_config__: ClassVar[ConfigDict] = STRICT

    schema_id: Annotated[Literal["antagonist.situation/1"], Field(alias="schema")]


class ProvocationDocument(Document):
    """Output of ``antagonist provocation --json``."""

    schema_id: Literal["antagonist.provocation/1"] = Field(alias="schema")
    eligible: bool = Field(description="Whether the label lets the test be done")
    answer: Answer
    protocol: Protocol
    state: State | None = Field(description="null where the test may not be done")


class PatientDocument(Document):
    """Output of ``antagonist record create --json`` and ``antagonist record find --json``."""

    schema_id: Literal["antagonist.record/1"] = Field(alias="schema")
    patient: str = Field(description="The record's id of the patient")


class EventsDocument(Document):
    """Output of ``antagonist record add --json``, and of ``correct`` and ``show``."""

    schema_id: Literal["antagonist.record/1"] = Field(alias="schema")
    events: tuple[Event, ...]


@dataclass(frozen=True, slots=True, kw_only=True)
class VerifyDocument(Report):
    """Output of ``antagonist record verify --json``; exit code 1 where there are problems."""

    __pydantic_config__: ClassVar[ConfigDict] = STRICT

    schema_id: Annotated[Literal["antagonist.record/1"], Field(alias="schema")]


@dataclass(frozen=True, slots=True, kw_only=True)
class ImportDocument(ImportReport):
    """Output of ``antagonist record import --json``; exit code 2 where lines were refused."""

    __pydantic_config__: ClassVar[ConfigDict] = STRICT

    schema_id: Annotated[Literal["antagonist.record/1"], Field(alias="schema")]


class AlarmEventsDocument(Document):
    """Output of ``antagonist alarms check --json`` and ``antagonist alarms list --json``."""

    schema_id: Literal["antagonist.alarms/1"] = Field(alias="schema")
    events: tuple[Event, ...] = Field(description="check: those written now; list: all on record")


@dataclass(frozen=True, slots=True, kw_only=True)
class BurdenDocument(Burden):
    """Output of ``antagonist alarms burden --json``."""

    __pydantic_config__: ClassVar[ConfigDict] = STRICT

    schema_id: Annotated[Literal["antagonist.alarms/1"], Field(alias="schema")]


class TodayLine(Document):
    """One line: a ``Line`` of feedback.today, which prints as a mapping."""

    patient: str
    kind: str = Field(
        description="injection, implant, dose, visit, lab, urine, alarm, hold or protection; "
        "hold = an alarm was seen to, and goes on allowing no dose"
    )
    what: str = Field(description="Id of the check or of the alarm's rule, or the kind of dose")
    event: str = Field(description="Id of the event that it follows from")
    due_at: datetime = Field(
        description="UTC; of a protection the time until which it is stated at least, or the last "
        "dose where none is"
    )
    overdue: bool
    severity: str | None = Field(description="Of an alarm or a hold")
    who: str | None = Field(description="Of an alarm or a hold: the role that it is for")


class TodayDocument(Document):
    """Output of ``antagonist today --json``: the longest due first."""

    schema_id: Literal["antagonist.today/1"] = Field(alias="schema")
    lines: tuple[TodayLine, ...]


@dataclass(frozen=True, slots=True, kw_only=True)
class ReplayDocument(ReplayReport):
    """Output of ``antagonist replay --json``; exit code 1 where a decision differs or fails."""

    __pydantic_config__: ClassVar[ConfigDict] = STRICT

    schema_id: Annotated[Literal["antagonist.replay/1"], Field(alias="schema")]


DOCUMENTS: Mapping[str, TypeAdapter[Any]] = {
    "situation": TypeAdapter(SituationDocument),
    "provocation": TypeAdapter(ProvocationDocument),
    "record": TypeAdapter(PatientDocument | EventsDocument | VerifyDocument | ImportDocument),
    "alarms": TypeAdapter(AlarmEventsDocument | BurdenDocument),
    "today": TypeAdapter(TodayDocument),
    "replay": TypeAdapter(ReplayDocument),
    "bench": TypeAdapter(
        BenchDocument | RecordBenchDocument | KernelBenchDocument | WholeBenchDocument
    ),
}


def json_schema(name: str) -> dict[str, Any]:
    """The JSON Schema of a document of DOCUMENTS."""
    return printed_schema(DOCUMENTS[name])


def schema_text(name: str) -> str:
    """The JSON Schema as docs/reference/schemas has it."""
    return text_of(json_schema(name))


if __name__ == "__main__":
    sys.stdout.write(schema_text(sys.argv[1]))
