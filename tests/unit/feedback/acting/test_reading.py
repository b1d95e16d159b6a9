"""What is read from the record: levels, doses with evidence, hour 0, and where there is nothing."""

from __future__ import annotations

from dataclasses import replace
from datetime import timedelta

import pytest
from tests.support.example_record import AT, event, events, example

from antagonist.feedback.acting.reading import moved, read_record
from antagonist.feedback.events import Event
from antagonist.feedback.state import folded_held
from antagonist.foundation.clock import hours_between


def read_of(told: list[Event]):  # type: ignore[no-untyped-def]
    return read_record(folded_held(sorted(told, key=lambda e: e.occurred_at), AT), AT)


def test_the_example_is_read_whole() -> None:
    read = example().read
    assert len(read.known.doses) == len([e for e in events() if e.kind == "dose"]) == 36
    assert len(read.known.levels) == 5
    assert [d.evidence for d in read.known.doses].count("missed") == 2
    reported = [d for d in read.known.doses if d.evidence == "reported"]
    said = next(e for e in events() if e.payload.get("status") == "reported")
    assert [d.id for d in reported] == [said.event_id]
    assert reported[0].time_h == pytest.approx(hours_between(read.origin, said.occurred_at))


def test_hour_0_is_a_local_midnight_shortly_before_now() -> None:
    origin = example().read.origin
    assert (origin.hour, origin.minute, origin.tzinfo) == (0, 0, AT.tzinfo)
    assert timedelta(days=10) <= AT - origin < timedelta(days=11)


def test_a_level_some_weeks_old_is_on_the_chart_with_what_came_before() -> None:
    told = [e for e in events() if not (e.kind == "level" and e.occurred_at.date() == AT.date())]
    found = read_of(told)
    assert found is not None
    last = max(e.occurred_at for e in told if e.kind == "level")
    assert timedelta(days=5) <= last - found.origin < timedelta(days=6)


def test_without_a_level_or_a_dose_there_is_nothing_to_learn_from() -> None:
    assert read_of([e for e in events() if e.kind != "level"]) is None
    assert read_of([e for e in events() if e.kind == "level"]) is None


def test_what_is_too_old_is_left_out() -> None:
    early = next(e for e in events() if e.kind == "dose")
    old = replace(
        early, event_id="old", n=90, occurred_at=early.occurred_at - timedelta(days=70)
    )  # fmt: skip
    level = event(
        91, "level", AT - timedelta(days=200),
        {"analyte": "naltrexone", "matrix": "plasma", "value_ng_per_ml": 1.0, "below_limit": False,
         "limit_ng_per_ml": 0.1}, "laboratory",
    )  # fmt: skip
    found = read_of([*events(), old, level])
    assert found is not None
    assert "old" not in {d.id for d in found.known.doses}
    assert len(found.known.levels) == 5


def test_a_product_that_no_model_knows_and_an_implant_taken_out_are_not_learnt_from() -> None:
    put_in = event(
        92, "implant_in", AT - timedelta(days=30),
        {"product": "prodetoxone-implant-1000", "dose_mg": 1000, "site": "x", "given_by": "y"},
        "nurse",
    )  # fmt: skip
    out = event(
        93, "implant_out", AT - timedelta(days=3), {"reason": "x", "done_by": "y"}, "nurse"
    )  # fmt: skip
    assert read_of([*events(), put_in, out]) is None


def test_moving_keeps_everything_apart_as_it_was() -> None:
    known = example().read.known
    again = moved(moved(known, 12.5), -12.5)
    assert [d.time_h for d in again.doses] == pytest.approx([d.time_h for d in known.doses])
    assert [x.time_h for x in moved(known, 2.0).levels] == pytest.approx(
        [x.time_h + 2 for x in known.levels]
    )
