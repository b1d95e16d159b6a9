"""A time that a form shows is the time that it gives back, in every zone, around every change."""

from __future__ import annotations

from datetime import UTC, datetime
from zoneinfo import ZoneInfo

from hypothesis import given
from hypothesis import strategies as st

from antagonist.foundation.clock import parse_time
from antagonist.web.entry.typed import local

# The last two shift by half an hour and by a day.
ZONES = ("UTC", "Europe/Moscow", "Europe/Berlin", "America/New_York", "Australia/Lord_Howe",
         "Pacific/Apia")  # fmt: skip
MOMENTS = st.datetimes(datetime(2011, 1, 1), datetime(2030, 1, 1), timezones=st.just(UTC))
CHANGES = st.sampled_from(
    [datetime(2025, 10, 26, hour, minute, tzinfo=UTC) for hour in range(4) for minute in (0, 30)]
)


@given(MOMENTS | CHANGES, st.sampled_from(ZONES))
def test_what_a_form_shows_is_what_it_reads(at: datetime, zone: str) -> None:
    tz = ZoneInfo(zone)
    assert parse_time(local(at.astimezone(tz)), tz).astimezone(UTC) == at
