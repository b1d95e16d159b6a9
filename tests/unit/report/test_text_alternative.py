"""The chart in words and numbers."""

from __future__ import annotations

import pytest
from tests.unit.report.fake_forecast import AS_OF_H, fake_forecast

from antagonist.foundation.errors import InputError
from antagonist.report.numbers import percent
from antagonist.report.text_alternative import describe, table_rows


def test_description_holds_now_threshold_and_stated_times() -> None:
    forecast = fake_forecast()
    text = " ".join(describe(forecast, "en"))
    _, median, _ = forecast.now.values["mu_occupancy"]
    assert f"Occupancy of mu receptors: {percent(median)} now" in text
    assert "4 taken, 1 missed, 1 planned" in text
    assert "Protected until at least: Sat 2026-03-14" in text
    assert "25 mg heroin, intravenous" in text


def test_patient_description_names_no_agonist() -> None:
    text = " ".join(describe(fake_forecast(), "en", "patient")).lower()
    assert "heroin" not in text
    assert " mg" not in text


@pytest.mark.parametrize(("step_h", "count"), [(6, 41), (12, 20), (24, 10)])
def test_rows_are_counted_from_now(step_h: int, count: int) -> None:
    # 102 h before now and 138 h after it
    table = table_rows(fake_forecast(), "en", step_h)
    assert len(table.rows) == count
    now = [row for row in table.rows if row[0].endswith("(now)")]
    assert [row[0] for row in now] == ["Fri 2026-03-13 15:00 MSK (now)"]
    assert all(len(row) == len(table.headers) == 6 for row in table.rows)


def test_row_of_now_has_the_numbers_of_now() -> None:
    forecast = fake_forecast()
    row = next(row for row in table_rows(forecast, "en").rows if "(now)" in row[0])
    low, median, high = forecast.now.values["blocked_physiological"]
    low_text = percent(low).removesuffix(" %")
    assert row[5] == f"{percent(median)} ({low_text} – {percent(high)})"


def test_step_follows_the_length_of_the_forecast() -> None:
    assert table_rows(fake_forecast(), "en").step_h == 12


def test_other_steps_are_refused() -> None:
    with pytest.raises(InputError, match="step_h: 5 is not allowed"):
        table_rows(fake_forecast(), "en", 5)


def test_rows_keep_elapsed_hours_over_a_clock_change() -> None:
    table = table_rows(fake_forecast(timezone="America/New_York"), "en", 24)
    assert AS_OF_H == 102.0
    assert table.rows[0][0] == "Mon 2026-03-09 08:00 EDT"


def test_hours_without_an_origin() -> None:
    rows = table_rows(fake_forecast(origin=None), "ru", 24).rows
    assert [row[0] for row in rows[:5]] == ["6 ч", "30 ч", "54 ч", "78 ч", "102 ч (сейчас)"]
