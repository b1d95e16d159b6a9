"""The monitoring schedule: what is due on which day, in agreement with the rules it serves."""

from __future__ import annotations

from datetime import date, timedelta
from pathlib import Path

import pytest

from antagonist.foundation.errors import InputError
from antagonist.label.facts import Fact
from antagonist.label.monitoring import (
    Check,
    Due,
    checks_for,
    due,
    falls_away,
    load_schedule,
    months_later,
    schedule,
)
from antagonist.label.rulebook import all_rules

LEAP_YEARS = [date(2026, 1, 1) + timedelta(days=day) for day in range(4 * 365 + 1)]
# Rule lft-follow-up: month -> treatment day from which it is overdue, and from which a test counts.
FOLLOW_UP = {1: (31, 21), 3: (92, 82), 6: (184, 174)}
ONE = """\
checks:
  mine:
    title: {en: "Mine", ru: "Моя"}
    kind: laboratory
    looks_at: [alt]
    when: WHEN
    indications: [opioid]
    routes: [oral]
    jurisdictions: [base]
    rules: [jaundice]
    source: ["made up for this test"]
    provenance: own
"""


def check(name: str) -> Check:
    return next(c for c in schedule() if c.id == name)


def mine(tmp_path: Path, when: str, text: str = ONE) -> Check:
    path = tmp_path / "mine.yaml"
    path.write_text(text.replace("WHEN", when), encoding="utf-8")
    return load_schedule(path)[0]


def days(found: tuple[Due, ...]) -> list[date]:
    return [entry.on for entry in found]


def test_liver_tests_fall_on_months_1_3_6_and_then_every_6() -> None:
    found = due(check("liver_tests_follow_up"), date(2026, 3, 2), date(2027, 9, 2))
    assert days(found) == [
        date(2026, 4, 2),
        date(2026, 6, 2),
        date(2026, 9, 2),
        date(2027, 3, 2),
        date(2027, 9, 2),
    ]
    assert found[0].not_before == date(2026, 3, 26)


def test_a_month_past_the_end_is_not_due() -> None:
    found = due(check("liver_tests_follow_up"), date(2026, 3, 2), date(2027, 9, 1))
    assert days(found)[-1] == date(2027, 3, 2)


def test_a_test_before_the_start_is_due_once_with_its_window() -> None:
    found = due(check("liver_tests_before_30"), date(2026, 3, 31), date(2026, 9, 30))
    assert found == (Due("liver_tests_before_30", date(2026, 3, 31), date(2026, 3, 1)),)


@pytest.mark.parametrize(
    ("day", "months", "later"),
    [
        (date(2026, 1, 31), 1, date(2026, 2, 28)),
        (date(2027, 1, 31), 13, date(2028, 2, 29)),
        (date(2026, 12, 15), 1, date(2027, 1, 15)),
        (date(2026, 12, 31), 12, date(2027, 12, 31)),
        (date(2026, 6, 30), 6, date(2026, 12, 30)),
    ],
)
def test_a_month_later_is_the_same_day_or_the_last_of_the_month(
    day: date, months: int, later: date
) -> None:
    assert months_later(day, months) == later


@pytest.mark.parametrize("month", FOLLOW_UP)
def test_the_rule_calls_a_month_overdue_never_before_the_schedule_does(month: int) -> None:
    overdue, counts_from = FOLLOW_UP[month]
    lengths = {(months_later(day, month) - day).days for day in LEAP_YEARS}
    assert max(lengths) == overdue
    assert min(lengths) - check("liver_tests_follow_up").when.early_days == counts_from


def test_the_rule_has_the_days_that_this_file_holds_against_it() -> None:
    rule = next(r for r in all_rules() if r.id == "lft-follow-up")
    text = rule.when.model_dump_json()
    for figures in FOLLOW_UP.values():
        assert all(f'"value":{figure:.1f}' in text for figure in figures)


def test_a_site_is_looked_at_before_every_injection_but_the_first() -> None:
    injections = [date(2026, 3, 30), date(2026, 3, 2), date(2026, 4, 27)]
    site = due(
        check("injection_site_check"), date(2026, 3, 2), date(2026, 5, 24), injections=injections
    )
    talk = due(
        check("reversal_agent_talk"), date(2026, 3, 2), date(2026, 5, 24), injections=injections
    )
    assert days(site) == [date(2026, 3, 30), date(2026, 4, 27)]
    assert days(talk) == sorted(injections)


def test_mood_is_asked_at_visits_and_injections_of_the_plan_each_day_once() -> None:
    found = due(
        check("mood_question"),
        date(2026, 3, 2),
        date(2026, 3, 31),
        visits=[date(2026, 3, 30), date(2026, 3, 9), date(2026, 3, 1), date(2026, 4, 1)],
        injections=[date(2026, 3, 2), date(2026, 3, 30)],
    )
    assert days(found) == [date(2026, 3, 2), date(2026, 3, 9), date(2026, 3, 30)]


def test_advice_falls_on_the_first_and_the_last_day() -> None:
    plan = (date(2026, 3, 2), date(2026, 9, 1))
    assert days(due(check("wallet_card"), *plan)) == [plan[0]]
    assert days(due(check("lost_tolerance_talk"), *plan)) == [plan[1]]


def test_a_plan_that_ends_before_it_begins_is_refused() -> None:
    with pytest.raises(InputError, match="end"):
        due(check("visit"), date(2026, 3, 2), date(2026, 3, 1))
    assert due(check("visit"), date(2026, 3, 2), date(2026, 3, 2)) == ()


@pytest.mark.parametrize(
    ("facts", "away"),
    [
        ({"sex": Fact("male")}, True),
        ({"sex": Fact("female"), "childbearing_potential": Fact(False, 0.0)}, True),
        ({"sex": Fact("female"), "childbearing_potential": Fact(True, 0.0)}, False),
        ({"sex": Fact("female")}, False),
        ({}, False),
    ],
)
def test_a_pregnancy_test_falls_away_only_where_that_is_known(
    facts: dict[str, Fact], *, away: bool
) -> None:
    assert falls_away(check("pregnancy_test_before"), facts) is away


def test_a_check_without_exceptions_is_for_everyone() -> None:
    assert falls_away(check("creatinine_before"), {"sex": Fact("male")}) is False


def test_a_plan_has_the_checks_of_its_texts_alone() -> None:
    uk = {c.id for c in checks_for("opioid", "oral", ["base", "uk"])}
    us = {c.id for c in checks_for("opioid", "im_xr", ["base", "us_xr"])}
    assert "liver_tests_before_30" in uk
    assert "liver_tests_before_90" not in uk
    assert {"injection_site_check", "liver_tests_before_90"} <= us
    assert not {"weight", "liver_tests_before_30"} & us
    assert "jaundice_question" in uk & us


def test_an_alcohol_plan_has_no_serial_urine_panel() -> None:
    counting = ["guideline:PROJECT"]
    alcohol = {c.id for c in checks_for("alcohol", "oral", counting)}
    assert "urine_panel_before" in alcohol
    assert "urine_panel_visits" not in alcohol
    assert "urine_panel_visits" in {c.id for c in checks_for("opioid", "oral", counting)}


def test_every_check_serves_rules_that_exist_in_its_jurisdictions_or_is_the_projects() -> None:
    rules = {rule.id: rule for rule in all_rules()}
    for entry in schedule():
        assert set(entry.rules) <= rules.keys(), entry.id
        own = {j for name in entry.rules for j in rules[name].jurisdictions}
        assert set(entry.jurisdictions) <= own | {"guideline:PROJECT"}, entry.id


def test_a_time_of_this_project_is_never_said_to_be_read() -> None:
    for entry in schedule():
        assert entry.title.en != entry.title.ru
        assert (entry.provenance != "seen") or not any(
            j.startswith("guideline:PROJECT") for j in entry.jurisdictions
        )


@pytest.mark.parametrize(
    ("when", "wrong"),
    [
        ("{}", "needs a time"),
        ("{months: [3, 1]}", "in order"),
        ("{months: [0]}", "1 or more"),
        ("{each: visit, then_every_months: 6}", "go on from"),
        ("{months: [1], then_every_months: 0}", "then_every_months"),
        ("{before_first_dose_days: 0}", "before_first_dose_days"),
    ],
)
def test_a_time_that_makes_no_sense_is_refused(tmp_path: Path, when: str, wrong: str) -> None:
    with pytest.raises(InputError, match=wrong):
        mine(tmp_path, when)


def test_months_without_more_end(tmp_path: Path) -> None:
    found = due(mine(tmp_path, "{months: [2]}"), date(2026, 3, 2), date(2036, 3, 2))
    assert days(found) == [date(2026, 5, 2)]


@pytest.mark.parametrize(
    ("old", "new", "wrong"),
    [
        ("looks_at: [alt]", "looks_at: [altt]", r"looks_at.*did you mean alt\?"),
        ("jurisdictions: [base]", "jurisdictions: [bas]", r"jurisdictions.*did you mean base\?"),
        ("kind: laboratory", "kind: lab", r"kind \(line 4\)"),
        ("checks:", "cheques:", "a mapping of ids to checks"),
    ],
)
def test_a_wrong_file_names_the_field(tmp_path: Path, old: str, new: str, wrong: str) -> None:
    with pytest.raises(InputError, match=wrong):
        mine(tmp_path, "{at_start: true}", ONE.replace(old, new))
