"""Windows for samples and moved clocks: what holds for every moment and habit."""

from __future__ import annotations

from datetime import datetime, timedelta
from zoneinfo import ZoneInfo

from hypothesis import given
from hypothesis import strategies as st

from antagonist.feedback.acting.present import taking_of
from antagonist.feedback.acting.visits import Visiting, window_of
from antagonist.feedback.own_model.known import Dose
from antagonist.feedback.own_model.model import DoseTaken

ZONES = [ZoneInfo(name) for name in ("Europe/Moscow", "Europe/London", "Asia/Kolkata")]
# The days around a change of clocks among them.
MOMENTS = st.datetimes(datetime(2026, 3, 20), datetime(2026, 4, 10))
HABITS = st.builds(
    lambda days, a, b: Visiting(frozenset(days), min(a, b), max(a, b)),
    st.sets(st.integers(0, 6), min_size=1), st.integers(0, 23), st.integers(0, 23),
)  # fmt: skip


@given(MOMENTS, st.sampled_from(ZONES), st.none() | HABITS, st.integers(1, 200))
def test_a_window_is_now_and_later_moments_of_visits(
    naive: datetime, zone: ZoneInfo, habit: Visiting | None, hours: int
) -> None:
    at = naive.replace(tzinfo=zone, fold=0)
    found = window_of(at, hours, habit)
    assert found.moments[0] == at
    later = found.moments[1:]
    assert list(later) == sorted(set(later))
    for moment in later:
        assert at < moment <= found.until
        assert (moment.minute, moment.second) == (0, 0)
        assert habit is None or habit.holds(moment)
    if habit is None:
        assert len(later) >= hours - 2
    assert found.until - at == timedelta(hours=hours)


@given(st.lists(st.floats(0, 1), max_size=40), st.floats(0, 1))
def test_taking_is_a_chance_and_rises_with_every_dose_that_was_more_probably_taken(
    chances: list[float], more: float
) -> None:
    def share(values: list[float]) -> float:
        dose = Dose(0.0, 50.0, "oral_tablet", "reported")
        return taking_of([DoseTaken(dose, 0.7, 0.7, v, told=True) for v in values]).share

    assert 0 < share(chances) < 1
    assert share([*chances, 1.0]) > share(chances) > share([*chances, 0.0])
    assert share([*chances, 0.0]) <= share([*chances, more]) <= share([*chances, 1.0])
