"""What a report says, as printed cells: a patient's report never holds an agonist dose."""

from __future__ import annotations

from dataclasses import dataclass

from antagonist.pharmacology.results import ChallengePoint, Forecast
from antagonist.report.doses import dose_marks
from antagonist.report.limits import Limit, limits
from antagonist.report.moments import Clock, clock_of
from antagonist.report.numbers import CHARTED, bare, measured, percent, two_digits_down
from antagonist.report.phrases import (
    Audience,
    agonist_dose,
    chart_title,
    naltrexone_dose,
    spread,
    stated_meaning,
    stated_text,
    threshold_text,
)
from antagonist.report.text_alternative import DataTable, describe, table_rows
from antagonist.report.wording import Wording

Row = tuple[str, ...]
PATIENT_WARNINGS = ("overcome", "missed", "differs", "emergency", "pain")


@dataclass(frozen=True)
class Report:
    """One report, ready for a template.

    stated: name, time, meaning and (professional) spread.
    now: quantity, median, 90 % interval.
    challenges, widths: empty for patients.
    """

    title: str
    as_of: str
    last_dose: str
    warnings: tuple[str, ...]
    stated: tuple[Row, ...]
    threshold: str
    now: tuple[Row, ...]
    description: tuple[str, ...]
    table: DataTable
    challenges: tuple[Row, ...]
    limits: tuple[Limit, ...]
    widths: tuple[Row, ...]
    provenance: tuple[Row, ...]


def report_content(forecast: Forecast, words: Wording, audience: Audience) -> Report:
    """Everything a report prints, in the reader's words."""
    clock = clock_of(forecast.course, words)
    professional = audience == "professional"
    warnings = [] if professional else [words.text(f"patient.{key}") for key in PATIENT_WARNINGS]
    return Report(
        title=chart_title(forecast, words, audience),
        as_of=words.text(
            "doc.as_of",
            time=clock.moment(forecast.course.as_of_h),
            end=clock.moment(forecast.course.horizon_h),
        ),
        last_dose=_last_dose(forecast, clock),
        warnings=tuple(warnings),
        stated=_stated_rows(forecast, clock, audience),
        threshold=threshold_text(forecast.threshold, words, audience),
        now=now_rows(forecast, words, audience),
        description=tuple(describe(forecast, words.language, audience)),
        table=table_rows(forecast, words.language),
        challenges=_challenge_rows(forecast, clock) if professional else (),
        limits=limits(forecast, words, audience),
        widths=_width_rows(forecast, words) if professional else (),
        provenance=_provenance_rows(forecast, words, audience),
    )


def now_rows(
    forecast: Forecast, words: Wording, audience: Audience = "professional"
) -> tuple[Row, ...]:
    """Levels and blockade now: name, median, interval; patients get charted quantities only."""
    values, units = forecast.now.values, forecast.now.units
    rows = []
    for key in visible_quantities(forecast, audience):
        low, median, high = (measured(value, units[key], words) for value in values[key])
        interval = words.text("doc.interval", low=low, high=high)
        rows.append((words.name("quantity", key), median, interval))
    return tuple(rows)


def visible_quantities(forecast: Forecast, audience: Audience) -> list[str]:
    """Keys of the quantities a reader sees, charted ones first; patients see only those."""
    values = forecast.now.values
    order = [key for key in CHARTED if key in values]
    if audience == "professional":
        order += [key for key in values if key not in CHARTED]
    return order


def challenge_groups(forecast: Forecast) -> list[dict[str, ChallengePoint]]:
    """Challenge points that differ only in endpoint, together: endpoint -> point."""
    groups: dict[tuple[float, str, str, float], dict[str, ChallengePoint]] = {}
    for point in forecast.challenges:
        key = (point.time_h, point.agonist, point.route, point.dose_mg)
        groups.setdefault(key, {})[point.endpoint] = point
    return list(groups.values())


def remaining_text(point: ChallengePoint | None, words: Wording) -> str:
    """Effect left: median and 90 % interval, percent."""
    if point is None:
        return words.text("no_data")
    return spread([percent(value) for value in point.remaining])


def _last_dose(forecast: Forecast, clock: Clock) -> str:
    taken = dose_marks(forecast.course).taken
    if not taken:
        return clock.words.text("doc.no_dose")
    dose = naltrexone_dose(taken[-1], clock.words)
    return clock.words.text("doc.last_dose", dose=dose, time=clock.moment(taken[-1].time_h))


def _stated_rows(forecast: Forecast, clock: Clock, audience: Audience) -> tuple[Row, ...]:
    words, rows = clock.words, []
    for item in forecast.stated:
        row = (
            words.name("stated", item.name),
            stated_text(item, clock, forecast.course.horizon_h),
            stated_meaning(item, forecast.threshold, words, audience),
        )
        spread_cell = words.text("share_over_now", share=percent(item.share_over_now))
        if item.median_h is not None:
            median = words.text("median_crossing", time=clock.moment(item.median_h))
            spread_cell = f"{median}; {spread_cell}"
        rows.append((*row, spread_cell) if audience == "professional" else row)
    return tuple(rows)


def _challenge_rows(forecast: Forecast, clock: Clock) -> tuple[Row, ...]:
    words, rows = clock.words, []
    for group in challenge_groups(forecast):
        any_point = next(iter(group.values()))
        physiological = group.get("physiological")
        low_mg = physiological.breakthrough_low_mg if physiological else None
        dose = two_digits_down(low_mg, words.language) if low_mg is not None else ""
        extrapolated = [
            words.name("endpoint", key) for key, point in group.items() if point.extrapolated
        ]
        rows.append(
            (
                clock.moment(any_point.time_h),
                agonist_dose(any_point, words),
                remaining_text(group.get("subjective"), words),
                remaining_text(physiological, words),
                words.text("dose_mg", dose=dose) if dose else words.text("no_data"),
                "; ".join(extrapolated) or "–",
            )
        )
    return tuple(rows)


def _width_rows(forecast: Forecast, words: Wording) -> tuple[Row, ...]:
    shares = forecast.width_shares.items()
    return tuple((words.name("source", key), percent(share)) for key, share in shares)


def _provenance_rows(forecast: Forecast, words: Wording, audience: Audience) -> tuple[Row, ...]:
    source = forecast.provenance
    rows = [
        ("doc.parameter_set", source.parameter_set),
        ("doc.version", source.version),
        ("doc.sha256", source.sha256),
    ]
    if audience == "professional":
        rows.append(("doc.structures", structures_text(forecast, words)))
    rows += [("doc.draws", str(source.draws)), ("doc.seed", str(source.seed))]
    return tuple((words.text(key), value) for key, value in rows)


def structures_text(forecast: Forecast, words: Wording) -> str:
    """Model structures with their weights, such as ``slow_plasma 0.60``."""
    weights = forecast.provenance.structures.items()
    return ", ".join(f"{name} {bare(weight, 'weight', words.language)}" for name, weight in weights)
