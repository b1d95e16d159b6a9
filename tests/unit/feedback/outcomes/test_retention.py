"""Time in treatment: when it ends, and how."""

from __future__ import annotations

import pytest
from tests.support.courses import IMPLANT, Told, at, course, dose, doses, events, injection, on

from antagonist.feedback.alarms.due import has_died
from antagonist.feedback.outcomes.retention import injections_reached, stay_of
from antagonist.feedback.state import folded


def departure(day: int, how: str) -> Told:
    return "departure", day, {"how": how, "date": on(day).isoformat()}


STOP: Told = ("treatment_stop", 10, {"reason": "wish"})


@pytest.mark.parametrize(
    ("told", "today", "ending", "days"),
    [
        # by mouth: more than 14 days without evidence
        (doses(range(11)), 24, "in_treatment", 24),
        (doses(range(11)), 25, "dropped_out", 10),
        # a dose only told of is evidence, one missed is none
        ([*doses(range(11)), dose(20, status="reported")], 30, "in_treatment", 30),
        ([*doses(range(11)), dose(20, status="missed")], 30, "dropped_out", 10),
        # who came back after a gap dropped out before it
        ([*doses(range(11)), *doses(range(25, 40))], 40, "dropped_out", 10),
        ([*doses(range(11)), *doses(range(24, 40))], 40, "in_treatment", 40),
        # an injection covers 28 days, and the next may be 14 late
        ([injection(0)], 42, "in_treatment", 42),
        ([injection(0)], 43, "dropped_out", 28),
        ([injection(0), injection(42)], 60, "in_treatment", 60),
        ([injection(0), injection(43)], 60, "dropped_out", 28),
        # a stop waits for nothing, its date is still that of what was taken
        ([*doses(range(9)), STOP], 12, "dropped_out", 8),
        ([*doses(range(9)), STOP, dose(11)], 12, "in_treatment", 12),
        ([injection(0), STOP], 12, "dropped_out", 12),
        # leaving care competes with drop-out, unless drop-out came first
        ([*doses(range(11)), departure(24, "prison")], 60, "prison", 24),
        ([*doses(range(11)), departure(25, "prison")], 60, "dropped_out", 10),
        ([*doses(range(11)), departure(12, "completed")], 60, "completed", 12),
        ([*doses(range(11)), departure(12, "transfer")], 60, "transfer", 12),
    ],
)
def test_how_a_stay_ends(told: list[Told], today: int, ending: str, days: int) -> None:
    stay = stay_of(course(told, today))
    assert stay is not None
    assert (stay.ending, stay.days, stay.start) == (ending, days, on(0))


def test_a_fatal_overdose_is_a_death() -> None:
    fatal = {"fatal": True, "treated": False, "naloxone_given": False}
    stay = stay_of(course([*doses(range(5)), ("overdose", 6, fatal)], 50))
    assert stay is not None
    assert (stay.ending, stay.days) == ("death", 6)


def test_without_a_dose_there_is_no_stay() -> None:
    assert stay_of(course([dose(0, status="missed")], 10)) is None


def test_who_came_back_is_said() -> None:
    back = stay_of(course([*doses(range(11)), *doses(range(25, 40))], 40))
    assert back is not None
    assert back.returned
    gone = stay_of(course(doses(range(11)), 40))
    assert gone is not None
    assert not gone.returned


def test_a_removed_implant_covers_no_longer() -> None:
    put_in: Told = (
        "implant_in", 0,
        {"product": IMPLANT, "dose_mg": 1000, "site": "abdomen", "given_by": "x"},
    )  # fmt: skip
    out: Told = ("implant_out", 9, {"reason": "infection", "done_by": "x"})
    stay = stay_of(course([put_in, out], 30))
    assert stay is not None
    assert (stay.ending, stay.days) == ("dropped_out", 9)
    longer = stay_of(course([put_in], 30))
    assert longer is not None
    assert longer.ending == "in_treatment"


def test_another_gap_moves_the_end() -> None:
    told = [*doses(range(11)), *doses(range(20, 40))]
    seen = [stay_of(course(told, 40), gap) for gap in (7, 14)]
    assert [s.days for s in seen if s is not None] == [10, 40]


@pytest.mark.parametrize(
    ("days", "reached"),
    # the second counts to day 2 x 28 + 14 = 70
    [([0], 1), ([0, 70], 2), ([0, 71], 1), ([0, 28, 98, 127], 3), ([], 0)],
)
def test_injections_reached(days: list[int], reached: int) -> None:
    assert injections_reached(course([injection(day) for day in days], 200)) == reached


def test_the_day_is_the_clinics() -> None:
    assert course([dose(0)], 3).day(at(0, 23)) == on(0)


def test_a_departure_by_death_ends_what_is_due() -> None:
    told = [*doses(range(5)), departure(6, "death")]
    assert has_died(folded(events(told), at(8)))
    assert not has_died(folded(events([*doses(range(5)), departure(6, "prison")]), at(8)))
