"""Regimens to offer instead of the present one, by the patient's own model, each with why.

It proposes; a professional decides. What a regimen keeps is worked out with the patient's own
draws and with the chance of taking a dose that the record shows.
"""

from __future__ import annotations

from collections.abc import Mapping
from dataclasses import dataclass
from typing import Literal

from antagonist.label.regimens import Regimen
from antagonist.pharmacology.settings import Settings
from antagonist.planning.regimens import known_regimens
from antagonist.planning.search import Solve, figures, search
from antagonist.planning.search_model import Candidate, SearchRequest

Reason = Literal[
    "present_keeps",  # share of time the present regimen keeps the target, own model
    "new_patient_keeps",  # the same for a new patient: what the patient's own data changed
    "proposal_keeps",  # share of time the proposal keeps the target, own model
    "taking",  # chance of taking a dose by oneself, from the record
    "taken_surely",  # doses of the proposal do not hang on the patient's taking them
    "source",  # where the regimen comes from
    "no_label",  # a pattern that no label has
]


@dataclass(frozen=True)
class Evidence:
    """One reason for a change: a key, its figures, and the events of the record it stands on."""

    reason: Reason
    figures: Mapping[str, float | str]
    events: tuple[str, ...] = ()


@dataclass(frozen=True)
class Proposal:
    """A regimen with what it would change. gain: of the kept share, over the present regimen's.

    reaches: whether it keeps the target; where no regimen does, the nearest are told.
    """

    candidate: Candidate
    reaches: bool
    gain: float | None
    evidence: tuple[Evidence, ...]


@dataclass(frozen=True)
class Taking:
    """How surely doses by mouth are taken, of how many that is known, and its events."""

    share: float
    doses: int
    events: tuple[str, ...] = ()


@dataclass(frozen=True)
class Replan:
    """The present regimen's figures (None where there is none or no levels) and proposals.

    new_patient: the same regimen's in a new patient. needed: False where the present regimen keeps
    the target: then proposals are alternatives.
    """

    present: Candidate | None
    new_patient: Candidate | None
    needed: bool | None
    proposals: tuple[Proposal, ...]


def replan(
    request: SearchRequest,
    *,
    present: Regimen | None,
    own: Solve,
    new_patient: Solve,
    taking: Taking,
    chosen: Settings | None = None,
) -> Replan:
    """Regimens that keep the target for this patient, ranked as the request says.

    request: the target; its adherence is replaced by ``taking``'s. own, new_patient: solve a
    course for the patient's own draws, and for those of a new patient.
    Raises InputError as ``search`` does.
    """
    asked = request.model_copy(update={"adherence": _sensible(taking.share)})
    now = usual = None
    if present is not None:
        now = figures(present, asked, patient=own, chosen=chosen)
        usual = figures(present, asked, patient=new_patient, chosen=chosen)
    found = search(asked, patient=own, chosen=chosen)
    others = [c for c in found if present is None or c.regimen != present.id]
    reached = bool(found)
    if not reached:
        others = _nearest(asked, present, own, chosen)
    proposals = tuple(
        Proposal(
            candidate,
            reached,
            None if now is None else candidate.kept_share - now.kept_share,
            _evidence(candidate, now, usual, taking, asked),
        )
        for candidate in others
    )
    needed = None if now is None else now.kept_share < asked.share
    return Replan(now, usual, needed, proposals)


def _sensible(share: float) -> float:
    """A chance that a search takes: never nothing."""
    return min(max(share, 0.01), 1.0)


def _nearest(
    request: SearchRequest, present: Regimen | None, own: Solve, chosen: Settings | None
) -> list[Candidate]:
    """Where nothing keeps the target: the regimens that keep it longest, longest first."""
    lowest = request.model_copy(update={"share": 1e-9, "beyond_label": False})
    found = search(lowest, patient=own, chosen=chosen)
    kept = [c for c in found if present is None or c.regimen != present.id]
    return sorted(kept, key=lambda c: -c.kept_share)[: request.at_most]


def _evidence(
    candidate: Candidate,
    now: Candidate | None,
    usual: Candidate | None,
    taking: Taking,
    request: SearchRequest,
) -> tuple[Evidence, ...]:
    target: Mapping[str, float | str] = {
        "keep_blocked": request.keep_blocked,
        "target_share": request.share,
        "percentile": request.percentile,
    }
    compared: tuple[tuple[Reason, Candidate | None], ...] = (
        ("present_keeps", now),
        ("new_patient_keeps", usual),
        ("proposal_keeps", candidate),
    )
    found = [Evidence(r, {**_shares(one), **target}) for r, one in compared if one is not None]
    if candidate.route == "oral":
        known: Mapping[str, float | str] = {"share": taking.share, "doses": float(taking.doses)}
        found.append(Evidence("taking", known, taking.events))
    else:
        found.append(Evidence("taken_surely", {"route": candidate.route}))
    return (*found, _source(candidate))


def _shares(candidate: Candidate) -> Mapping[str, float | str]:
    low, median, high = candidate.protected_share
    return {"low": low, "median": median, "high": high, "kept": candidate.kept_share}


def _source(candidate: Candidate) -> Evidence:
    if candidate.regimen is None:
        return Evidence("no_label", {})
    regimen = known_regimens()[candidate.regimen]
    return Evidence("source", {"source": regimen.source, "provenance": regimen.provenance})
