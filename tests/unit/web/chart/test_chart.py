"""The chart against the forecasts that the rest of the package makes of the same doses."""

from __future__ import annotations

import json
from datetime import UTC, datetime, timedelta
from functools import cache
from zoneinfo import ZoneInfo

import numpy as np
import pytest
from tests.support.example_record import AT, MOSCOW, event, events, example
from tests.unit.web.chart.records import (
    INJECTION,
    as_missed,
    injections,
    planned,
    tablets,
    with_dose,
)

from antagonist.feedback.state import folded
from antagonist.foundation.clock import hours_between
from antagonist.pharmacology.dosing.records import Course, EventRecord, Subject
from antagonist.pharmacology.ensemble import ensemble
from antagonist.pharmacology.forecast import forecast_of
from antagonist.pharmacology.parameter_sets import parameter_set
from antagonist.pharmacology.settings import settings
from antagonist.planning.lasting import BLUNTED
from antagonist.planning.situation_figures import DANGER, PROTECTED, figures
from antagonist.planning.situation_model import Taken, Treatment
from antagonist.web.chart import Chart, Span, chart_of, plain
from antagonist.web.chart.curves import moments
from antagonist.web.chart.doses import unsaid_doses

CHOSEN = settings(draws=120, seed=4)
SPAN = Span(back_days=14, ahead_days=14)
EFFECT = "blocked_subjective"


@cache
def oral() -> Chart:
    return chart_of(tablets(), AT, MOSCOW, CHOSEN, span=SPAN)


def _given() -> list[Taken]:
    state = folded(tablets(), AT)
    return [Taken(d.at, d.dose_mg, "oral_tablet", "oral") for d in state.taken]


def test_stated_times_are_those_of_situations() -> None:
    told = injections(40, 12)
    chart = chart_of(told, AT, MOSCOW, CHOSEN, span=SPAN)
    doses = tuple(Taken(AT - timedelta(days=day), 380, "xr_im_380", "im_xr") for day in (40, 12))
    found = figures(Treatment("p", AT, "opioid", doses, chosen=CHOSEN))
    assert found is not None
    alone = {s.name: s for s in chart.stated if s.scenario == "nothing_more"}
    assert set(alone) == {PROTECTED, BLUNTED, DANGER}
    for name, here in alone.items():
        there = found.time(name)
        assert here.state == there.state
        for mine, theirs in ((here.at, there.at), (here.median_at, there.median_at)):
            assert (mine is None) == (theirs is None)
            if mine is not None and theirs is not None:
                assert abs(hours_between(mine, theirs)) < 1e-6
    assert alone[PROTECTED].state == "at"  # else little was compared


def test_curves_are_those_of_the_forecast_of_the_same_doses() -> None:
    chart, given = oral(), _given()
    given = [d for d in given if d.at >= chart.grid.start - timedelta(days=60)]
    ahead = [datetime(2026, 5, 19, 9, tzinfo=MOSCOW) + timedelta(days=2 * n) for n in (2, 3, 4, 5)]
    origin = given[0].at
    records = [
        EventRecord(hours_between(origin, d.at), amt_mg=d.dose_mg, product="oral_tablet")
        for d in given
    ] + [EventRecord(hours_between(origin, at), amt_mg=100, product="oral_tablet") for at in ahead]
    subject = Subject("p", tuple(records), origin, {"sex": "male"})
    drawn = ensemble(
        parameter_set(CHOSEN.parameter_set), subject, draws=CHOSEN.draws,
        rng=np.random.default_rng(CHOSEN.seed),
    )  # fmt: skip
    now_h = hours_between(origin, AT)
    course = Course("p", subject, now_h, now_h + 120, "Europe/Moscow")
    band = forecast_of(drawn, course, CHOSEN).bands[EFFECT]
    series, times = chart.series[EFFECT], moments(chart.grid)
    hours = [hours_between(origin, at) for at in times[series.first :]]
    # between hours of the other grid a straight line is not the curve: away from doses it nearly is
    for day in (-10, -6.5, -3, -1.5, 0.2, 1.5, 2.5):
        n = int(np.argmin(np.abs(np.array(hours) - (now_h + 24 * day))))
        there = [np.interp(hours[n], band.time_h, row) for row in band.quantiles]
        assert series.quantiles[:, n] == pytest.approx(100 * np.array(there), abs=0.2)


def test_now_is_the_forecasts_now() -> None:
    low, middle, high = oral().summary.now[EFFECT]
    given = _given()
    doses = tuple(d for d in given if d.at >= oral().grid.start - timedelta(days=60))
    found = figures(Treatment("p", AT, "opioid", doses, covariates={"sex": "male"}, chosen=CHOSEN))
    assert found is not None
    expected = [100 * x for x in found.blocked_now]
    assert [low, middle, high] == pytest.approx(expected, abs=1e-6)


def test_a_planned_dose_of_the_past_does_nothing() -> None:
    without = tuple(e for e in tablets() if e.kind != "plan_change")
    plan = chart_of(without, AT, MOSCOW, CHOSEN, span=SPAN).series[EFFECT]
    n = int(hours_between(oral().grid.start, AT)) - plan.first
    mine = oral().series[EFFECT].quantiles
    assert mine[:, : n + 1] == pytest.approx(plan.quantiles[:, : n + 1], abs=1e-9)
    assert mine[2, -1] > plan.quantiles[2, -1] + 10  # what is to come does count
    states = [h.status for h in oral().happenings if h.kind == "planned_dose"]
    assert states.count("no_word") == 2  # 19 and 21 May; on record are the 18th, 20th and 22nd
    assert states.count("planned") == 8 - 1  # one lies beyond the chart


def test_a_missed_dose_does_not_count_and_a_reported_one_does() -> None:
    taken = chart_of(events(), AT, MOSCOW, CHOSEN, span=SPAN)
    reported = next(e for e in events() if e.payload.get("status") == "reported")
    missed = chart_of(as_missed(events(), reported.event_id), AT, MOSCOW, CHOSEN, span=SPAN)
    at = reported.occurred_at + timedelta(hours=12)
    n = int(hours_between(taken.grid.start, at)) - taken.series[EFFECT].first
    assert taken.series[EFFECT].quantiles[2, n] > missed.series[EFFECT].quantiles[2, n] + 5
    assert [h.status for h in missed.happenings if h.id == reported.event_id] == ["missed"]


def test_a_dose_on_record_stands_for_the_planned_one_of_its_day() -> None:
    early = with_dose({"status": "reported"}, datetime(2026, 5, 22, 8, tzinfo=MOSCOW))
    due = datetime(2026, 5, 22, 20, tzinfo=MOSCOW)
    plan = planned("naltrexone-hcl-us-generic-50", "oral", "oral", 100, due, since=AT)
    assert chart_of((plan,), AT, MOSCOW, CHOSEN, span=SPAN).summary.doses_ahead == 1
    assert chart_of((early, plan), AT, MOSCOW, CHOSEN, span=SPAN).summary.doses_ahead == 0


@pytest.mark.parametrize(("days", "unsaid"), [(0, 0), (6, 0), (-6, 0), (9, 1)])
def test_an_implant_put_in_stands_for_the_planned_one(days: int, unsaid: int) -> None:
    due = AT - timedelta(days=20)
    plan = planned("prodetoxone-implant-1000", "implant", "implant", 1000, due, since=due)
    said = {"product": "prodetoxone-implant-1000", "dose_mg": 1000, "site": "x", "given_by": "n"}
    put_in = event(5, "implant_in", due + timedelta(days=days, minutes=5), said, "prescriber")
    assert len(unsaid_doses(folded((plan,), AT))) == 1
    assert (
        len(unsaid_doses(folded(sorted((plan, put_in), key=lambda e: e.occurred_at), AT))) == unsaid
    )


def test_without_a_dose_the_chart_is_empty_and_says_why() -> None:
    chart = chart_of((), AT, MOSCOW, CHOSEN)
    assert (chart.empty, chart.series, chart.stated, chart.days) == ("no_dose", {}, (), ())
    assert chart.summary.now == {}


def test_a_product_without_levels_gives_no_curve() -> None:
    said = {"product": "prodetoxone-implant-1000", "dose_mg": 1000, "site": "x", "given_by": "n"}
    implant = event(5, "implant_in", AT - timedelta(days=3), said, "prescriber")
    chart = chart_of((*events(), implant), AT, MOSCOW, CHOSEN, span=SPAN)
    assert (chart.empty, chart.series) == ("no_model", {})
    assert chart.no_model == ("prodetoxone-implant-1000",)
    assert any(h.kind == "implant_in" for h in chart.happenings)


def test_a_planned_product_without_levels_ends_the_curve_there() -> None:
    due = AT + timedelta(days=5)
    plan = planned("prodetoxone-implant-1000", "implant", "implant", 1000, due, since=AT)
    chart = chart_of((*events(), plan), AT, MOSCOW, CHOSEN, span=SPAN)
    series = chart.series[EFFECT]
    last = moments(chart.grid)[series.first + series.quantiles.shape[1] - 1]
    assert due - timedelta(hours=1) <= last < due
    assert chart.until("with_plan") is None


def test_before_the_first_dose_nothing_is_known() -> None:
    chart = chart_of(injections(3), AT, MOSCOW, CHOSEN, span=SPAN)
    first = moments(chart.grid)[chart.series[EFFECT].first]
    assert timedelta(0) <= first - (AT - timedelta(days=3)) < timedelta(hours=1)


def test_an_own_model_gives_its_own_forecast() -> None:
    found = example()
    chart = chart_of(events(), AT, MOSCOW, CHOSEN, span=SPAN, learned=found)
    there = {s.name: s for s in found.advice.after.stated}
    here = {s.name: s for s in chart.stated if s.scenario == "nothing_more"}
    assert chart.made.model == "own"
    assert len(chart.made.levels) == 5
    for name in (PROTECTED, DANGER):
        assert here[name].share_over_now == there[name].share_over_now
        assert here[name].state == there[name].state
        median_h, median_at = there[name].median_h, here[name].median_at
        assert (median_h is None) == (median_at is None)
        if median_h is not None and median_at is not None:
            at = found.read.origin.astimezone(UTC) + timedelta(hours=median_h)
            assert abs(hours_between(median_at, at)) < 1e-6
    population = chart_of(events(), AT, MOSCOW, CHOSEN, span=SPAN)
    # the levels say that the dose told by telephone was not taken
    n = int(hours_between(chart.grid.start, AT)) - 6 - chart.series[EFFECT].first
    own, typical = (c.series[EFFECT].quantiles[2, n] for c in (chart, population))
    assert own < typical - 5


def test_a_dose_recorded_after_the_learning_counts() -> None:
    later = AT + timedelta(days=2)
    new = with_dose({"status": "reported", "dose_mg": 150}, later - timedelta(hours=10))
    old = chart_of(events(), later, MOSCOW, CHOSEN, span=SPAN, learned=example())
    more = chart_of((*events(), new), later, MOSCOW, CHOSEN, span=SPAN, learned=example())
    assert more.summary.now[EFFECT][1] > old.summary.now[EFFECT][1]


def test_days_hold_the_lowest_hour_and_whether_it_is_protected() -> None:
    chart = chart_of(injections(4), AT, MOSCOW, CHOSEN, span=Span(2, 60))
    series, times = chart.series[EFFECT], moments(chart.grid)
    for day in (chart.days[1], chart.days[20], chart.days[-2]):
        rows = [
            series.quantiles[:, n]
            for n in range(series.quantiles.shape[1])
            if times[series.first + n].astimezone(MOSCOW).date() == day.on
        ]
        lowest = min(rows, key=lambda row: float(row[2]))
        assert day.lowest == pytest.approx((lowest[0], lowest[2], lowest[4]))
        word = "yes" if lowest[0] >= 90 else "no" if lowest[4] < 90 else "uncertain"
        assert day.protected == word
    assert {day.protected for day in chart.days if day.ahead} >= {"yes", "uncertain"}


def test_days_follow_the_clock_change() -> None:
    at = datetime(2026, 3, 28, 12, tzinfo=MOSCOW)
    berlin = ZoneInfo("Europe/Berlin")
    given = event(2, "injection", at - timedelta(days=9), INJECTION, "nurse")
    chart = chart_of((given,), at, berlin, CHOSEN, span=Span(4, 4))
    assert chart.grid.count == 9 * 24 - 1 + 1  # nine days, one of them with 23 hours
    assert len({day.on for day in chart.days}) == len(chart.days)


def test_it_is_plain_json_and_no_share_is_rounded_up() -> None:
    found = json.loads(json.dumps(plain(oral(), quantities=(EFFECT, "conc_ntx")), allow_nan=False))
    series = oral().series[EFFECT]
    sent = np.array(found["series"][EFFECT]["q50"])
    assert sent == pytest.approx(series.quantiles[2], abs=0.1)
    assert (sent <= series.quantiles[2] + 1e-9).all()
    assert found["series"]["conc_ntx"]["unit"] == "ng/mL"
    assert found["at"] == int(AT.timestamp())
    assert {e["lane"] for e in found["events"]} >= {"dose", "level", "urine", "words"}


def test_an_unknown_quantity_and_span_are_refused() -> None:
    with pytest.raises(Exception, match="one of blocked_subjective"):
        plain(oral(), quantities=("x",))
    with pytest.raises(Exception, match="1 to 400 days"):
        Span(back_days=0)
