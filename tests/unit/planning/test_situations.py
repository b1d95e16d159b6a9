"""Situations on treatment: both sides of every threshold, gates, dates, the model's figures."""

from __future__ import annotations

from collections.abc import Mapping
from dataclasses import replace
from datetime import date, datetime, timedelta
from typing import Any
from zoneinfo import ZoneInfo

import numpy as np
import pytest

from antagonist.foundation.clock import hours_between, same_clock_time
from antagonist.foundation.errors import InputError
from antagonist.label.facts import Fact
from antagonist.label.rulebook import all_rules
from antagonist.label.rules import Route
from antagonist.pharmacology.dosing.records import EventRecord, Subject
from antagonist.pharmacology.ensemble import ensemble
from antagonist.pharmacology.parameter_sets import parameter_set
from antagonist.pharmacology.responses import blocked
from antagonist.pharmacology.settings import Settings, settings
from antagonist.planning import situation_surgery, situations
from antagonist.planning.lasting import BLUNTED
from antagonist.planning.situation_data import limit, situation_data, step
from antagonist.planning.situation_figures import DANGER, PROTECTED, figures
from antagonist.planning.situation_model import (
    Amount,
    Situation,
    Taken,
    Treatment,
)
from antagonist.planning.situation_surgery import acute_pain, hold_rules, surgery, surgery_dates
from antagonist.planning.situation_switch import switch
from antagonist.planning.situations import late_injection, missed_oral, stop

BERLIN = ZoneInfo("Europe/Berlin")
START = datetime(2026, 3, 2, 9, tzinfo=BERLIN)  # clocks go forward on 29 March
CHOSEN = settings(draws=40, seed=3)
# At a low line the blockade lasts days in the model, so that the rule's own count decides.
LOW_LINE = settings(draws=40, seed=3, threshold_blocked_fraction=0.1)
NO_OPIOID = {"opioid_use_since_last_dose": Fact(False, 0.0)}
OPIOID = {"opioid_use_since_last_dose": Fact(True, 0.0)}
STALE = {"opioid_use_since_last_dose": Fact(False, 50.0, state="stale")}
NOT_ASKED: dict[str, Fact] = {}


def day(number: int, hour: int = 9) -> datetime:
    return same_clock_time(START, number).replace(hour=hour)


def tablets(count: int, mg: float = 50.0) -> tuple[Taken, ...]:
    return tuple(Taken(day(n), mg, "oral_tablet", "oral") for n in range(count))


INJECTION = (Taken(START, 380.0, "xr_im_380", "im_xr"),)
IMPLANT = (Taken(START, 1700.0, "implant_gomedical_1.7g", "implant"),)
NO_LEVELS = (Taken(START, 300.0, "naltrel_im", "im_xr"),)


def course(
    as_of: datetime,
    doses: tuple[Taken, ...],
    facts: Mapping[str, Fact] = NO_OPIOID,
    *,
    label: str | None = None,
    chosen: Settings = CHOSEN,
) -> Treatment:
    return Treatment("p1", as_of, "opioid", doses, label=label, facts=facts, chosen=chosen)


def steps(found: Situation) -> list[str]:
    return [one.id for one in found.steps]


def rules(found: Situation) -> dict[str, str]:
    return {rule.id: rule.result for rule in found.rules}


# A missed dose by mouth


def missed(treatment: Treatment, planned: int, following: int, **values: Any) -> Situation:
    spaced = values.get("spaced", False)
    return missed_oral(treatment, day(planned), 50.0, day(following), spaced=spaced)


def test_the_same_day_a_missed_dose_is_taken_the_next_day_it_is_skipped() -> None:
    late = missed(course(day(10, 23), tablets(10)), 10, 11)
    assert steps(late) == ["take_today"]
    assert late.steps[0].values == {"dose_mg": Amount(50.0, "mg")}
    tomorrow = missed(course(day(11, 0), tablets(10)), 10, 11)
    assert steps(tomorrow) == ["skip_missed"]
    assert tomorrow.steps[0].values == {"next": day(11)}
    for found in (late, tomorrow):
        assert found.gate == "open"
        assert "never_double" in [one.id for one in found.warnings]
        assert rules(found)["oral-missed"] == "true"


def test_a_missed_dose_is_not_taken_when_the_next_is_already_due() -> None:
    treatment = course(day(10, 21), tablets(10))
    evening = missed_oral(treatment, day(10), 50.0, day(10, 21), spaced=False)
    assert steps(evening) == ["skip_missed"]
    before = missed_oral(treatment, day(10), 50.0, day(10, 22), spaced=False)
    assert steps(before) == ["take_today"]


@pytest.mark.parametrize(("days", "gate"), [(3, "unknown"), (4, "closed")])
def test_after_more_than_three_days_the_gate_is_closed_unless_opioids_are_excluded(
    days: int, gate: str
) -> None:
    doses = tablets(10, 150.0)
    as_of = day(9 + days, 20)
    asked = course(as_of, doses, NOT_ASKED, chosen=LOW_LINE)
    found = missed(asked, 9 + days, 10 + days)
    assert found.figures is not None
    assert found.figures.protected_share_now > 0.5  # the model alone closes nothing
    assert found.gate == gate
    assert "ask_opioid_use" in steps(found)
    assert ("restart_gate" in steps(found)) is (gate == "closed")
    assert "take_today" not in steps(found)
    excluded = missed(course(as_of, doses, NO_OPIOID, chosen=LOW_LINE), 9 + days, 10 + days)
    assert (excluded.gate, steps(excluded)) == ("open", ["take_today"])
    used = missed(course(as_of, doses, OPIOID, chosen=LOW_LINE), 9 + days, 10 + days)
    assert (used.gate, steps(used)) == ("closed", ["restart_gate"])


def test_a_blockade_that_the_model_says_has_ended_closes_the_gate_too() -> None:
    found = missed(course(day(12, 20), tablets(10), NOT_ASKED), 12, 13)
    assert found.figures is not None
    assert found.figures.protected_share_now < 0.5
    assert found.gate == "closed"


def test_a_stale_answer_on_opioids_is_not_an_answer() -> None:
    found = missed(course(day(10, 12), tablets(10), STALE), 10, 11)
    assert found.gate != "open"
    assert "take_today" not in steps(found)


def test_the_uk_text_for_spaced_schedules() -> None:
    doses = tuple(Taken(day(n), 100.0, "oral_tablet", "oral") for n in (0, 2, 4, 7))
    treatment = course(day(10, 8), doses, label="uk", chosen=LOW_LINE)
    uk = missed_oral(treatment, day(9), 100.0, day(11), spaced=True)
    assert steps(uk) == ["one_tablet_daily"]
    assert uk.steps[0].values == {"dose_mg": Amount(50.0, "mg"), "next": day(11)}
    assert rules(uk)["oral-missed-uk"] == "true"
    daily = missed_oral(treatment, day(9), 100.0, day(11), spaced=False)
    assert steps(daily) == ["skip_missed"]
    due_today = missed_oral(treatment, day(9), 100.0, day(10), spaced=True)
    assert steps(due_today) == ["skip_missed"]
    every = missed_oral(replace(treatment, label=None), day(9), 100.0, day(11), spaced=True)
    assert steps(every) == ["skip_missed", "one_tablet_daily"]
    us = missed_oral(replace(treatment, label="us_oral"), day(9), 100.0, day(11), spaced=True)
    assert steps(us) == ["skip_missed"]


def test_what_is_no_missed_dose_is_refused() -> None:
    treatment = course(day(10), tablets(10))
    with pytest.raises(InputError, match="not after as_of"):
        missed(treatment, 11, 12)
    with pytest.raises(InputError, match="after the missed dose"):
        missed(treatment, 10, 10)
    with pytest.raises(InputError, match="a dose taken"):
        missed(course(day(10), ()), 9, 10)
    naive = datetime(2026, 3, 5, 9)
    with pytest.raises(InputError, match="offset"):
        missed_oral(treatment, naive, 50.0, day(11), spaced=False)


def test_a_course_has_no_dose_after_its_moment() -> None:
    with pytest.raises(InputError, match=r"doses\[1\]\.at"):
        course(day(0, 12), tablets(2))


# A late injection


@pytest.mark.parametrize(
    ("days", "first", "gate"),
    [(27, "wait_until_due", "not_asked"), (28, "inject_due", "open"), (29, "inject_late", "open")],
)
def test_an_injection_is_due_on_day_28_and_late_from_day_29(
    days: int, first: str, gate: str
) -> None:
    found = late_injection(course(day(days, 20), INJECTION))
    assert (found.steps[0].id, found.gate) == (first, gate)
    # the same weekday and hour, though the clocks went forward on the day before
    assert found.dates["due"] == datetime(2026, 3, 30, 9, tzinfo=BERLIN)
    # no bridging before day 28
    assert ("bridge_option" in steps(found)) is (days >= 28)
    assert (rules(found)["xr-missed"] == "true") is (days > 28)
    assert bool(found.warnings) is (days >= 28)


def test_a_late_injection_says_how_late_and_from_when_tablets_may_bridge() -> None:
    found = late_injection(course(day(33), INJECTION))
    assert found.steps[0].values == {"days_late": Amount(5.0, "d")}
    bridge = found.steps[1]
    assert bridge.option
    assert bridge.values == {"from": date(2026, 4, 4)}
    assert set(bridge.rules) == {"xr-missed", "xr-to-oral"}
    assert {one.id for one in found.warnings} == {"tolerance_low", "offer_naloxone"}


@pytest.mark.parametrize("facts", [OPIOID, NOT_ASKED, STALE])
def test_any_opioid_that_may_have_been_used_means_the_whole_start_gate(
    facts: dict[str, Fact],
) -> None:
    found = late_injection(course(day(40), INJECTION, facts))
    assert found.gate == "closed"
    assert "restart_gate" in steps(found)
    assert not {"inject_late", "bridge_option"} & set(steps(found))


def test_one_day_late_with_the_blockade_still_there_asks_first() -> None:
    found = late_injection(course(day(29), INJECTION, NOT_ASKED, chosen=LOW_LINE))
    assert (found.gate, steps(found)) == ("unknown", ["ask_opioid_use"])


def test_a_late_injection_needs_an_injection() -> None:
    with pytest.raises(InputError, match="by im_xr"):
        late_injection(course(day(29), tablets(3)))


# From one form to another


@pytest.mark.parametrize(("days", "from_day"), [(27, 28), (28, 28), (29, 29)])
def test_tablets_begin_from_day_28_after_an_injection(days: int, from_day: int) -> None:
    found = switch(course(day(days), INJECTION, chosen=LOW_LINE), "im_xr", "oral")
    assert found.dates["from"] == date(2026, 3, 30)
    assert steps(found) == ["tablets_from", "screen_new_form"]
    assert found.steps[0].values == {"from": day(from_day).date()}
    assert (rules(found)["xr-to-oral"] == "true") is (days < 28)


def test_tablets_are_not_required_before_an_injection() -> None:
    found = switch(course(day(10), tablets(10)), "oral", "im_xr")
    assert steps(found) == ["injection_any_day", "screen_new_form"]
    assert rules(found)["oral-or-to-xr"] == "true"
    later = switch(course(day(30), (*INJECTION, *tablets(30))), "oral", "im_xr")
    assert rules(later)["oral-or-to-xr"] == "shown"


@pytest.mark.parametrize("doses", [tablets(10), INJECTION])
def test_before_an_implant_no_interval_is_made_up(doses: tuple[Taken, ...]) -> None:
    found = switch(course(day(10), doses), doses[0].route, "implant")
    assert steps(found) == ["implant_no_figure", "screen_new_form"]
    assert "from" not in found.dates


@pytest.mark.parametrize(
    ("doses", "facts", "expected"),
    [
        (IMPLANT, NO_OPIOID, "implant_may_release"),  # the model still finds an effect
        (IMPLANT, NO_OPIOID | {"implant_may_release": Fact(False, 0.0)}, "implant_over"),
        (IMPLANT, NO_OPIOID | {"implant_may_release": Fact(True, 0.0)}, "implant_may_release"),
        (
            (Taken(START, 1000.0, "implant_prodetoxone", "implant"),),
            NO_OPIOID,
            "implant_unknown",
        ),
    ],
)
def test_after_an_implant_unknown_is_not_over(
    doses: tuple[Taken, ...], facts: dict[str, Fact], expected: str
) -> None:
    found = switch(course(day(30), doses, facts), "implant", "oral")
    assert expected in steps(found)
    truth = {"implant_may_release": "true", "implant_over": "shown", "implant_unknown": "unknown"}
    assert rules(found)["implant-switch"] == truth[expected]


def test_a_switch_after_opioids_is_a_new_start() -> None:
    found = switch(course(day(10), tablets(10), OPIOID), "oral", "im_xr")
    assert found.gate == "closed"
    assert steps(found) == ["restart_gate", "screen_new_form"]


def test_after_opioids_an_implant_that_is_over_opens_nothing_one_that_may_release_is_said() -> None:
    over = {"implant_may_release": Fact(False, 0.0)}
    found = switch(course(day(30), IMPLANT, OPIOID | over), "implant", "oral")
    assert steps(found) == ["restart_gate", "screen_new_form"]
    releasing = switch(course(day(30), IMPLANT, OPIOID), "implant", "oral")
    assert steps(releasing) == ["restart_gate", "implant_may_release", "screen_new_form"]


def test_a_switch_goes_to_another_form_from_one_that_was_given() -> None:
    with pytest.raises(InputError, match="other than oral"):
        switch(course(day(10), tablets(10)), "oral", "oral")
    with pytest.raises(InputError, match="by implant"):
        switch(course(day(10), tablets(10)), "implant", "oral")


# Surgery and pain


@pytest.fixture
def no_model(monkeypatch: pytest.MonkeyPatch) -> None:
    """The guideline's dates alone."""

    def none(*_: object, **__: object) -> None:
        return None

    monkeypatch.setattr(situation_surgery, "figures", none)
    monkeypatch.setattr(situation_surgery, "blunted_until", none)


def deferring(found: Situation) -> set[str]:
    return {reason.rule for reason in found.answer.reasons}


@pytest.mark.parametrize(
    ("hours", "closing"),
    [
        (47.9, {"surgery-oral", "surgery-oral-ru"}),
        (48.0, {"surgery-oral"}),
        (71.9, {"surgery-oral"}),
        (72.0, set()),
    ],
)
@pytest.mark.usefixtures("no_model")
def test_hours_from_the_last_tablet_to_surgery(hours: float, closing: set[str]) -> None:
    last = day(9)
    found = surgery(course(day(9, 10), tablets(10)), last + timedelta(hours=hours))
    assert deferring(found) == closing
    assert found.dates["opioids_by_guideline"] == last + timedelta(hours=72)
    expected = "move_or_opioid_free" if hours < 72 else "last_dose_not_after"
    assert steps(found)[0] == expected
    assert "no_model_date" in steps(found)
    assert "restart_after_opioids" in steps(found)


@pytest.mark.usefixtures("no_model")
def test_the_longer_interval_counts_and_hours_are_elapsed_hours() -> None:
    # 72 h before Monday 30 March 09:00 is 08:00 on Friday: the clocks went forward in between
    operation = datetime(2026, 3, 30, 9, tzinfo=BERLIN)
    found = surgery(course(day(10), tablets(10), label="ru_oral"), operation)
    assert found.dates["hold"] == datetime(2026, 3, 27, 8, tzinfo=BERLIN)
    assert found.dates["surgery"] == operation
    assert {"surgery-oral", "surgery-oral-ru"} <= set(rules(found))


def test_rules_of_labels_not_chosen_do_not_count() -> None:
    treatment = course(day(10), tablets(10))
    assert hold_rules(replace(treatment, label="uk"), "oral") == ("surgery-oral",)
    assert hold_rules(treatment, "oral") == ("surgery-oral", "surgery-oral-ru")
    assert hold_rules(treatment, "implant") == ()


@pytest.mark.parametrize(("days", "closing"), [(29, {"surgery-xr"}), (30, set())])
def test_thirty_days_from_the_last_injection_to_surgery(days: int, closing: set[str]) -> None:
    found = surgery(course(day(5), NO_LEVELS), day(days))
    assert deferring(found) == closing
    # the same hour of the clock, 30 days on, over the change of the clocks
    assert found.dates["opioids_by_guideline"] == datetime(2026, 4, 1, 9, tzinfo=BERLIN)
    assert found.dates["hold"] == same_clock_time(datetime(2026, 1, 30, 9, tzinfo=BERLIN), days + 1)
    assert steps(found)[0] == ("move_or_opioid_free" if days < 30 else "last_dose_not_after")
    assert found.figures is None


@pytest.mark.parametrize("doses", [tablets(10), INJECTION])
def test_the_later_of_guideline_and_model_is_used(doses: tuple[Taken, ...]) -> None:
    found = surgery(course(day(12), doses), day(40))
    guideline, model = (found.dates[f"opioids_by_{by}"] for by in ("guideline", "model"))
    assert isinstance(guideline, datetime)
    assert isinstance(model, datetime)
    assert found.figures is not None
    assert model == found.figures.time(BLUNTED).at
    assert found.dates["opioids_may_work"] == max(guideline, model)
    assert model > guideline
    hold, operation = found.dates["hold"], found.dates["surgery"]
    assert isinstance(hold, datetime)
    assert isinstance(operation, datetime)
    # the model's interval from last dose to opioids, taken back from the operation
    lag_h = hours_between(doses[-1].at, model)
    assert hours_between(hold, operation) == pytest.approx(lag_h, abs=0.5)
    early = "last_dose_not_after" if operation >= model else "move_or_opioid_free"
    assert steps(found)[0] == early


def test_an_early_dose_of_the_model_does_not_hide_the_guideline() -> None:
    lines = settings(draws=40, seed=3)
    small = (Taken(day(0), 0.01, "oral_tablet", "oral"),)
    found = surgery(course(day(1), small, chosen=lines), day(20))
    assert found.dates["opioids_may_work"] == day(0) + timedelta(hours=72)
    assert found.dates["hold"] == datetime(2026, 3, 19, 9, tzinfo=BERLIN)


def test_doses_still_planned_move_the_models_date() -> None:
    treatment = course(day(0, 12), tablets(1))
    more = [Taken(day(n), 50.0, "oral_tablet", "oral") for n in range(1, 15)]
    alone, on = surgery(treatment, day(40)), surgery(treatment, day(40), planned=more)
    assert alone.dates["opioids_may_work"] == on.dates["opioids_may_work"]
    first, second = alone.dates["hold"], on.dates["hold"]
    assert isinstance(first, datetime)
    assert isinstance(second, datetime)
    assert second < first  # more has gathered: it takes longer to go


def test_an_implant_has_no_date() -> None:
    found = surgery(course(day(30), IMPLANT), day(60))
    assert steps(found)[0] == "implant_surgery"
    assert not {"hold", "opioids_by_guideline", "opioids_may_work"} & set(found.dates)
    mixed = surgery(course(day(30), (*IMPLANT, *tablets(20))), day(60))
    assert steps(mixed)[0] == "implant_surgery"
    assert "opioids_may_work" not in mixed.dates


def test_an_injection_still_counts_behind_later_tablets() -> None:
    doses = (*NO_LEVELS, Taken(day(2), 50.0, "oral_tablet", "oral"))
    found = surgery(course(day(3), doses), day(20))
    assert found.dates["opioids_may_work"] == datetime(2026, 4, 1, 9, tzinfo=BERLIN)
    assert steps(found)[0] == "move_or_opioid_free"


@pytest.mark.parametrize("doses", [tablets(10), NO_LEVELS, IMPLANT, (*IMPLANT, *tablets(20))])
def test_dates_of_surgery_alone_are_the_same(doses: tuple[Taken, ...]) -> None:
    treatment = course(day(30), doses)
    more = [Taken(day(n), 50.0, "oral_tablet", "oral") for n in range(31, 35)]
    whole = surgery(treatment, day(60), planned=more)
    assert surgery_dates(treatment, day(60), planned=more) == whole.dates


def test_surgery_lies_ahead() -> None:
    for ask in (surgery, surgery_dates):
        with pytest.raises(InputError, match="after as_of"):
            ask(course(day(10), tablets(10)), day(10))


def test_pain_now_is_treated_without_opioids_first() -> None:
    found = acute_pain(course(day(10), tablets(10)))
    assert steps(found) == ["pain_without_opioids", "restart_after_opioids"]
    assert {one.id for one in found.warnings} == {"emergency_pain", "tolerance_low"}
    assert rules(found)["emergency-pain"] == "true"
    assert found.figures is not None
    assert found.dates["opioids_by_model"] == found.figures.time(BLUNTED).at


# A stop


def test_a_stop_says_when_protection_ends_and_danger_begins() -> None:
    doses = tablets(20, 150.0)
    found = stop(course(day(19, 15), doses, chosen=LOW_LINE))
    assert steps(found) == [
        "protected_until",
        "danger_now",
        "offer_naloxone",
        "after_stop_symptoms",
    ]
    assert found.steps[0].values == {"until": found.dates[PROTECTED]}
    later = stop(course(day(24), tablets(20)))
    assert steps(later)[:2] == ["not_protected", "danger_now"]
    assert PROTECTED not in later.dates
    wanted = {"lost-tolerance", "reversal-agent", "after-stop-symptoms", "after-stop-conflict"}
    assert wanted <= set(rules(found))
    assert [one.id for one in found.warnings] == ["tolerance_low"]


def test_without_published_levels_no_end_is_stated() -> None:
    found = stop(course(day(5), NO_LEVELS))
    assert steps(found)[0] == "no_end_known"
    assert found.figures is None
    assert set(found.dates) == {"last_dose"}


# The model's figures


def test_figures_agree_with_the_course_solved_by_itself() -> None:
    doses = tablets(10, 150.0)
    found = figures(course(day(9, 20), doses, chosen=LOW_LINE))
    assert found is not None
    records = tuple(
        EventRecord(hours_between(START, d.at), amt_mg=d.dose_mg, product="oral_tablet")
        for d in doses
    )
    drawn = ensemble(
        parameter_set(CHOSEN.parameter_set),
        Subject("x", records),
        draws=40,
        rng=np.random.default_rng(3),
    )
    now_h = hours_between(START, day(9, 20))
    time_h = now_h + np.arange(0.0, 24 * 40, 0.1)
    odds = drawn.signal("mu_odds", time_h)
    share = blocked(25.0, odds, drawn.held, "subjective")
    assert found.blocked_now == pytest.approx(np.percentile(share[:, 0], (5, 50, 95)), abs=1e-6)
    # draws fall under 10 % for good: the last time they are over it
    ends = np.sort([time_h[np.flatnonzero(row > 0.1).max()] for row in share])
    late = found.time(BLUNTED)
    assert late.at is not None
    assert hours_between(START, late.at) == pytest.approx(ends[int(np.ceil(0.95 * 39))], abs=0.5)
    sure = found.time(PROTECTED)  # the low line is the same 10 %
    assert sure.at is not None
    assert hours_between(START, sure.at) == pytest.approx(ends[int(0.05 * 39)], abs=0.5)
    assert (late.percentile, sure.percentile) == (95.0, 5.0)
    danger = found.time(DANGER)
    assert (danger.endpoint, danger.blocked_fraction) == ("physiological", 0.9)


def test_just_after_a_first_dose_opioids_may_already_be_blunted_later() -> None:
    # nothing has been absorbed yet: 'not blunted' at this moment would be a false comfort
    found = figures(course(START, tablets(1)))
    assert found is not None
    assert found.blocked_now[2] < 0.01
    blunted = found.time(BLUNTED)
    assert blunted.state == "at"
    assert blunted.at is not None
    assert hours_between(START, blunted.at) > 24
    assert found.time(PROTECTED).state == "never"


def test_an_end_that_is_not_found_is_said(monkeypatch: pytest.MonkeyPatch) -> None:
    treatment = course(day(19, 15), tablets(20, 150.0), chosen=LOW_LINE)
    known = figures(treatment)
    assert known is not None
    assert known.searched_weeks == 8
    beyond = replace(
        known, times=tuple(replace(t, at=None, state="beyond", median_at=None) for t in known.times)
    )
    monkeypatch.setattr(situations, "figures", lambda _: beyond)
    found = stop(treatment)
    assert steps(found)[:2] == ["end_beyond", "offer_naloxone"]
    assert found.steps[0].values == {"weeks": Amount(8.0, "wk")}
    # an operation whose end of blockade is not found has no day on which opioids surely act
    monkeypatch.setattr(situation_surgery, "figures", lambda *_, **__: beyond)
    blunted = beyond.time("opioids_may_be_blunted_until"), beyond.searched_weeks
    monkeypatch.setattr(situation_surgery, "blunted_until", lambda *_, **__: blunted)
    operation = surgery(treatment, day(90))
    assert steps(operation)[0] == "opioid_free_only"
    assert "opioids_may_work" not in operation.dates
    hold = operation.dates["hold"]
    assert isinstance(hold, datetime)
    assert hours_between(hold, day(90)) == 8 * 168


# Data


def test_figures_of_rules_are_read_from_the_rules() -> None:
    on = date(2026, 3, 2)
    assert limit("restart-after-gap", "days_since_effective_dose", on) == Amount(3.0, "d")
    assert limit("xr-missed", "days_since_injection", on) == Amount(28.0, "d")
    assert limit("surgery-oral", "hours_oral_dose_to_surgery", on) == Amount(72.0, "h")
    assert limit("surgery-oral-ru", "hours_oral_dose_to_surgery", on) == Amount(48.0, "h")
    assert limit("surgery-xr", "days_injection_to_surgery", on) == Amount(30.0, "d")
    with pytest.raises(ValueError, match="compares age_years with 0 figures"):
        limit("surgery-xr", "age_years", on)
    with pytest.raises(InputError, match="did you mean surgery-xr"):
        limit("surgery-xrr", "days_injection_to_surgery", on)


def test_steps_rest_on_rules_and_speak_both_languages() -> None:
    known = {rule.id for rule in all_rules()}
    for name, text in situation_data().steps.items():
        assert set(text.rules) <= known, name
        assert text.rules or text.own, name
        assert text.text.en != text.text.ru, name


def test_a_step_has_exactly_the_values_of_its_words() -> None:
    with pytest.raises(ValueError, match="take_today"):
        step("take_today")
    with pytest.raises(ValueError, match="never_double"):
        step("never_double", dose_mg=Amount(50.0, "mg"))


def test_every_rule_carries_source_and_provenance() -> None:
    found = late_injection(course(day(30), INJECTION))
    by_id = {rule.id: rule for rule in all_rules()}
    for rule in found.rules:
        assert rule.source == by_id[rule.id].source
        assert rule.provenance == by_id[rule.id].provenance


@pytest.mark.parametrize("route", ["oral", "im_xr"])
def test_every_form_with_a_guideline_has_its_rules(route: Route) -> None:
    assert situation_data().hold_rules[route]
