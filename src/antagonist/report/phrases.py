"""Sentences that charts, documents and the console share."""

from __future__ import annotations

from collections.abc import Sequence
from typing import Literal

from antagonist.foundation.errors import InputError
from antagonist.pharmacology.catalogue import formulations
from antagonist.pharmacology.results import ChallengePoint, Forecast, StatedTime, Threshold
from antagonist.report.doses import Dose
from antagonist.report.moments import Clock, Rounding
from antagonist.report.numbers import percent, plain
from antagonist.report.wording import Wording, report_catalogue

Audience = Literal["professional", "patient"]
AUDIENCES: tuple[Audience, ...] = ("professional", "patient")
PROTECTED = "protected_until_at_least"
DANGER = "overdose_danger_from"
BLUNTED = "opioids_may_be_blunted_until"


def checked_audience(audience: str) -> Audience:
    """The audience, if we write for it.

    Raises InputError for any other.
    """
    for known in AUDIENCES:
        if audience == known:
            return known
    raise InputError("report", "audience", audience, "one of " + ", ".join(AUDIENCES))


def agonist_dose(dose: ChallengePoint | Threshold, words: Wording) -> str:
    """An agonist dose in words: for professionals only."""
    return words.text(
        "agonist_dose",
        dose=plain(dose.dose_mg, words.language),
        agonist=words.name("agonist", dose.agonist),
        route=words.name("route", dose.route),
    )


def naltrexone_dose(dose: Dose, words: Wording) -> str:
    """A naltrexone dose in words, the product by the title in its data file."""
    amount = words.text("dose_mg", dose=plain(dose.dose_mg, words.language))
    if dose.product is None:
        return amount
    known = formulations().get(dose.product)
    return f"{amount} ({known.title[words.language] if known else dose.product})"


def threshold_text(threshold: Threshold, words: Wording, audience: Audience) -> str:
    """The line that every stated time refers to; without a dose for patients."""
    share = percent(threshold.blocked_fraction)
    if audience == "patient":
        return words.text("threshold.patient", percent=share)
    return words.text(
        "threshold.professional",
        percent=share,
        endpoint=words.name("endpoint", threshold.endpoint),
        dose=agonist_dose(threshold, words),
    )


def stated_text(stated: StatedTime, clock: Clock, horizon_h: float) -> str:
    """When a stated time is, rounded to its cautious side, or why there is none."""
    words = clock.words
    rounding: Rounding = "up" if stated.name == BLUNTED else "down"
    if stated.state == "at" and stated.at_h is not None:
        return clock.moment(stated.at_h, rounding)
    if stated.state == "beyond":
        return words.text("state_beyond", time=clock.moment(horizon_h))
    known = f"state_never.{stated.name}" in words.entries
    return words.text(f"state_never.{stated.name}") if known else words.text("no_data")


def chart_title(forecast: Forecast, words: Wording, audience: Audience) -> str:
    """The report's title; for patients without a course title that names an opioid."""
    title = forecast.course.title.strip()
    if not title or (audience == "patient" and names_agonist(title, forecast)):
        title = words.text("chart.untitled")
    return words.text("chart.title", title=title)


def names_agonist(text: str, forecast: Forecast) -> bool:
    """Whether a free text names an opioid agonist in any of our languages."""
    catalogue = report_catalogue()
    prefix = "agonist."
    names = [
        name
        for key, texts in catalogue.items()
        if key.startswith(prefix)
        for name in (key.removeprefix(prefix), *texts.values())
    ]
    names += [point.agonist for point in forecast.challenges] + [forecast.threshold.agonist]
    lowered = text.lower()
    return any(name.lower() in lowered for name in names)


def spread(values: Sequence[str]) -> str:
    """Low, median, high as ``median (low - high)``; the low end shares the percent sign."""
    low, median, high = values
    return f"{median} ({low.removesuffix(' %')} – {high})"
