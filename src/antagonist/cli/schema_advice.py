"""What a patient's own model says and what is to be considered, as part of a JSON document."""

from __future__ import annotations

from typing import Any, Literal

from pydantic import BaseModel, ConfigDict, Field

from antagonist.cli.schema_learn import DosePart, StatedPart
from antagonist.feedback.acting.learned import Learned
from antagonist.feedback.acting.replan import Proposal
from antagonist.feedback.acting.sampling import Sampling
from antagonist.foundation.clock import to_local
from antagonist.pharmacology.results import StatedTime


class _Part(BaseModel):
    model_config = ConfigDict(extra="forbid")


class SamplePart(_Part):
    """One sample to consider, the most telling first.

    width_h: expected 90 % width of the end of protection with it; width_now_h: without.
    mc_error_h: of width_h.
    """

    at: str
    output: Literal["conc_ntx", "conc_6bn"]
    width_h: float
    width_now_h: float
    mc_error_h: float


class EvidencePart(_Part):
    """One reason, its figures, and the events of the record it stands on."""

    reason: str
    figures: dict[str, float | str]
    events: list[str]


class ProposalPart(_Part):
    """A regimen to consider. kept_share: of hours at the line; gain: over the present one's."""

    regimen: str | None
    reaches: bool
    kept_share: float
    gain: float | None
    evidence: list[EvidencePart]


class OwnModelPart(_Part):
    """A patient's own model before and after the levels, and what to consider.

    origin: hour 0. misfits: events of levels that fit no pattern of doses. sampling: null where
    protection is over. regimens: null where why_not says why.
    """

    origin: str
    as_of_h: float
    misfits: list[str | None]
    doses: list[DosePart]
    before: list[StatedPart]
    after: list[StatedPart]
    sampling: list[SamplePart] | None
    present_regimen: str | None
    present_kept_share: float | None
    taking: float = Field(description="Chance that a dose by mouth is taken.")
    regimens: list[ProposalPart] | None
    why_not: Literal["misfit", "no_indication", "not_on_treatment"] | None


def own_model_part(found: Learned) -> dict[str, Any]:
    """The content of the part."""
    advice, own = found.advice, found.own
    plans, present = advice.regimens, None
    if plans is not None and plans.present is not None:
        present = plans.present.kept_share
    return {
        "origin": found.read.origin.isoformat(),
        "as_of_h": advice.after.course.as_of_h,
        "misfits": [own.known.levels[m.level].id for m in advice.misfits],
        "doses": [
            {
                "time_h": d.dose.time_h, "dose_mg": d.dose.dose_mg, "product": d.dose.product,
                "evidence": d.dose.evidence, "event": d.dose.id, "stated": d.stated,
                "before": d.before, "after": d.after, "told": d.told,
            }
            for d in own.intake
        ],
        "before": [_stated(time) for time in advice.before.stated],
        "after": [_stated(time) for time in advice.after.stated],
        "sampling": None if advice.sampling is None else [
            _sample(sample, found) for sample in advice.sampling
        ],
        "present_regimen": None if advice.present is None else advice.present.id,
        "present_kept_share": present,
        "taking": advice.taking.share,
        "regimens": None if plans is None else [_proposal(p) for p in plans.proposals],
        "why_not": advice.why_not,
    }  # fmt: skip


def _stated(time: StatedTime) -> dict[str, Any]:
    return {
        "name": time.name, "blocked_fraction": time.blocked_fraction, "state": time.state,
        "hour": time.at_h,
    }  # fmt: skip


def _sample(sample: Sampling, found: Learned) -> dict[str, Any]:
    tz = found.read.origin.tzinfo
    assert tz is not None
    return {
        "at": to_local(found.read.origin, sample.time_h, tz).isoformat(timespec="minutes"),
        "output": sample.output, "width_h": sample.width_h, "width_now_h": sample.width_now_h,
        "mc_error_h": sample.mc_error_h,
    }  # fmt: skip


def _proposal(proposal: Proposal) -> dict[str, Any]:
    return {
        "regimen": proposal.candidate.regimen,
        "reaches": proposal.reaches,
        "kept_share": proposal.candidate.kept_share,
        "gain": proposal.gain,
        "evidence": [
            {"reason": e.reason, "figures": dict(e.figures), "events": list(e.events)}
            for e in proposal.evidence
        ],
    }
