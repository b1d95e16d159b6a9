"""Proposals follow the patient's own draws, the record's taking, and the target; each says why."""

from __future__ import annotations

from dataclasses import replace
from datetime import date

import pytest

from antagonist.feedback.acting.replan import Proposal, Replan, Taking, replan
from antagonist.label.regimens import Regimen, regimens
from antagonist.pharmacology.dosing.records import EventRecord
from antagonist.pharmacology.ensemble import Ensemble
from antagonist.pharmacology.settings import settings
from antagonist.planning.response import drawn_for
from antagonist.planning.search import Solve
from antagonist.planning.search_model import SearchRequest

CHOSEN = settings(draws=60, seed=7)


def exposed(share: float) -> Solve:
    """A patient in whom every milligram does a share of what it does in others."""

    def solve(records: tuple[EventRecord, ...]) -> Ensemble:
        given = tuple(replace(r, amt_mg=share * r.amt_mg) for r in records)
        return drawn_for("own", given, {}, CHOSEN)

    return solve


def asked(**changes: object) -> SearchRequest:
    start: dict[str, object] = {
        "indication": "opioid", "on": date(2026, 11, 25), "adherence": 0.5, "keep_blocked": 0.8,
        "beyond_label": False,
    }  # fmt: skip
    return SearchRequest.model_validate(start | changes)


def daily() -> Regimen:
    return next(r for r in regimens().values() if r.cycle_days == 1 and r.route == "oral")


def replanned(
    exposure: float, taken: float = 1.0, present: Regimen | None = None, **changes: object
) -> Replan:
    return replan(
        asked(**changes), present=present or daily(), own=exposed(exposure),
        new_patient=exposed(1.0), taking=Taking(taken, 20, ("d1", "d2")), chosen=CHOSEN,
    )  # fmt: skip


def reasons(proposal: Proposal) -> set[str]:
    return {e.reason for e in proposal.evidence}


def test_a_regimen_that_keeps_the_target_needs_no_change() -> None:
    found = replanned(1.0)
    assert found.needed is False
    assert found.present is not None
    assert found.present.kept_share >= 0.9
    assert all(p.candidate.regimen != daily().id for p in found.proposals)


def test_a_patient_in_whom_it_does_less_gets_proposals_with_both_figures() -> None:
    found = replanned(0.02, share=0.95)
    assert found.needed is True
    assert found.present is not None
    for proposal in found.proposals:
        told = {e.reason: e.figures for e in proposal.evidence}
        own, new = told["present_keeps"]["kept"], told["new_patient_keeps"]["kept"]
        assert found.new_patient is not None
        assert new == found.new_patient.kept_share
        assert isinstance(own, float)
        assert isinstance(new, float)
        assert own < new
        assert proposal.gain == proposal.candidate.kept_share - found.present.kept_share
        assert told["source"]["source"]


def test_the_record_s_taking_counts_not_the_request_s() -> None:
    """Doses that are rarely taken: by mouth least is kept, an injection does not hang on it."""
    sure, rare = replanned(1.0, 1.0), replanned(1.0, 0.15)
    assert sure.present is not None
    assert rare.present is not None
    assert rare.present.kept_share < sure.present.kept_share
    assert rare.needed is True
    best = rare.proposals[0]
    assert best.candidate.route != "oral"
    assert "taken_surely" in reasons(best)
    by_mouth = [p for p in replanned(1.0, 0.9).proposals if p.candidate.route == "oral"]
    assert by_mouth
    assert all("taking" in reasons(p) for p in by_mouth)
    events = {e.events for p in by_mouth for e in p.evidence if e.reason == "taking"}
    assert events == {("d1", "d2")}


def test_where_nothing_keeps_it_the_nearest_are_told_as_such() -> None:
    found = replanned(1.0, share=1.0, keep_blocked=0.99)
    assert found.proposals
    assert not any(p.reaches for p in found.proposals)
    kept = [p.candidate.kept_share for p in found.proposals]
    assert kept == sorted(kept, reverse=True)


@pytest.mark.parametrize("by", ["doses", "visits"])
def test_ranked_by_the_target(by: str) -> None:
    found = replanned(1.0, by=by).proposals
    figures = [
        p.candidate.doses_per_week if by == "doses" else p.candidate.visits_per_week for p in found
    ]
    assert len(figures) > 1
    assert figures == sorted(figures)
