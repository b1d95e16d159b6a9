"""Dosing under random input: two ways to the same doses, and units there and back."""

from __future__ import annotations

from datetime import UTC, datetime, timedelta
from zoneinfo import ZoneInfo

import pytest
from hypothesis import assume, given
from hypothesis import strategies as st

from antagonist.foundation.clock import hours_between, parse_time, same_clock_time, to_local
from antagonist.foundation.errors import InputError
from antagonist.foundation.units import HOURS_PER, MG_PER, duration_h, mass_mg
from antagonist.pharmacology.dosing import EventRecord, expand_additional, parse_course

ZONES = st.sampled_from(
    ["Europe/Moscow", "Europe/Berlin", "America/New_York", "Australia/Lord_Howe", "UTC"]
).map(ZoneInfo)
MOMENTS = st.datetimes(datetime(2000, 1, 1), datetime(2035, 1, 1), timezones=st.just(UTC))
AMOUNTS = st.floats(0, 1e9, allow_nan=False)


@given(AMOUNTS, st.sampled_from(sorted(MG_PER)), st.sampled_from(["", " "]))
def test_masses_come_back(amount: float, unit: str, gap: str) -> None:
    grams = {"g": 1.0, "mg": 1e-3}.get(unit, 1e-6) * amount
    assert mass_mg(f"{amount!r}{gap}{unit}") == pytest.approx(1000 * grams, rel=1e-12)


@given(AMOUNTS, st.sampled_from(sorted(HOURS_PER)))
def test_durations_come_back(amount: float, unit: str) -> None:
    seconds = {"m": 60, "h": 3600, "d": 86_400, "w": 604_800}[unit[0]] * amount
    assert duration_h(f"{amount!r} {unit}") * 3600 == pytest.approx(seconds, rel=1e-12)


JUNK = st.recursive(
    st.none()
    | st.booleans()
    | st.integers()
    | st.floats()
    | st.text(max_size=10)
    | st.from_regex(r"-?[0-9.]{1,4} ?(mg|g|d|h|kg)?", fullmatch=True)
    | st.from_regex(r"20[0-9]{2}-[01][0-9]-[0-3][0-9]( [012][0-9]:00)?", fullmatch=True),
    lambda inner: st.lists(inner, max_size=3) | st.dictionaries(st.text(max_size=5), inner),
    max_leaves=5,
)
DOSE_KEYS = ["product", "dose", "at", "every", "times", "until", "weekdays", "weeks", "missed"]
COURSE_KEYS = ["course", "timezone", "as_of", "forecast", "patient", "doses", "unknown"]


@given(
    st.dictionaries(st.sampled_from([*DOSE_KEYS, "duration", "unknown"]), JUNK, max_size=3),
    st.dictionaries(st.sampled_from(COURSE_KEYS), JUNK, max_size=1),
)
def test_a_spoilt_course_is_read_or_gets_one_clear_error(
    dose_junk: dict[str, object], course_junk: dict[str, object]
) -> None:
    dose = {"product": "oral_tablet", "dose": "50 mg", "at": "2026-03-02 09:00", **dose_junk}
    head = {"timezone": "Europe/Moscow", "as_of": "2026-03-16 09:00"}
    mapping = {**head, "doses": [dose], **course_junk}
    error = _refusal(mapping)
    if error is None:
        assert not {"unknown"} & (dose_junk.keys() | course_junk.keys())
    else:
        assert error.source == "course.yaml"
        assert error.field.split(".")[0].split("[")[0] in COURSE_KEYS
        assert error.allowed


def _refusal(mapping: dict[str, object]) -> InputError | None:
    try:
        course = parse_course(mapping, "course.yaml", ["oral_tablet"])
    except InputError as error:
        return error
    times_h = [record.time_h for record in course.subject.records]
    assert times_h
    assert times_h == sorted(times_h)
    assert course.horizon_h > max(times_h)
    return None


@given(MOMENTS, ZONES)
def test_a_local_time_with_its_offset_comes_back(moment: datetime, tz: ZoneInfo) -> None:
    local = moment.replace(microsecond=0).astimezone(tz)
    text = local.isoformat(sep=" ", timespec="seconds")
    assert hours_between(local, parse_time(text, tz)) == 0


@given(MOMENTS, ZONES)
def test_a_clock_time_is_read_back_or_refused(moment: datetime, tz: ZoneInfo) -> None:
    local = moment.replace(microsecond=0).astimezone(tz)
    text = f"{local:%Y-%m-%d %H:%M:%S}"
    fits = {local.replace(fold=fold).utcoffset() for fold in (0, 1)}
    if len(fits) == 1:
        assert hours_between(local, parse_time(text, tz)) == 0
    else:
        with pytest.raises(InputError, match="happens twice"):
            parse_time(text, tz)


@given(MOMENTS, ZONES, st.integers(-10_000, 10_000))
def test_hours_and_local_time_agree(moment: datetime, tz: ZoneInfo, quarters: int) -> None:
    time_h = quarters / 4
    assert hours_between(moment, to_local(moment, time_h, tz)) == time_h


@given(MOMENTS, ZONES, st.integers(0, 400))
def test_whole_days_keep_the_clock_time(moment: datetime, tz: ZoneInfo, days: int) -> None:
    start = moment.astimezone(tz)
    later = same_clock_time(start, days)
    wall = start.replace(tzinfo=None, fold=0) + timedelta(days=days)
    exists = wall.replace(tzinfo=tz).astimezone(UTC).astimezone(tz).replace(tzinfo=None) == wall
    assert abs(hours_between(start, later) - 24 * days) <= 1
    if exists:
        assert later.replace(tzinfo=None, fold=0) == wall


DOSES = st.lists(
    st.tuples(
        st.integers(0, 500),  # time, quarter hours
        st.integers(1, 400),  # amount, mg
        st.integers(0, 12),  # additional doses
        st.integers(1, 200),  # interval, quarter hours
    ),
    min_size=1,
    max_size=6,
)


@given(DOSES, st.lists(st.integers(0, 3000), max_size=5))
def test_additional_doses_equal_explicit_ones(
    doses: list[tuple[int, int, int, int]], observed: list[int]
) -> None:
    records = [
        EventRecord(time / 4, 1, float(mg), addl=addl, ii_h=ii / 4, product="oral_tablet")
        for time, mg, addl, ii in doses
    ]
    records += [EventRecord(time / 4, 0) for time in observed]
    expanded = expand_additional(sorted(records, key=lambda record: record.time_h))
    explicit = sorted(
        ((time + step * ii) / 4, float(mg))
        for time, mg, addl, ii in doses
        for step in range(addl + 1)
    )
    assert sorted((r.time_h, r.amt_mg) for r in expanded if r.evid == 1) == explicit
    assert [r.time_h for r in expanded] == sorted(r.time_h for r in expanded)
    assert sorted(r.time_h for r in expanded if r.evid == 0) == [t / 4 for t in sorted(observed)]
    assert all(r.addl == 0 and r.ii_h == 0 for r in expanded)


@given(MOMENTS, ZONES, st.integers(1, 40), st.sets(st.integers(0, 39), max_size=10))
def test_a_series_equals_its_doses_one_by_one(
    moment: datetime, tz: ZoneInfo, times: int, skipped: set[int]
) -> None:
    # 05:00 exists once on every day of these zones.
    first = moment.astimezone(tz).replace(hour=5, minute=0, second=0, microsecond=0, fold=0)
    days = [f"{first.replace(tzinfo=None) + timedelta(days=day):%Y-%m-%d}" for day in range(times)]
    missed = [days[day] for day in sorted(skipped) if day < times]
    assume(len(missed) < times)
    base = {"product": "oral_tablet", "dose": "50 mg"}
    series = [{**base, "at": f"{days[0]} 05:00", "every": "1 d", "times": times, "missed": missed}]
    single = [
        {**base, "at": f"{day} 05:00", "missed": [day] if day in missed else []} for day in days
    ]
    head = {"timezone": tz.key, "as_of": f"{days[-1]} 05:00"}
    compact, explicit = (
        parse_course({**head, "doses": doses}, "course.yaml", ["oral_tablet"])
        for doses in (series, single)
    )
    assert compact == explicit
    assert len(compact.subject.records) == times - len(missed)
