"""What-ifs: what they do to the doses to come, to the curves and to the stated times."""

from __future__ import annotations

from datetime import datetime, timedelta
from functools import cache

import numpy as np
import pytest
from tests.support.example_record import AT, MOSCOW, example
from tests.unit.web.chart.records import OPIOID, injections, tablets

from antagonist.feedback.events import Event
from antagonist.foundation.clock import hours_between
from antagonist.foundation.errors import InputError
from antagonist.pharmacology.settings import settings
from antagonist.planning.situation_model import Taken, Treatment
from antagonist.planning.situation_surgery import surgery
from antagonist.web.chart import Chart, Span, WhatIf, chart_of, what_if_of
from antagonist.web.chart.model import Happening

CHOSEN = settings(draws=120, seed=4)
SPAN = Span(back_days=14, ahead_days=28)
EFFECT = "blocked_subjective"


@cache
def _chart(what_if: WhatIf | None = None, injected: bool = False) -> Chart:
    told = injections(12, plan=(16,)) if injected else tablets()
    return chart_of(told, AT, MOSCOW, CHOSEN, what_if, span=SPAN)


def _curve(chart: Chart) -> np.ndarray:
    return chart.series[EFFECT].quantiles


def _planned(chart: Chart, status: str) -> list[Happening]:
    return [h for h in chart.happenings if h.kind == "planned_dose" and h.status == status]


def _same(chart: Chart, until: datetime) -> None:
    """The past is as it was."""
    n = int(hours_between(chart.grid.start, until)) - chart.series[EFFECT].first
    assert _curve(chart)[:, :n] == pytest.approx(_curve(_chart())[:, :n], abs=1e-6)


@pytest.mark.parametrize(
    "what_if",
    [WhatIf(skip_next=True), WhatIf(nothing_more=True), WhatIf(skip_next=True, delay_next_h=30)],
)
def test_leaving_out_or_delaying_never_raises_the_blockade_before_the_dose(what_if: WhatIf) -> None:
    chart, late = _chart(what_if), what_if.delay_next_h > 0
    before, after = _curve(_chart()), _curve(chart)
    if late:  # the dose that comes later is higher afterwards
        n = int(hours_between(chart.grid.start, AT + timedelta(days=3)))
        before, after = before[:, :n], after[:, :n]
    assert (after <= before + 1e-4).all()
    assert after.min() < before.min() + 1e-9
    assert (after < before - 1).any()
    _same(chart, AT)


def test_the_next_dose_is_left_out_and_marked() -> None:
    chart = _chart(WhatIf(skip_next=True))
    (skipped,) = _planned(chart, "skipped")
    assert skipped.at == datetime(2026, 5, 23, 9, tzinfo=MOSCOW)
    assert chart.summary.doses_ahead == _chart().summary.doses_ahead - 1
    assert chart.what_if is not None
    assert chart.what_if.protected_share is not None
    before, after = chart.what_if.protected_share
    assert after < before


def test_a_delayed_dose_comes_so_many_hours_later() -> None:
    chart = _chart(WhatIf(delay_next_h=30))
    (moved,) = _planned(chart, "what_if")
    assert moved.at == datetime(2026, 5, 24, 15, tzinfo=MOSCOW)
    assert chart.summary.doses_ahead == _chart().summary.doses_ahead


def test_an_injection_now_stands_for_the_next_planned_one() -> None:
    chart = _chart(WhatIf(inject_now=True), injected=True)
    assert [h.at for h in _planned(chart, "what_if")] == [AT]
    assert [h.at for h in _planned(chart, "moved")] == [AT + timedelta(days=16)]
    assert chart.what_if is not None
    moved = {each.scenario: each for each in chart.what_if.moved}
    # It is what the same two injections on record give, once the second has taken effect.
    both = injections(12, 0)
    later = AT + timedelta(days=5)
    there = chart_of(both, later, MOSCOW, CHOSEN, span=SPAN).until("nothing_more")
    here = moved["nothing_more"].after
    assert here.since == later
    assert there is not None
    assert here.at is not None
    assert there.at is not None
    assert abs(hours_between(here.at, there.at)) < 1e-6
    assert moved["nothing_more"].hours is not None
    assert moved["nothing_more"].hours > 24


def test_an_injection_now_is_added_to_tablets() -> None:
    chart = _chart(WhatIf(inject_now=True))
    assert chart.summary.doses_ahead == _chart().summary.doses_ahead + 1
    assert _curve(chart)[2, -1] > _curve(_chart())[2, -1]
    assert chart.what_if is not None
    assert chart.what_if.protected_share is not None
    assert chart.what_if.protected_share[1] > chart.what_if.protected_share[0]


def test_nothing_more_is_what_is_stated_for_it() -> None:
    chart = _chart(WhatIf(nothing_more=True), injected=True)
    with_plan, alone = chart.until("with_plan"), chart.until("nothing_more")
    assert with_plan is not None
    assert alone is not None
    assert with_plan.at == alone.at
    assert alone.at == pytest.approx(_at(_chart(injected=True)), abs=timedelta(seconds=1))


def _at(chart: Chart) -> datetime:
    stated = chart.until("nothing_more")
    assert stated is not None
    assert stated.at is not None
    return stated.at


def test_an_operation_holds_doses_as_situations_state_it() -> None:
    when = datetime(2026, 7, 20, tzinfo=MOSCOW)
    told = injections(12, plan=(16, 44))
    chart = chart_of(told, AT, MOSCOW, CHOSEN, WhatIf(surgery_at=when), span=Span(14, 70))
    taken = (Taken(AT - timedelta(days=12), 380, "xr_im_380", "im_xr"),)
    before = [Taken(AT + timedelta(days=d), 380, "xr_im_380", "im_xr") for d in (16, 44)]
    treatment = Treatment("p", AT, "opioid", taken, chosen=CHOSEN)
    dates = surgery(treatment, when, planned=before).dates
    assert chart.what_if is not None
    found = chart.what_if.surgery
    assert found is not None
    assert found.why_not is None
    assert isinstance(dates["hold"], datetime)
    assert found.hold is not None
    assert abs(hours_between(found.hold, dates["hold"])) < 1e-6
    held = [h.at for h in _planned(chart, "held")]
    assert held == [d.at for d in before if d.at > dates["hold"]]
    assert held


@pytest.mark.parametrize(("told", "why"), [((), "no_dose"), (injections(12)[1:], "no_indication")])
def test_why_no_hold_can_be_stated(told: tuple[Event, ...], why: str) -> None:
    asked = WhatIf(surgery_at=AT + timedelta(days=9))
    chart = chart_of(told, AT, MOSCOW, CHOSEN, asked, span=SPAN)
    assert chart.what_if is not None
    assert chart.what_if.surgery is not None
    assert (chart.what_if.surgery.hold, chart.what_if.surgery.why_not) == (None, why)


def test_an_operation_before_now_is_refused() -> None:
    with pytest.raises(InputError, match="surgery_at"):
        _chart(WhatIf(surgery_at=AT - timedelta(hours=1)))


def test_what_finds_nothing_to_change_is_said() -> None:
    asked = WhatIf(skip_next=True, delay_next_h=5, nothing_more=True)
    chart = chart_of((OPIOID, *injections(12)), AT, MOSCOW, CHOSEN, asked, span=SPAN)
    assert chart.what_if is not None
    assert chart.what_if.without_effect == ("skip_next", "delay_next_h", "nothing_more")
    assert all(each.hours == 0 for each in chart.what_if.moved)


def test_the_patients_own_draws_take_the_what_if_too() -> None:
    both = [
        chart_of(tablets(), AT, MOSCOW, CHOSEN, asked, span=SPAN, learned=example())
        for asked in (None, WhatIf(skip_next=True))
    ]
    before, after = (_curve(chart) for chart in both)
    assert (after <= before + 1e-4).all()
    assert (after < before - 1).any()


@pytest.mark.parametrize(
    ("fields", "expected"),
    [
        ({}, WhatIf()),
        ({"skip_next": "on", "delay_next_d": "2", "delay_next_h": "6"},
         WhatIf(skip_next=True, delay_next_h=54)),
        ({"inject_now": "1", "nothing_more": "", "surgery_on": "2026-06-03"},
         WhatIf(inject_now=True, surgery_at=datetime(2026, 6, 3, tzinfo=MOSCOW))),
    ],
)  # fmt: skip
def test_a_form_is_read(fields: dict[str, str], expected: WhatIf) -> None:
    assert what_if_of(fields, MOSCOW) == expected


@pytest.mark.parametrize(
    ("fields", "field"),
    [
        ({"skip_next": "maybe"}, "skip_next"),
        ({"delay_next_d": "soon"}, "delay_next_d"),
        ({"delay_next_h": "nan"}, "delay_next_h"),
        ({"delay_next_d": "91"}, "delay_next_h"),
        ({"surgery_on": "3 June"}, "surgery_on"),
    ],
)
def test_a_form_that_cannot_be_read_is_refused(fields: dict[str, str], field: str) -> None:
    with pytest.raises(InputError, match=field):
        what_if_of(fields, MOSCOW)
