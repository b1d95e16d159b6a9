"""Folding depends on when things happened, never on when they were written down."""

from __future__ import annotations

from collections.abc import Sequence
from dataclasses import replace
from datetime import UTC, datetime, timedelta
from typing import Any

from hypothesis import given
from hypothesis import strategies as st

from antagonist.feedback.events import Event
from antagonist.feedback.state import PatientState, folded

START = datetime(2026, 5, 1, tzinfo=UTC)
END = START + timedelta(days=400)
DOSES = st.fixed_dictionaries({
    "dose_mg": st.sampled_from([25.0, 50.0, 100.0]), "route": st.just("oral"),
    "status": st.sampled_from(["reported", "missed", "held", "refused"]),
})  # fmt: skip
LABS = st.fixed_dictionaries({
    "test": st.sampled_from(["alt", "ast"]), "value": st.integers(1, 900), "unit": st.just("U/L"),
})  # fmt: skip
SYMPTOMS = st.fixed_dictionaries(
    {"term": st.sampled_from(["nausea", "jaundice"]), "present": st.booleans()}
)
STOPS: st.SearchStrategy[dict[str, Any]] = st.just({"reason": "wish"})
ALARMS = st.sampled_from(["e0", "e1", "e2"]).map(lambda name: {"alarm": name})
KINDS: dict[str, st.SearchStrategy[dict[str, Any]]] = {
    "dose": DOSES, "lab": LABS, "symptom": SYMPTOMS, "treatment_stop": STOPS,
    "alarm_raised": st.just({"key": "k"}), "alarm_acknowledged": ALARMS,
    "alarm_withdrawn": ALARMS,
}  # fmt: skip
Said = tuple[str, dict[str, Any]]
SAID = st.sampled_from(sorted(KINDS)).flatmap(
    lambda kind: KINDS[kind].map(lambda payload: (kind, payload))
)


def written(said: Sequence[Said], places: Sequence[int]) -> list[Event]:
    """What happened hour by hour, recorded in another order: places gives each its turn."""
    return [
        Event(
            f"e{hour}", "p1", places[hour] + 1, kind, 1, START + timedelta(hours=hour),
            END + timedelta(hours=places[hour]), "ann", "nurse", "visit", None, payload, "",
        )
        for hour, (kind, payload) in enumerate(said)
    ]  # fmt: skip


@given(st.data(), st.lists(SAID, min_size=1, max_size=12))
def test_the_order_of_recording_does_not_matter(data: st.DataObject, said: list[Said]) -> None:
    order = list(range(len(said)))
    shuffled = data.draw(st.permutations(order))
    in_turn = folded(written(said, order), END)
    by_turn = sorted(written(said, shuffled), key=lambda event: event.n)
    assert folded(by_turn, END) == in_turn


@given(st.data(), st.lists(SAID, min_size=1, max_size=12))
def test_a_corrected_record_is_as_if_written_right_at_once(
    data: st.DataObject, said: list[Said]
) -> None:
    events = written(said, range(len(said)))
    wrong = data.draw(st.sampled_from(events))
    right = replace(
        wrong,
        payload=data.draw(KINDS[wrong.kind]),
        event_id="right",
        n=len(events) + 1,
        corrects=wrong.event_id,
    )
    at_once = [right if event is wrong else event for event in events]
    assert folded([*events, right], END) == folded(at_once, END)


@given(st.data(), st.lists(SAID, min_size=1, max_size=12))
def test_what_is_taken_back_never_was(data: st.DataObject, said: list[Said]) -> None:
    events = written(said, range(len(said)))
    wrong = data.draw(st.sampled_from(events))
    back = replace(
        wrong, kind="retraction", payload={"reason": "x"}, event_id="back", n=len(events) + 1,
        corrects=wrong.event_id,
    )  # fmt: skip
    without = [event for event in events if event is not wrong]
    assert _named(folded([*events, back], END)) == _named(folded(without, END))


def _named(state: PatientState) -> PatientState:
    """The state without the patient's id, which an empty record does not tell."""
    return replace(state, patient=None)


@given(st.lists(SAID, min_size=1, max_size=12), st.integers(0, 12))
def test_the_state_of_a_moment_knows_nothing_later(said: list[Said], hours: int) -> None:
    events = written(said, range(len(said)))
    at = START + timedelta(hours=hours)
    assert folded(events, at) == folded([e for e in events if e.occurred_at <= at], at)
