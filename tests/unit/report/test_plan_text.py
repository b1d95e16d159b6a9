"""A plan and its refusal on the terminal, and the phrases that every document of a plan shares."""

from __future__ import annotations

import re
from collections.abc import Callable
from dataclasses import replace
from datetime import date, timedelta
from io import StringIO

import pytest
from rich.console import Console
from tests.unit.report.answers import RULES, departing, open_answer
from tests.unit.report.plans import OUTLOOK, SUPPLY, daily_doses, injection_plan, plan, refusal

from antagonist.planning.plan_model import Plan
from antagonist.report.label_text import label_words, units_text
from antagonist.report.plan_phrases import (
    check_lines,
    days_text,
    money_text,
    outlook_lines,
    span_text,
    supply_lines,
    week_text,
    weeks_of,
)
from antagonist.report.plan_text import print_plan, print_refusal
from antagonist.report.wording import LANGUAGES

EN, RU = label_words("en"), label_words("ru")


def printed(write: Callable[[Console], None]) -> str:
    stream = StringIO()
    write(Console(file=stream, width=200))
    return "\n".join(line.rstrip() for line in stream.getvalue().splitlines())


def plan_printed(given: Plan, language: str = "en") -> str:
    return printed(lambda console: print_plan(given, console, language, RULES))


def test_two_weeks_day_by_day_then_by_week() -> None:
    lines = plan_printed(plan()).splitlines()
    first = lines.index("First two weeks")
    assert lines[first + 1] == "Wed 25 Nov 2026: 09:00 25 mg (0.5 tablets), first doses"
    assert lines[first + 6] == "Mon 30 Nov 2026: 09:00 50 mg (1 tablet), at the clinic"
    assert lines[first + 10] == "Fri 4 Dec 2026: 09:00 50 mg (1 tablet), moved from 3 Dec"
    assert lines[first + 14].startswith("Tue 8 Dec 2026")
    assert lines[first + 15] == ""
    later = lines.index("Then, by week")
    assert lines[later + 1] == "9 Dec – 13 Dec 2026: 50 mg × 5"
    assert lines[later + 2] == "14 Dec – 20 Dec 2026: 50 mg × 7; at the clinic: 1"


@pytest.mark.parametrize(("days", "by_week"), [(14, False), (15, True)])
def test_a_plan_of_two_weeks_has_no_weeks(days: int, by_week: bool) -> None:
    start = date(2026, 11, 25)
    given = plan(doses=daily_doses(start, days), end=start + timedelta(days=days))
    assert ("Then, by week" in plan_printed(given)) is by_week


def test_a_day_without_a_dose_is_said() -> None:
    doses = daily_doses(date(2026, 11, 25), 3)
    given = plan(doses=(doses[0], doses[2]), end=date(2026, 11, 28))
    assert "чт 26 ноября 2026 г.: без приёма" in plan_printed(given, "ru")


def test_injections_stand_one_by_one() -> None:
    text = plan_printed(injection_plan())
    assert (
        "Wed 1 Apr 2026: 10:00 380 mg (1 vial), at the clinic, left side, not before 1 Apr" in text
    )
    assert "No forecast: no published levels for this product" in text
    assert "First two weeks" not in text


@pytest.mark.parametrize("language", LANGUAGES)
def test_every_part_is_there(language: str) -> None:
    text, words = plan_printed(plan(), language), label_words(language)
    for key in ("checks", "supply", "outlook", "warnings", "sources"):
        assert words.text(f"plan.{key}") in text
    assert words.text("provenance.recalled") in text
    assert text.splitlines()[-1] == words.text("doc.statement")
    assert words.text("warning.naloxone") in text
    assert "[ ] " in text


def test_the_outlook_names_its_range_and_no_opioid_dose() -> None:
    lines = outlook_lines(plan(), EN)
    assert lines[0] == "Weakest hour: Sat 12 Dec 2026, 08:00 (CET); blocked 85 % (61 – 97 %)"
    assert lines[1].startswith("Time protected: 96 % (70 – 100 %) (at least 90 % of")
    assert lines[2] == (
        "If 50 mg on Thu 10 Dec 2026, 09:00 (CET) is missed: protection lost 21 h (5 – 30); "
        "lowest blockade then 22 % (5 – 44 %)"
    )
    assert "400 draws, parameters cdcdcdcdcdcd" in lines
    assert not re.search("heroin|героин", " ".join(lines + outlook_lines(plan(), RU)))


def test_printing_makes_no_interval_narrower() -> None:
    missed = OUTLOOK.missed
    assert missed is not None
    wide = replace(OUTLOOK, missed=replace(missed, hours_lost=(4.9, 21.4, 30.1)))
    assert "21 h (4 – 31)" in outlook_lines(plan(outlook=wide), EN)[2]
    assert len(outlook_lines(plan(outlook=replace(OUTLOOK, missed=None)), EN)) == 5


def test_a_plan_without_outlook_says_why() -> None:
    assert outlook_lines(plan(outlook=None, no_outlook="too_slow"), EN) == ["No forecast: too slow"]


def test_cost_has_its_date_or_says_undated() -> None:
    assert supply_lines(plan(), EN) == [
        "Needed: 90.5 tablets, 10 packs (one pack: 10 tablets)",
        "Cost: 12\u00a0000 – 15\u00a0500.50 RUB, price undated; seed row P7 (read)",
    ]
    dated = replace(SUPPLY, price_date="2024-05-03", cost_high=12000.0)
    assert supply_lines(plan(supply=dated), RU)[1] == (
        "Стоимость: 12\u00a0000 RUB, цена на 3 мая 2024 г.; seed row P7 (прочитано)"
    )


def test_no_price_is_unknown_never_zero() -> None:
    lines = supply_lines(injection_plan(), RU)
    assert lines == ["Нужно: 6 флаконов", "Стоимость: неизвестна, цены в данных нет."]
    renewed = supply_lines(replace(injection_plan(), renewal=date(2026, 9, 1)), EN)
    assert renewed[-1] == "Implant to be renewed by 1 Sep 2026"


@pytest.mark.parametrize(
    ("value", "en", "ru"),
    [
        (500.0, "500", "500"),
        (1234567.0, "1\u00a0234\u00a0567", "1\u00a0234\u00a0567"),
        (1234.5, "1\u00a0234.50", "1\u00a0234,50"),
    ],
)
def test_money(value: float, en: str, ru: str) -> None:
    assert money_text(value, EN) == en
    assert money_text(value, RU) == ru


def test_units_have_the_products_own_name() -> None:
    assert units_text(2, "seed-capsule-50", RU) == "2 капсулы"
    assert units_text(1, "seed-capsule-50", EN) == "1 capsule"
    assert units_text(5, "no-such-product", RU) == "5 единиц"


def test_checks_of_one_kind_share_a_line() -> None:
    liver, visit = check_lines(plan().checks, EN)
    assert liver.title == "ALT, AST, bilirubin"
    assert len(liver.days) == 3
    assert liver.source == "clinical practice (recalled, not read)"
    assert visit.days == (date(2026, 12, 9),)
    assert days_text(liver.days, EN) == "25 Nov, 25 Dec 2026, 23 Feb 2027"


def test_weeks_without_a_dose_stay() -> None:
    doses = daily_doses(date(2026, 11, 25), 30)
    found = weeks_of((doses[0], doses[-1]))
    assert [week.monday for week in found] == [
        date(2026, 11, 23) + timedelta(days=7 * n) for n in range(5)
    ]
    assert week_text(found[1], EN) == "no dose"
    assert week_text(found[0], EN) == "25 mg × 1"
    assert weeks_of(()) == ()


def test_a_moved_dose_is_named_in_its_week() -> None:
    week = weeks_of(daily_doses(date(2026, 11, 25), 12))[1]
    assert week_text(week, EN) == "50 mg × 7; at the clinic: 1; 4 Dec moved from 3 Dec"


def test_a_span_across_the_year_names_both_years() -> None:
    assert span_text(date(2026, 12, 28), date(2027, 1, 3), EN) == "28 Dec 2026 – 3 Jan 2027"
    assert (
        span_text(date(2026, 12, 21), date(2026, 12, 27), RU) == "21 декабря – 27 декабря 2026 г."
    )


def test_a_refusal_names_the_rule() -> None:
    text = printed(lambda console: print_refusal(refusal(), console, "en", RULES))
    assert text.splitlines()[0] == "NO PLAN: not allowed"
    assert "Asked for: Naltrexone (base text), tablet, 50 mg; 50 mg daily; from 25 Nov 2026" in text
    assert "What was asked for breaks a limit." in text
    assert "base text, row (read) [hepatitis-base]" in text


def test_a_refusal_by_the_screening_and_one_that_is_open() -> None:
    screening = printed(lambda c: print_refusal(refusal("screening"), c, "en", RULES))
    assert "The screening does not allow it." in screening
    still = open_answer()
    open_ = replace(refusal("screening"), answer=still, reasons=still.missing)
    text = printed(lambda console: print_refusal(open_, console, "ru", RULES))
    assert "до их выяснения плана нет" in text
    assert "Правила без ответа: hepatitis-base, alt-raised." in text
    assert "Почему" not in text


def test_a_departure_is_said_beside_the_verdict() -> None:
    text = plan_printed(plan(screening=departing(accepted=True)))
    assert "base: not allowed; chosen: allowed with caution; going on needs" in text
