"""A patient of the record with their own model and what follows from it."""

from __future__ import annotations

from collections.abc import Sequence
from dataclasses import dataclass
from datetime import datetime

from antagonist.feedback.acting.advice import Advice, OnRecord, advised
from antagonist.feedback.acting.reading import Read, read_record
from antagonist.feedback.events import Event
from antagonist.feedback.own_model.model import OwnModel, own_model
from antagonist.feedback.own_model.weights import weights
from antagonist.feedback.state_model import PatientState
from antagonist.pharmacology.settings import Settings
from antagonist.planning.search_model import SearchRequest


@dataclass(frozen=True)
class Learned:
    """read: from the record. own: learnt from it. advice: what to consider."""

    read: Read
    own: OwnModel
    advice: Advice


def learned(
    state: PatientState,
    events: Sequence[Event],
    at: datetime,
    chosen: Settings,
    target: SearchRequest | None = None,
) -> Learned | None:
    """The own model of a patient at a moment; None where there is nothing to learn from.

    state, events: of the patient, that hold at ``at`` (aware, in the clinic's zone). chosen:
    line, seed and draws, never fewer
    than the own model usually has. target: as ``advised`` takes it.
    """
    read = read_record(state, at)
    if read is None:
        return None
    draws = max(chosen.draws, weights().reckoning.draws)
    own = own_model(read.known, data=weights(), draws=draws, seed=chosen.seed)
    told = OnRecord(read.origin, at, state, events)
    return Learned(
        read, own, advised(own, told, data=weights(), chosen=chosen, target=target)
    )  # fmt: skip
