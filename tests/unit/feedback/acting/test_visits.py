"""When a sample could be taken: hours of visits on record, and what stands in the window."""

from __future__ import annotations

from datetime import datetime, timedelta

from tests.support.example_record import AT, MOSCOW, event, events

from antagonist.feedback.acting.visits import Visiting, visiting_of, window_of
from antagonist.feedback.events import Event


def visit(n: int, day: int, hour: int) -> Event:
    at = datetime(2026, 3, 2, hour, 30, tzinfo=MOSCOW) + timedelta(days=day)
    return event(n, "vital_signs", at, {"weight_kg": 80}, "nurse")


def test_the_example_is_seen_on_its_dosing_days_in_the_morning() -> None:
    found = visiting_of(events(), AT)
    assert found is not None
    assert found.weekdays == {0, 2, 4}
    assert 8 <= found.from_hour < found.until_hour <= 12


def test_few_visits_tell_no_habit_and_reports_are_no_visits() -> None:
    few = [visit(n, 7 * n, 9) for n in range(4)]
    now = datetime(2026, 4, 20, 12, tzinfo=MOSCOW)
    assert visiting_of(few, now) is None
    told = [
        event(n, "dose", visit(n, n, 22).occurred_at, {"status": "reported"}, "nurse")
        for n in range(20)
    ]
    assert visiting_of([*few, *told], now) is None


def test_a_day_of_few_visits_and_old_visits_are_left_out() -> None:
    now = datetime(2026, 5, 15, 12, tzinfo=MOSCOW)
    mondays = [visit(n, 7 * n, 9) for n in range(10)]
    found = visiting_of([*mondays, visit(90, 5, 9)], now)
    assert found == Visiting(frozenset({0}), 9, 10)
    assert visiting_of(mondays, now + timedelta(days=200)) is None


def test_the_window_is_now_and_the_hours_of_visits() -> None:
    found = window_of(AT, 72, Visiting(frozenset({0, 4}), 8, 10))
    assert found.moments[0] == AT
    assert [m.isoformat() for m in found.moments[1:]] == [
        f"2026-05-25T{hour:02d}:00:00+03:00" for hour in (8, 9, 10)
    ]
    assert found.until == AT + timedelta(hours=72)


def test_without_a_habit_every_hour_counts() -> None:
    found = window_of(AT + timedelta(minutes=20), 24, None)
    assert len(found.moments) == 25
    assert found.moments[1] == AT + timedelta(hours=1)
