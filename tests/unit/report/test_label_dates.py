"""Dates in words."""

from __future__ import annotations

from datetime import date, datetime
from zoneinfo import ZoneInfo

import pytest

from antagonist.report.label_dates import date_text, local_text, short_date, weekday_text, when_text
from antagonist.report.label_text import label_words

EN, RU = label_words("en"), label_words("ru")


@pytest.mark.parametrize(
    ("text", "en", "ru"),
    [
        ("2026-11-25", "25 Nov 2026", "25 ноября 2026 г."),
        ("2026-11", "Nov 2026", "ноябрь 2026 г."),
        ("2026-11-25 09:00", "25 Nov 2026, 09:00", "25 ноября 2026 г., 09:00"),
        (
            "2026-11-01..2026-11-05",
            "some time in 1 Nov 2026 – 5 Nov 2026",
            "в период 1 ноября 2026 г. – 5 ноября 2026 г.",
        ),
        ("about Easter", "about Easter", "about Easter"),
    ],
)
def test_dates_cannot_be_misread(text: str, en: str, ru: str) -> None:
    assert when_text(text, EN) == en
    assert when_text(text, RU) == ru


def test_every_month_has_its_name() -> None:
    assert date_text(date(2026, 5, 1), RU) == "1 мая 2026 г."
    assert date_text(date(2026, 12, 31), EN) == "31 Dec 2026"
    for words in (EN, RU):
        assert len({date_text(date(2026, m, 1), words) for m in range(1, 13)}) == 12
        assert len(words.lists("months_alone")) == 12


def test_a_moment_names_its_zone() -> None:
    moment = datetime(2026, 7, 5, 9, 0, tzinfo=ZoneInfo("Europe/Berlin"))
    assert local_text(moment, EN) == "Sun 5 Jul 2026, 09:00 (CEST)"
    assert local_text(moment, RU) == "вс 5 июля 2026 г., 09:00 (CEST)"


def test_short_dates_and_weekdays() -> None:
    day = date(2026, 11, 25)
    assert (short_date(day, EN), short_date(day, RU)) == ("25 Nov", "25 ноября")
    assert (weekday_text(day, EN), weekday_text(day, RU)) == ("Wed", "ср")
