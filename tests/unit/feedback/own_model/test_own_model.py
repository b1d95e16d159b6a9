"""The patient's own model from outside: what it finds, what it refuses, what it repeats."""

from __future__ import annotations

from dataclasses import replace

import numpy as np
import pytest

from antagonist.feedback.own_model.known import (
    Dose,
    Known,
    MeasuredLevel,
    PillCount,
    UrineResult,
    checked,
)
from antagonist.feedback.own_model.levels import contributions, levels_of
from antagonist.feedback.own_model.model import OwnModel, own_model, priors_of
from antagonist.feedback.own_model.sampling import smoothed
from antagonist.feedback.own_model.weights import weights
from antagonist.foundation.errors import InputError
from antagonist.pharmacology.forecast import stated_times
from antagonist.pharmacology.parameter_sets import parameter_set
from antagonist.pharmacology.settings import settings

DOSES = tuple(Dose(24.0 * n, 50.0, "oral_tablet", "reported") for n in range(10))
LATER = np.array([230.0, 260.0])


def seen(*pairs: tuple[float, float, float]) -> tuple[MeasuredLevel, ...]:
    """Levels of both analytes at hours."""
    found = []
    for at_h, naltrexone, metabolite in pairs:
        found.append(MeasuredLevel(at_h, "naltrexone", naltrexone))
        found.append(MeasuredLevel(at_h, "6_beta_naltrexol", metabolite))
    return tuple(found)


def bytes_of(found: OwnModel) -> tuple[bytes, ...]:
    after = found.after.signals(("conc_ntx", "mu_odds"), LATER)
    return (found.taken.tobytes(), *(v.tobytes() for v in after.values()))


def test_the_same_seed_gives_the_same_bytes_whatever_the_threads(
    monkeypatch: pytest.MonkeyPatch,
) -> None:
    known = Known(DOSES, seen((98.0, 9.0, 60.0), (215.0, 0.1, 3.0)))
    first = own_model(known, seed=7, draws=100)
    monkeypatch.setattr("antagonist.pharmacology.kernel.parallel.cores", lambda: 1)
    again = own_model(known, seed=7, draws=100)
    assert bytes_of(first) == bytes_of(again)
    assert first.intake == again.intake
    assert bytes_of(own_model(known, seed=8, draws=100)) != bytes_of(first)


def test_a_missed_dose_shows_in_levels_that_do_not_fit_the_report() -> None:
    # 23 h after a last dose the metabolite is 8 ng/mL in the middle; after 47 h it is 2
    known = Known(DOSES, seen((98.0, 9.0, 60.0), (194.0, 8.5, 62.0), (239.0, 0.06, 1.0)))
    found = own_model(known)
    chance = {d.dose.time_h: d.after for d in found.intake}
    assert chance[216.0] < 0.05
    assert chance[192.0] > 0.99
    assert chance[96.0] > 0.99
    assert 9 in found.patterns[0].missed
    assert not {4, 8} & set(found.patterns[0].missed)
    assert found.diagnostics.misfits == ()
    assert found.diagnostics.warnings == ()


def test_levels_of_two_visits_narrow_the_forecast() -> None:
    given = tuple(replace(d, evidence="given") for d in DOSES)
    found = own_model(Known(given, seen((98.0, 9.0, 60.0), (215.0, 1.0, 9.0))))
    level = "conc_ntx"
    before, after = (e.signal(level, LATER) for e in (found.before, found.after))
    width = [np.ptp(np.log(np.quantile(x, (0.05, 0.95), axis=0)), axis=0) for x in (before, after)]
    assert (width[1] < 0.6 * width[0]).all()
    times = stated_times(found.after, settings().threshold, 216.0, 600.0)
    assert next(t.name for t in times) == "protected_until_at_least"


def test_without_levels_the_patient_is_a_new_one() -> None:
    found = own_model(Known(DOSES, urine=(UrineResult(220.0, True),)), draws=4000)
    before, after = (e.signal("conc_6bn", LATER) for e in (found.before, found.after))
    for share in (0.1, 0.5, 0.9):
        a, b = np.quantile(before, share, axis=0), np.quantile(after, share, axis=0)
        np.testing.assert_allclose(a, b, rtol=0.15)
    assert found.diagnostics.method == "prior"
    assert all(d.after == pytest.approx(d.before, abs=0.05) for d in found.intake)


@pytest.mark.parametrize("factor", [15.0, 0.04])
def test_a_level_out_of_reach_is_told_and_left_out(factor: float) -> None:
    given = tuple(replace(d, evidence="given") for d in DOSES)
    levels = seen((98.0, 9.0, 60.0), (194.0, 8.5, 62.0), (215.0, 1.0, 9.0))
    wrong = (*levels[:3], replace(levels[3], value_ng_per_ml=62.0 * factor), *levels[4:])
    found = own_model(Known(given, wrong))
    assert [m.level for m in found.diagnostics.misfits] == [3]
    assert found.diagnostics.misfits[0].left_out
    assert "misfit" in found.diagnostics.warnings
    right = own_model(Known(given, (*levels[:3], *levels[4:])))
    assert bytes_of(found) == bytes_of(right) or np.allclose(
        np.median(found.after.signal("conc_6bn", LATER), axis=0),
        np.median(right.after.signal("conc_6bn", LATER), axis=0), rtol=0.1,
    )  # fmt: skip
    kept = own_model(Known(given, wrong), misfit="keep")
    assert [m.left_out for m in kept.diagnostics.misfits][:1] == [False]


def test_a_level_without_any_dose_to_come_from_fits_none() -> None:
    refused = tuple(replace(d, evidence="refused", chance=0.0) for d in DOSES)
    found = own_model(Known(refused, seen((98.0, 9.0, 60.0))))
    assert {m.level for m in found.diagnostics.misfits} == {0, 1}


def test_the_weights_agree_with_plain_sampling_of_the_prior() -> None:
    """One structure, doses given: means of 400,000 prior draws weighed by SciPy's normal."""
    from scipy.stats import norm

    whole = parameter_set()
    one = replace(whole, fitted=whole.fitted[2:3])
    given = tuple(replace(d, evidence="given") for d in DOSES)
    known = checked(Known(given, seen((98.0, 9.0, 60.0))))
    found = own_model(known, parameters=one, draws=20_000, misfit="ignore")
    (prior,), levels = priors_of(known, one), levels_of(known.levels, weights())
    rng, parts = np.random.default_rng(2), []
    for _ in range(20):
        eta = rng.standard_normal((20_000, len(prior.names))) @ prior.root.T
        phi = prior.phi(eta)
        f = contributions(prior, phi, known, levels).sum(axis=2)
        sd = np.sqrt(levels.additive**2 + (levels.cv * f) ** 2)
        logs = norm.logpdf(levels.value, f, sd).sum(axis=1)
        parts.append((logs, np.stack([phi[n] for n in ("CL", "F_oral", "ka", "CL6")], axis=1)))
    weight = np.exp(np.concatenate([p[0] for p in parts]))
    weight /= weight.sum()
    phi_of = np.concatenate([p[1] for p in parts])
    mean = weight @ phi_of
    sd_of = np.sqrt(weight @ (phi_of - mean) ** 2)
    held = found.after.held
    ours = np.stack([np.log(held["CL"]), np.log(held["F_oral"] / (1 - held["F_oral"])),
                     np.log(held["ka"]), np.log(held["CL6"])], axis=1)[..., 0]  # fmt: skip
    error = sd_of * np.sqrt((weight**2).sum() + 1 / found.diagnostics.ess)
    assert (np.abs(ours.mean(axis=0) - mean) <= 4.5 * error).all()
    np.testing.assert_allclose(ours.std(axis=0), sd_of, rtol=0.12)


def test_a_long_tail_of_weights_is_told() -> None:
    rng = np.random.default_rng(1)
    short, long = rng.standard_normal(3000) * 0.3, rng.pareto(1.0, 3000)
    assert smoothed(short)[1] < 0.5
    assert smoothed(np.log(long))[1] == pytest.approx(1.0, abs=0.25)
    assert smoothed(short)[0].sum() == pytest.approx(1.0)


@pytest.mark.parametrize(
    ("known", "words"),
    [
        (Known(()), ("doses", "at least one")),
        (Known((replace(DOSES[0], chance=1.5),)), ("doses[0].chance", "1.5")),
        (Known((replace(DOSES[0], evidence="repoted"),)), ("evidence", "reported")),
        (Known((replace(DOSES[0], product="aspirin"),)), ("product", "aspirin")),
        (Known(DOSES, (MeasuredLevel(3.0, "naltrexone", None),)), ("levels[0].limit", "nothing")),
        (Known(DOSES, (MeasuredLevel(3.0, "naltrexone", -1.0),)), ("levels[0].value", "-1")),
        (
            Known(DOSES, pill_counts=(PillCount(0, 50, 1), PillCount(40, 90, 1))),
            ("pill_counts", "40"),
        ),
    ],
)
def test_input_that_is_not_allowed_is_named(known: Known, words: tuple[str, ...]) -> None:
    with pytest.raises(InputError) as error:
        own_model(known)
    for word in words:
        assert word in str(error.value)
