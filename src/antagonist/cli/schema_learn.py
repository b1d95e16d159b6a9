"""The JSON document of ``antagonist learn`` and its schema.

python -m antagonist.cli.schema_learn > docs/reference/schemas/learn-1.json
"""

from __future__ import annotations

import json
from typing import TYPE_CHECKING, Literal

from pydantic import BaseModel, ConfigDict, Field

if TYPE_CHECKING:
    from antagonist.feedback.own_model.case import Case, Stated
    from antagonist.feedback.own_model.model import OwnModel
    from antagonist.pharmacology.results import StatedTime


class _Part(BaseModel):
    model_config = ConfigDict(extra="forbid")


class StatedPart(_Part):
    """A stated time. hour: since the course's origin; null where the state is not ``at``."""

    name: str
    blocked_fraction: float
    state: str
    hour: float | None


class DosePart(_Part):
    """One dose and the chances that it was taken."""

    time_h: float
    dose_mg: float
    product: str
    evidence: str
    event: str | None = Field(description="Of the record.")
    stated: float = Field(description="By its own evidence.")
    before: float = Field(description="With urine and pill counts.")
    after: float = Field(description="With the levels.")
    told: bool = Field(description="Whether a level tells of it.")


class PatternPart(_Part):
    """Doses not taken, by place in ``doses``, among those that levels tell of."""

    missed: list[int]
    chance: float


class LevelPart(_Part):
    """One level and whether it fits."""

    time_h: float
    analyte: Literal["naltrexone", "6_beta_naltrexol"]
    value_ng_per_ml: float | None
    limit_ng_per_ml: float | None
    event: str | None
    fits: bool
    tail: float | None = Field(description="Chance given all else, where it does not fit.")
    left_out: bool


class StructurePart(_Part):
    """One structure. parameters: most probable, on the transformed scale from the prior's mean."""

    id: str
    before: float
    after: float
    converged: bool
    etas: dict[str, float]
    sds: dict[str, float] = Field(description="Laplace's.")


class DiagnosticsPart(_Part):
    """How far the draws are to be trusted."""

    method: Literal["importance", "prior"]
    proposals: int
    effective_sample: float
    pareto_k: float
    warnings: list[str]
    seed: int


class LearnDocument(_Part):
    """Output of ``antagonist learn --json``."""

    schema_id: Literal["antagonist.learn/1"] = Field(alias="schema")
    disclaimer: str
    patient: str
    origin: str | None
    as_of_h: float
    before: list[StatedPart]
    after: list[StatedPart]
    doses: list[DosePart]
    patterns: list[PatternPart]
    levels: list[LevelPart]
    structures: list[StructurePart]
    diagnostics: DiagnosticsPart


def document(case: Case, found: OwnModel, times: Stated, seed: int) -> dict[str, object]:
    """The content of the document."""
    from antagonist.foundation.notice import STATEMENT

    course, diagnostics = case.course, found.diagnostics
    origin = course.subject.origin
    return {
        "disclaimer": STATEMENT,
        "patient": course.subject.id,
        "origin": None if origin is None else origin.isoformat(),
        "as_of_h": course.as_of_h,
        "before": [_stated(t) for t in times.before],
        "after": [_stated(t) for t in times.after],
        "doses": [
            {
                "time_h": d.dose.time_h, "dose_mg": d.dose.dose_mg, "product": d.dose.product,
                "evidence": d.dose.evidence, "event": d.dose.id, "stated": d.stated,
                "before": d.before, "after": d.after, "told": d.told,
            }
            for d in found.intake
        ],
        "patterns": [{"missed": p.missed, "chance": p.chance} for p in found.patterns],
        "levels": _levels(found),
        "structures": [
            {
                "id": f.structure, "before": f.before, "after": f.after, "converged": f.converged,
                "etas": dict(zip(f.names, f.eta.tolist(), strict=True)),
                "sds": {n: float(f.covariance[i, i] ** 0.5) for i, n in enumerate(f.names)},
            }
            for f in found.fit
        ],
        "diagnostics": {
            "method": diagnostics.method, "proposals": diagnostics.proposals,
            "effective_sample": diagnostics.ess, "pareto_k": diagnostics.pareto_k,
            "warnings": diagnostics.warnings, "seed": seed,
        },
    }  # fmt: skip


def _stated(time: StatedTime) -> dict[str, object]:
    return {
        "name": time.name,
        "blocked_fraction": time.blocked_fraction,
        "state": time.state,
        "hour": time.at_h if time.state == "at" else None,
    }


def _levels(found: OwnModel) -> list[dict[str, object]]:
    odd = {m.level: m for m in found.diagnostics.misfits}
    return [
        {
            "time_h": x.time_h, "analyte": x.analyte, "value_ng_per_ml": x.value_ng_per_ml,
            "limit_ng_per_ml": x.limit_ng_per_ml, "event": x.id, "fits": n not in odd,
            "tail": odd[n].tail if n in odd else None,
            "left_out": n in odd and odd[n].left_out,
        }
        for n, x in enumerate(found.known.levels)
    ]  # fmt: skip


def json_schema() -> str:
    """The JSON Schema of the document, as text."""
    schema = LearnDocument.model_json_schema(by_alias=True)
    return json.dumps(schema, indent=2, ensure_ascii=False) + "\n"


if __name__ == "__main__":
    print(json_schema(), end="")
