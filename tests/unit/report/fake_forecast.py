"""A forecast with plausible numbers, made here without the engine."""

from __future__ import annotations

from datetime import UTC, datetime
from typing import Literal

import numpy as np

from antagonist.pharmacology.dosing.records import Course, EventRecord, Subject
from antagonist.pharmacology.results import (
    QUANTILES,
    Band,
    ChallengePoint,
    Floats,
    Forecast,
    Note,
    Now,
    Provenance,
    StatedTime,
    Threshold,
)

ORIGIN = datetime(2026, 3, 9, 6, 0, tzinfo=UTC)  # 09:00 in Moscow
SHA256 = "3f8a" * 16
TAKEN_H = (0.0, 24.0, 48.0, 96.0)
MISSED_H = (72.0,)
AS_OF_H, HORIZON_H = 102.0, 240.0
DRAWS = 200
REFERENCE = ("heroin", "iv", 25.0)
State = Literal["at", "never", "beyond"]


def fake_forecast(
    *,
    title: str = "50 mg daily, one dose missed",
    origin: datetime | None = ORIGIN,
    timezone: str = "Europe/Moscow",
    state: State = "at",
    metabolite: bool = True,
) -> Forecast:
    """A tablet course at hour 102 with one more dose planned at hour 144."""
    bands = _bands()
    if not metabolite:
        del bands["conc_6bn"]
    now = {key: _now(band) for key, band in bands.items()}
    return Forecast(
        course=_course(title, origin, timezone),
        bands=bands,
        now=Now(now, {key: band.unit for key, band in bands.items()}),
        stated=_stated(state, bands),
        challenges=_challenges(bands),
        threshold=Threshold("subjective", 0.9, *REFERENCE),
        provenance=Provenance(
            "consensus", "2026.1", SHA256, {"slow_plasma": 0.6, "slow_effect": 0.4}, DRAWS, 7
        ),
        width_shares={
            "parameter": 0.31,
            "structure": 0.22,
            "between_study": 0.43,
            "between_subject": 0.74,
        },
        notes=(
            Note("typical_covariate", {"covariate": "weight_kg"}),
            Note("typical_covariate", {"covariate": "smoker"}),
            Note("product_note", {"product": "oral_tablet", "note": "Stated as a salt."}),
            Note("receptor_constants", {}),
            Note("delta_extrapolated", {}),
        ),
    )


def _course(title: str, origin: datetime | None, timezone: str) -> Course:
    records = (
        EventRecord(0.0, amt_mg=50.0, product="oral_tablet", addl=2, ii_h=24.0),
        EventRecord(96.0, amt_mg=50.0, product="oral_tablet"),
        EventRecord(130.0, evid=2),
        EventRecord(144.0, amt_mg=50.0, product="oral_tablet"),
    )
    return Course(title, Subject("p1", records, origin), AS_OF_H, HORIZON_H, timezone, MISSED_H)


def _bands() -> dict[str, Band]:
    rng = np.random.default_rng(20260309)
    time_h = np.arange(0.0, HORIZON_H + 0.5, 0.5)
    scale = np.exp(0.5 * rng.standard_normal((DRAWS, 1)))
    slow = np.exp(0.25 * rng.standard_normal((DRAWS, 1)))
    doses = (*TAKEN_H, 144.0)
    ntx = scale * sum(_pulse(time_h - dose, 11.0, 1.2, 4.0, 0.06, slow) for dose in doses)
    bn = scale * sum(_pulse(time_h - dose, 95.0, 1.0, 13.0, 0.02, slow) for dose in doses)
    site = sum(_pulse(time_h - dose, 4.0, 0.7, 10.0, 0.2, slow) for dose in doses)
    occupancy = site / (site + 0.25 * slow)
    ratio = 1.0 + site / (0.025 * scale)
    subjective = 1.0 - 1.0 / (1.0 + (ratio / 5.0) ** 1.3)
    physiological = 1.0 - 1.0 / (1.0 + (ratio / 8.0) ** 1.3)
    quantities = {
        "conc_ntx": ("ng/mL", ntx),
        "conc_6bn": ("ng/mL", bn),
        "mu_occupancy": ("fraction", occupancy),
        "blocked_subjective": ("fraction", subjective),
        "blocked_physiological": ("fraction", physiological),
    }
    return {
        key: Band(key, unit, time_h, np.quantile(draws, QUANTILES, axis=0))
        for key, (unit, draws) in quantities.items()
    }


def _pulse(
    after_h: Floats, height: float, rise_h: float, half_h: float, tail: float, slow: Floats
) -> Floats:
    past = np.maximum(after_h, 0.0)
    decay = (1.0 - tail) * np.exp(-past / half_h) + tail * np.exp(-past / (48.0 * slow))
    draws: Floats = height * (1.0 - np.exp(-past / rise_h)) * decay
    return draws


def _now(band: Band) -> tuple[float, float, float]:
    index = int(np.searchsorted(band.time_h, AS_OF_H))
    low, median, high = (float(band.quantiles[row, index]) for row in (0, 2, 4))
    return low, median, high


def _stated(state: State, bands: dict[str, Band]) -> tuple[StatedTime, ...]:
    rows = {
        "protected_until_at_least": ("subjective", 0.9, 0),
        "opioids_may_be_blunted_until": ("subjective", 0.9, 4),
        "overdose_danger_from": ("physiological", 0.9, 0),
    }
    stated = []
    for name, (endpoint, line, row) in rows.items():
        band = bands[f"blocked_{endpoint}"]
        at_h = _crossing(band, row, line) if state == "at" else None
        median_h = _crossing(band, 2, line) if state == "at" else None
        percentile = 100.0 * QUANTILES[row]
        stated.append(StatedTime(name, at_h, state, median_h, 0.97, endpoint, line, percentile))
    return tuple(stated)


def _crossing(band: Band, row: int, line: float) -> float:
    under = (band.quantiles[row] < line) & (band.time_h >= AS_OF_H)
    return float(band.time_h[int(np.argmax(under))])


def _challenges(bands: dict[str, Band]) -> tuple[ChallengePoint, ...]:
    points = []
    for after_h in (0.0, 24.0, 48.0, 72.0):
        for endpoint, low_mg in (("subjective", 613.0), ("physiological", 417.0)):
            band = bands[f"blocked_{endpoint}"]
            index = int(np.searchsorted(band.time_h, AS_OF_H + after_h))
            left = 1.0 - band.quantiles[:, index]
            points.append(
                ChallengePoint(
                    AS_OF_H + after_h,
                    *REFERENCE,
                    "subjective" if endpoint == "subjective" else "physiological",
                    (float(left[4]), float(left[2]), float(left[0])),
                    low_mg / (1.0 + after_h / 24.0),
                    endpoint == "physiological",
                )
            )
    return tuple(points)
