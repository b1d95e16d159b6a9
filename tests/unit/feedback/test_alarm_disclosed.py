"""Of alarms and overrides nothing is shown of fewer than five people, nor by subtraction."""

from __future__ import annotations

from datetime import UTC, datetime, timedelta

import pytest

from antagonist.feedback.alarms.burden import Burden, BurdenRow
from antagonist.feedback.alarms.disclosed import shown_burden, shown_overrides
from antagonist.feedback.overrides import OverrideReport, RuleCount

LAST = datetime(2026, 5, 1, tzinfo=UTC)


def row(alarm: str, patients: int, *answers: int, **more: int) -> BurdenRow:
    """A rule's alarms. answers: acknowledged, overridden, withdrawn, open."""
    acknowledged, overridden, withdrawn, open_ = answers
    counts = {"in_time": 0, "unanswered": 0, "repeated": 0, **more}
    return BurdenRow(
        alarm, "soon", "nurse", sum(answers), acknowledged, counts["in_time"], overridden,
        withdrawn, open_, counts["unanswered"], counts["repeated"], patients, (2.0, 9.0),
    )  # fmt: skip


def burden_of(*rows: BurdenRow, patients: int = 100) -> Burden:
    """A period's alarms."""
    return Burden(LAST - timedelta(days=30), LAST, rows, patients, 3000.0)


@pytest.mark.parametrize(("patients", "seen"), [(4, False), (5, True)])
def test_a_rule_that_concerned_four_people_is_hidden_and_one_of_five_is_not(
    patients: int, seen: bool
) -> None:
    big = (row("one", 50, 60, 0, 0, 0), row("two", 40, 50, 0, 0, 0))
    found = shown_burden(burden_of(*big, row("rare", patients, 30, 0, 0, 0)))
    assert ("rare" in {each.alarm for each in found.rows}) is seen
    if seen:
        assert found.hidden_rows == 0
        assert found.shown == 140
    else:
        # alone it would follow from the sum, so the next smallest goes with it
        assert [each.alarm for each in found.rows] == ["one"]
        assert found.hidden_rows == 2


def test_a_small_count_within_a_row_takes_another_with_it() -> None:
    (found,) = shown_burden(burden_of(row("one", 30, 20, 3, 9, 0))).rows
    assert found.answers == {"acknowledged": 20, "overridden": None, "withdrawn": None, "open": 0}
    assert found.hours_to_answer == (None, None)
    (whole,) = shown_burden(burden_of(row("one", 30, 20, 6, 9, 0))).rows
    assert None not in whole.answers.values()
    assert whole.hours_to_answer == (2.0, 9.0)


def test_parts_of_a_count_are_hidden_where_the_rest_is_small() -> None:
    (found,) = shown_burden(burden_of(row("one", 30, 20, 0, 0, 0, in_time=17, repeated=5))).rows
    assert found.in_time is None
    assert found.repeated == 5


@pytest.mark.parametrize(("patients", "seen"), [(4, None), (5, 5)])
def test_a_clinic_of_four_people_has_no_figures(patients: int, seen: int | None) -> None:
    found = shown_burden(burden_of(row("one", patients, 9, 0, 0, 0), patients=patients))
    assert found.patients == seen
    assert found.per_100_patient_days == (None if seen is None else pytest.approx(0.3))


def test_no_alarm_at_all_is_a_figure() -> None:
    found = shown_burden(burden_of())
    assert (found.shown, found.rows, found.per_100_patient_days) == (0, (), 0.0)


def test_overrides_are_hidden_by_the_people_they_concern() -> None:
    rules = (
        RuleCount("often", 40, 12, 0, 20),
        RuleCount("also", 30, 2, 0, 15),
        RuleCount("of one person", 9, 9, 0, 1),
        RuleCount("of few", 8, 0, 0, 4),
    )
    found = shown_overrides(OverrideReport(90, rules), 100)
    assert [(each.rule, each.overridden) for each in found.rules] == [("often", 12), ("also", None)]
    assert found.hidden_rules == 2
    assert shown_overrides(OverrideReport(9, ()), 4).decisions is None
