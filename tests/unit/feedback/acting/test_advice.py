"""Advice from a patient's own model: exact ends, samples in the window, regimens with events."""

from __future__ import annotations

from dataclasses import replace
from datetime import timedelta

import numpy as np
import pytest
from tests.support.example_record import (
    AT,
    CHOSEN,
    NOT_TAKEN,
    event,
    events,
    example,
    injected,
    learned_of,
    misfit,
)

from antagonist.feedback.acting.exact import own_sampler, own_units
from antagonist.feedback.outcomes.course import course_of
from antagonist.feedback.outcomes.patient import measured
from antagonist.pharmacology.forecast import signals_of

DAY_H = 24.0


def test_the_reported_dose_was_not_taken() -> None:
    """The example's levels are those of a draw without that dose."""
    said = next(e for e in events() if e.occurred_at.isoformat().startswith(NOT_TAKEN[:16]))
    by_event = {d.dose.id: d for d in example().own.intake}
    assert by_event[said.event_id].before == pytest.approx(0.7)
    assert by_event[said.event_id].after < 0.05
    seen = [d for d in example().own.intake if d.dose.evidence == "observed_mouth_checked"]
    assert min(d.after for d in seen) > 0.9


def test_protected_until_is_the_fifth_percentile_of_the_own_draws_ends() -> None:
    """Against blocked effects on a grid of minutes."""
    found = example()
    advice, at_h = found.advice, found.advice.after.course.as_of_h
    time_h = np.arange(at_h, at_h + 5 * DAY_H, 1 / 30)
    seen = signals_of(found.own.after, CHOSEN.threshold, time_h)["blocked_subjective"]
    under = seen < CHOSEN.threshold.blocked_fraction
    ends = np.where(under.any(axis=1), time_h[under.argmax(axis=1)], np.inf)
    over_now = float((~under[:, 0]).mean())
    stated = advice.after.stated[0]
    assert stated.share_over_now == pytest.approx(over_now, abs=0.006)
    assert stated.median_h == pytest.approx(float(np.sort(ends)[(len(ends) - 1) // 2]), abs=0.05)
    # more than a twentieth is not protected now: then no time is stated
    assert over_now < 0.95
    assert (stated.state, stated.at_h) == ("never", None)


def test_a_new_patient_s_forecast_is_wider_after_the_levels() -> None:
    advice = example().advice
    for name in ("conc_ntx", "conc_6bn"):
        before, after = (f.bands[name].quantiles for f in (advice.before, advice.after))
        middle = before.shape[1] // 2
        ratios = [q[4, middle] / q[0, middle] for q in (before, after)]
        assert ratios[1] < 0.5 * ratios[0]


def test_samples_are_of_the_window_ranked_with_their_error() -> None:
    advice = example().advice
    assert advice.sampling
    hours = [(m - example().read.origin) / timedelta(hours=1) for m in advice.window.moments]
    assert {s.time_h for s in advice.sampling} <= set(hours)
    assert {s.output for s in advice.sampling} == {"conc_ntx", "conc_6bn"}
    widths = [s.width_h for s in advice.sampling]
    assert widths == sorted(widths)
    assert all(s.mc_error_h > 0 for s in advice.sampling)


def test_proposals_are_ranked_and_name_the_events_they_stand_on() -> None:
    advice, known = example().advice, example().own.known
    assert advice.regimens is not None
    assert advice.present is not None
    doses = [p.candidate.doses_per_week for p in advice.regimens.proposals]
    assert doses
    assert doses == sorted(doses)
    levels = {x.id for x in known.levels}
    for proposal in advice.regimens.proposals:
        assert proposal.candidate.labelled
        by_reason = {e.reason: e for e in proposal.evidence}
        assert set(by_reason["proposal_keeps"].events) == levels
        assert by_reason["source"].figures["source"]
        if proposal.candidate.route == "oral":
            assert set(by_reason["taking"].events) <= {d.id for d in known.doses}
            assert by_reason["taking"].events


def test_a_level_that_fits_no_pattern_is_told_and_no_regimen_is_built_on_it() -> None:
    found = misfit()
    odd = [found.own.known.levels[m.level] for m in found.advice.misfits]
    assert [x.value_ng_per_ml for x in odd] == [900.0]
    assert found.advice.regimens is None
    assert found.advice.why_not == "misfit"


def test_unknown_is_not_no() -> None:
    """Without an indication and after a stop nothing is proposed, and it is said why."""
    told = [e for e in events() if e.payload.get("fact") != "indication_stated"]
    said = {"fact": "indication_stated", "value": "other", "source": "x"}
    other = event(96, "fact", AT - timedelta(days=80), said, "prescriber")
    for known in (told, [*told, other]):
        found = learned_of(known)
        assert found is not None
        assert (found.advice.why_not, found.advice.regimens) == ("no_indication", None)
    stop = event(98, "treatment_stop", AT - timedelta(minutes=5), {"reason": "x"}, "prescriber")
    stopped = learned_of([*events(), stop])
    assert stopped is not None
    assert stopped.advice.why_not == "not_on_treatment"


def test_the_plan_s_doses_to_come_prolong_protection_and_count_with_the_patient_s_chance() -> None:
    doses = [
        {"at": (AT + timedelta(hours=6 + 24 * n)).isoformat(), "dose_mg": 100, "kind": "dose"}
        for n in range(9)
    ]
    document = {"product": "seed-tablet-50", "route": "oral", "regimen": "x", "doses": doses}
    change = event(
        97, "plan_change", AT - timedelta(minutes=5), {"plan": document, "reason": "x"},
        "prescriber",
    )  # fmt: skip
    found = learned_of([*events(), change])
    assert found is not None
    planned, alone = found.advice.planned, found.advice.after.stated[0]
    assert planned is not None
    assert planned.doses == 9
    assert alone.median_h is not None
    assert planned.stated.median_h is None or planned.stated.median_h > alone.median_h
    # without a plan nothing is said of doses to come
    assert example().advice.planned is None


def test_after_injections_the_plan_counts_as_certain_and_nothing_worse_is_proposed() -> None:
    advice = injected().advice
    assert advice.planned is not None
    assert (advice.planned.doses, advice.planned.oral) == (3, False)
    assert advice.present is not None
    assert advice.present.id == "injection_380_every_4_weeks"
    assert advice.regimens is not None
    assert advice.regimens.present is not None
    assert all(p.reaches or (p.gain or 0) > 0 for p in advice.regimens.proposals)
    # the last injection stands on the chart
    hours = [d.time_h for d in injected().own.known.doses]
    assert 0 <= hours[-1] < 48
    assert min(d.after for d in injected().own.intake) > 0.999


def test_hours_blocked_pair_the_patient_s_draws_with_their_patterns() -> None:
    found, course = example(), course_of("p1", events(), AT)
    rng = np.random.default_rng(1)
    taken = own_sampler(found)(course.intakes, len(found.own.taken), rng)
    place = {d.id: n for n, d in enumerate(found.own.known.doses)}
    for i, dose in enumerate(course.intakes):
        assert (taken[:, i] == found.own.taken[:, place[dose.event_id]]).all()
    units = own_units(found, course, CHOSEN)
    own = measured(course, units, CHOSEN, own_sampler(found)).blocked
    assert own is not None
    surely = measured(course, units, CHOSEN, lambda d, n, _: np.ones((n, len(d)), dtype=bool))
    assert surely.blocked is not None
    assert own.summary.draws == len(found.own.taken)
    # three doses of 36 were not taken
    assert own.summary.whole.mean < surely.blocked.summary.whole.mean


def test_a_dose_that_the_model_does_not_reach_is_drawn_by_its_evidence() -> None:
    found, course = example(), course_of("p1", events(), AT)
    other = replace(found, own=replace(found.own, known=replace(found.own.known, doses=())))
    taken = own_sampler(other)(course.intakes, 400, np.random.default_rng(1))
    missed = [i for i, d in enumerate(course.intakes) if d.evidence == "missed"]
    assert 0 < taken[:, missed].mean() < 0.06


@pytest.mark.parametrize("seed", [3])
def test_the_same_seed_gives_the_same_advice(seed: int) -> None:
    again = learned_of(events())
    assert again is not None
    assert CHOSEN.seed == seed
    assert again.advice.sampling == example().advice.sampling
    assert (again.own.taken == example().own.taken).all()
