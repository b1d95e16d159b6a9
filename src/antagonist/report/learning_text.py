"""What the chart of learning shows, in words."""

from __future__ import annotations

from collections.abc import Sequence

from antagonist.feedback.own_model.known import OUTPUT
from antagonist.feedback.own_model.model import OwnModel
from antagonist.feedback.own_model.weights import weights
from antagonist.pharmacology.results import Forecast
from antagonist.report.figures_page import words_of
from antagonist.report.learning_chart import Chance, Reading
from antagonist.report.moments import Clock, clock_of
from antagonist.report.numbers import measured, percent, plain, quantiles_at
from antagonist.report.phrases import effect_of, spread, stated_text
from antagonist.report.wording import Wording

# A dose whose chance stays over this is not named.
_SURE = 0.9


def learning_words(language: str) -> Wording:
    """The words of this chart and of the reports. Raises InputError for an unknown language."""
    return words_of("learning", language)


def readings_of(own: OwnModel) -> list[Reading]:
    """Levels as the chart takes them, from hour 0, where it begins."""
    errors, kept = weights().errors, []
    odd = {misfit.level for misfit in own.diagnostics.misfits}
    for n, level in enumerate(own.known.levels):
        error, value = errors.of(level.analyte), level.value_ng_per_ml
        limit, cv = level.limit_ng_per_ml or 0.0, level.error_cv
        cv = error.assay_cv if cv is None else cv
        sd = (error.additive**2 + (cv * (value or limit)) ** 2) ** 0.5
        if level.time_h >= 0:
            kept.append(
                Reading(level.time_h, OUTPUT[level.analyte], value, limit, sd, n not in odd)
            )
    return kept


def chances_of(own: OwnModel) -> list[Chance]:
    """Chances of doses as the chart takes them, from hour 0."""
    return [Chance(d.dose.time_h, d.before, d.after) for d in own.intake if d.dose.time_h >= 0]


def describe_learning(
    before: Forecast,
    after: Forecast,
    readings: Sequence[Reading],
    chances: Sequence[Chance],
    words: Wording,
) -> list[str]:
    """The chart in paragraphs: its frame, each level, each dose in question, the stated times."""
    clock, course = clock_of(after.course, words), after.course
    effect = effect_of("subjective", after.threshold, words, "professional")
    start_h = float(after.bands["conc_ntx"].time_h[0])
    told = [
        words.text(
            "learning.frame", start=clock.moment(start_h), end=clock.moment(course.horizon_h),
            effect=effect, now=clock.moment(course.as_of_h),
        )
    ]  # fmt: skip
    told += [_reading(r, before, after, clock) for r in sorted(readings, key=lambda r: r.time_h)]
    told += _doses(chances, clock)
    for old, new in zip(before.stated, after.stated, strict=True):
        name = words.text(f"chart.{new.name}")
        texts = [stated_text(s, clock, course.horizon_h) for s in (old, new)]
        told.append(words.text("learning.stated", name=name, before=texts[0], after=texts[1]))
    return told


def _reading(reading: Reading, before: Forecast, after: Forecast, clock: Clock) -> str:
    words = clock.words
    key = "chart.naltrexone" if reading.quantity == "conc_ntx" else "chart.naltrexol"
    if reading.value_ng_per_ml is None:
        value = words.text("learning.less", value=plain(reading.limit_ng_per_ml, words.language))
    else:
        value = words.text("learning.level", value=plain(reading.value_ng_per_ml, words.language))
    expected = []
    for forecast in (before, after):
        band = forecast.bands[reading.quantity]
        low, _, middle, _, high = quantiles_at(band, reading.time_h)
        expected.append(spread([measured(x, band.unit, words) for x in (low, middle, high)]))
    told = "learning.reading" if reading.fits else "learning.reading_misfit"
    return words.text(
        told, substance=words.text(key), time=clock.moment(reading.time_h),
        value=value, before=expected[0], after=expected[1],
    )  # fmt: skip


def _doses(chances: Sequence[Chance], clock: Clock) -> list[str]:
    words = clock.words
    doubted = [c for c in chances if min(c.before, c.after) < _SURE]
    if not doubted:
        return [words.text("learning.all_sure")]
    return [
        words.text(
            "learning.dose", time=clock.moment(c.time_h), before=percent(c.before),
            after=percent(c.after),
        )
        for c in doubted
    ]  # fmt: skip
