"""Any mix of appends, corrections and retractions reads as a plain list of them says."""

from __future__ import annotations

import uuid
from dataclasses import dataclass, field
from datetime import datetime, timedelta

import pytest
from hypothesis import HealthCheck, given, settings
from hypothesis import strategies as st
from tests.support.records import NURSE, SettableClock, retraction, words

from antagonist.feedback.events import NewEvent
from antagonist.feedback.record import ConflictError, Record

# What happens: minutes that pass, how long ago it happened, and which earlier event it changes.
steps = st.lists(
    st.tuples(
        st.sampled_from(["append", "correct", "retract"]),
        st.integers(0, 3),
        st.integers(0, 5),
        st.integers(0, 20),
    ),
    min_size=1,
    max_size=12,
)


@dataclass
class Line:
    """An event as a plain model keeps it."""

    event_id: str
    occurred: datetime
    recorded: datetime
    taken_back: bool
    changed: list[datetime] = field(default_factory=list)


def held(lines: list[Line], valid: datetime, known: datetime) -> list[str]:
    """Ids that hold, worked out from when each line was changed rather than from references."""
    kept = [
        (line.occurred, place, line.event_id)
        for place, line in enumerate(lines)
        if not line.taken_back
        and line.recorded <= known
        and line.occurred <= valid
        and not any(at <= known for at in line.changed)
    ]
    return [event_id for _, _, event_id in sorted(kept)]


# One record serves all examples: each writes for a patient of its own.
@settings(max_examples=20, suppress_health_check=[HealthCheck.function_scoped_fixture])
@given(steps=steps)
def test_the_record_reads_like_a_list(
    record: Record, clock: SettableClock, steps: list[tuple[str, int, int, int]]
) -> None:
    patient, lines, start = str(uuid.uuid4()), list[Line](), clock.at
    for what, pass_min, ago_min, which in steps:
        now = clock.advance(minutes=pass_min)
        occurred = now - timedelta(minutes=ago_min)
        target = lines[which % len(lines)] if lines and what != "append" else None
        event = _event(what, occurred, target)
        if target is not None and target.changed:
            with pytest.raises(ConflictError):
                record.append(patient, [event], NURSE)
            continue
        (written,) = record.append(patient, [event], NURSE, expected=len(lines))
        if target is not None:
            target.changed.append(now)
        taken_back = event.kind == "retraction"
        lines.append(Line(written.event_id, occurred, now, taken_back))
    assert [event.event_id for event in record.all(patient)] == [line.event_id for line in lines]
    minutes = range(-5, int((clock.at - start).total_seconds() / 60) + 1, 6)
    times = [start + timedelta(minutes=each) for each in minutes]
    for known in times:
        for valid in times:
            found = record.history(patient, valid_at=valid, known_at=known)
            assert [event.event_id for event in found] == held(lines, valid, known)


def _event(what: str, occurred: datetime, target: Line | None) -> NewEvent:
    if target is None:
        return words("said", occurred)
    if what == "retract" or target.taken_back:  # only a retraction can change a retraction
        return retraction(target.event_id, "wrong", occurred)
    return words("said better", occurred, corrects=target.event_id)
