"""What ``antagonist bench --json`` prints, as validated data."""

from __future__ import annotations

from collections.abc import Mapping
from typing import Annotated, Literal

from pydantic import Field

from antagonist.cli.schema_common import Document

Rates = Mapping[str, Annotated[float, Field(gt=0)]]
Figures = Mapping[str, Annotated[float, Field(ge=0)]]
Rate = Annotated[float, Field(gt=0)]


class Limit(Document):
    """What this machine can do at best."""

    threads: int = Field(ge=1)
    gflops: Rate = Field(description="1e9 operations on doubles per second; a multiply-add is two")
    write_bytes_per_s: Rate


class Speed(Document):
    """One of the kernel's speeds, from parameters to result."""

    what: Literal["answers", "hourly", "hourly, single precision"]
    schedule: Literal["shared", "own"]
    threshold: str = Field(description="Of answers: low, clinical or high; else empty")
    threads: int = Field(ge=1)
    subjects_per_s: Rate
    crossings: float | None = Field(description="Of answers: mean number of a subject's crossings")
    bytes_per_s: Rate | None = Field(description="Of hours: bytes of results written per second")


class Rival(Document):
    """The same work by another solver, on one core."""

    name: str
    note: str = Field(description="Why there are no figures, or empty")
    subjects: int = Field(ge=0, description="How many were timed")
    subjects_per_s: Rate | None
    cores_used: float | None = Field(description="Processor time over elapsed time")
    deviation: float | None = Field(description="Largest relative distance from the kernel's odds")


class KernelFigures(Document):
    """The kernel beside its rivals and the machine's limits, measured in one run."""

    subjects: int
    doses: int
    hours: int
    limits: tuple[Limit, ...]
    figures: tuple[Speed, ...]
    rivals: Mapping[Literal["shared", "own"], tuple[Rival, ...]]
    peak_bytes: Mapping[str, int] = Field(description="Peak memory by number of subjects")
    one_patient_ms: Rate = Field(description="Warm forecast of 26 weeks with 500 draws")
    multiply_adds: Mapping[Literal["answers", "hour"], int] = Field(
        description="For a subject whose intervals are all clear; for each hour written"
    )


class BenchDocument(Document):
    """Output of ``antagonist bench --json``."""

    schema_id: Literal["antagonist.bench/1"] = Field(alias="schema")
    screening: Rates = Field(description="Patients per second on one core, by way of screening")


class RecordBenchDocument(BenchDocument):
    """Output of ``antagonist bench --json`` where the record was measured too."""

    record: Figures = Field(description="By name, whose end is the unit: _per_s, _ms, _mib")


class KernelBenchDocument(BenchDocument):
    """Output of ``antagonist bench --json`` where the kernel was measured too."""

    kernel: KernelFigures
    estimation: Figures = Field(description="By name, whose end is the unit: _ms, _s")
    own_model: Mapping[str, float] = Field(description="By name, whose end is the unit or the kind")


class WholeBenchDocument(RecordBenchDocument):
    """Output of ``antagonist bench --json`` where kernel and record were measured too."""

    kernel: KernelFigures
    estimation: Figures
    own_model: Mapping[str, float]
