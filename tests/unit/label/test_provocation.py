"""The provocation test: steps and waiting times, signs, interruption, expiry."""

from __future__ import annotations

from datetime import UTC, datetime, timedelta

import pytest

from antagonist.foundation.errors import InputError
from antagonist.label.provocation import Event, protocol, provocation_data, state_of

T0 = datetime(2026, 11, 25, 9, 0, tzinfo=UTC)


def after(seconds: float) -> datetime:
    return T0 + timedelta(seconds=seconds)


def event(kind: str, seconds: float, **more: object) -> Event:
    return Event.model_validate({"kind": kind, "at": after(seconds), **more})


BASELINE = event("baseline", 0, signs=("anxiety",))
FIRST = event("given", 60)


def test_only_naloxone_is_offered() -> None:
    assert provocation_data().drug == "naloxone"


def test_the_intravenous_steps_are_the_labels() -> None:
    """Nalorex and Adepend SmPCs: 0.2 mg, 30 s, 0.6 mg, 20 min (rules.yaml, challenge-iv)."""
    assert [(s.give_mg, s.observe_s) for s in protocol("iv").steps] == [(0.2, 30), (0.6, 1200)]


def test_signs_before_the_test_come_first() -> None:
    assert state_of("iv", [], T0).name == "needs_baseline"
    with pytest.raises(InputError, match="baseline"):
        state_of("iv", [FIRST], after(100))


@pytest.mark.parametrize(("seconds", "state", "step"), [(89, "observing", 0), (90, "ready", 1)])
def test_the_first_step_is_watched_for_thirty_seconds(
    seconds: float, state: str, step: int
) -> None:
    found = state_of("iv", [BASELINE, FIRST, event("observed", seconds)], after(seconds))
    assert (found.name, found.step) == (state, step)


@pytest.mark.parametrize(("seconds", "state"), [(1299, "observing"), (1300, "negative")])
def test_the_second_step_is_watched_for_twenty_minutes(seconds: float, state: str) -> None:
    events = [BASELINE, FIRST, event("observed", 90), event("given", 100)]
    found = state_of("iv", [*events, event("observed", seconds)], after(seconds))
    assert found.name == state


def test_a_new_sign_is_positive_at_once_and_a_repeat_waits_a_day() -> None:
    found = state_of("iv", [BASELINE, FIRST, event("observed", 70, signs=("yawning",))], after(80))
    assert found.name == "positive"
    assert found.new_signs == ("yawning",)
    assert found.repeat_from == after(70) + timedelta(hours=24)
    events = [BASELINE, FIRST, event("observed", 70, signs=("yawning",)), event("given", 90)]
    with pytest.raises(InputError, match="positive"):
        state_of("iv", events, after(90))


def test_a_sign_that_was_there_before_does_not_count() -> None:
    events = [BASELINE, FIRST, event("observed", 90, signs=("anxiety",))]
    assert state_of("iv", events, after(91)).name == "ready"


@pytest.mark.parametrize(("seconds", "state"), [(1870, "interrupted"), (1871, "expired")])
def test_an_interrupted_test_may_be_resumed_for_half_an_hour(seconds: float, state: str) -> None:
    events = [BASELINE, FIRST, event("interrupted", 70)]
    assert state_of("iv", events, after(seconds)).name == state


def test_a_resumed_step_is_watched_anew() -> None:
    events = [BASELINE, FIRST, event("interrupted", 80), event("resumed", 200)]
    assert state_of("iv", [*events, event("observed", 229)], after(229)).name == "observing"
    assert state_of("iv", [*events, event("observed", 230)], after(230)).name == "ready"


def test_a_sign_during_an_interruption_counts() -> None:
    events = [BASELINE, FIRST, event("interrupted", 70), event("observed", 75, signs=("tremor",))]
    assert state_of("iv", events, after(80)).name == "positive"


def test_no_sign_during_an_interruption_proves_nothing() -> None:
    events = [BASELINE, FIRST, event("interrupted", 70), event("observed", 120)]
    with pytest.raises(InputError, match="resumed first"):
        state_of("iv", events, after(130))


@pytest.mark.parametrize(("hours", "state"), [(4.0, "observing"), (4.01, "expired")])
def test_a_test_that_is_not_finished_expires(hours: float, state: str) -> None:
    assert state_of("iv", [BASELINE, FIRST], T0 + timedelta(hours=hours)).name == state


def test_a_step_without_a_figure_needs_one_from_the_prescriber() -> None:
    with pytest.raises(InputError, match="observe_s"):
        state_of("confirm", [BASELINE, FIRST], after(100))
    given = event("given", 60, observe_s=1200)
    assert state_of("confirm", [BASELINE, given], after(100)).until == after(1260)


def test_watching_is_never_shorter_than_the_text() -> None:
    given = event("given", 60, observe_s=5)
    assert state_of("iv", [BASELINE, given], after(70)).until == after(90)


@pytest.mark.parametrize(
    ("events", "match"),
    [
        ([BASELINE, event("given", 60, step=1)], "step 0 is next"),
        ([event("baseline", 0, signs=("sneezing",))], "sneezing"),
        ([BASELINE, event("given", -5)], "in order"),
    ],
)
def test_events_that_cannot_be_are_refused(events: list[Event], match: str) -> None:
    with pytest.raises(InputError, match=match):
        state_of("iv", events, after(1000))
