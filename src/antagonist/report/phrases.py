"""Sentences that charts, documents and the console share."""

from __future__ import annotations

from collections.abc import Sequence
from typing import Literal

from antagonist.foundation.errors import InputError
from antagonist.pharmacology.agonists import agonists
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
        agonist=agonist_title(dose.agonist, words),
        route=words.name("route", dose.route),
    )


def agonist_title(name: str, words: Wording) -> str:
    """An opioid by the title in its data file, or its own name where it has none."""
    known = agonists().get(name)
    return known.title[words.language] if known else name.replace("_", " ")


def product_title(product: str, words: Wording) -> str:
    """A product by the title in its data file, or its own name where it has none."""
    known = formulations().get(product)
    return known.title[words.language] if known else product


def naltrexone_dose(dose: Dose, words: Wording) -> str:
    """A naltrexone dose in words, the product by the title in its data file."""
    amount = words.text("dose_mg", dose=plain(dose.dose_mg, words.language))
    if dose.product is None:
        return amount
    return f"{amount} ({product_title(dose.product, words)})"


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
    key = f"state_never.{stated.name}"
    if key not in words.entries:
        return words.text("no_data")
    return words.text(key, percent=percent(stated.blocked_fraction))


def effect_of(endpoint: str, threshold: Threshold, words: Wording, audience: Audience) -> str:
    """An endpoint of the reference dose (professional) or of opioids (patient)."""
    dose = "" if audience == "patient" else agonist_dose(threshold, words)
    name = words.name("endpoint", endpoint)
    return words.text(f"effect_of.{audience}", endpoint=name, dose=dose)


def stated_meaning(
    stated: StatedTime, threshold: Threshold, words: Wording, audience: Audience
) -> str:
    """What a stated time means: its line, its percentile and (professional) the dose."""
    key = f"stated_meaning.{stated.name}"
    if key not in words.entries:
        return words.text("no_data")
    return words.text(
        key,
        more=plain(100.0 - stated.percentile, words.language),
        fewer=plain(stated.percentile, words.language),
        percentile=plain(stated.percentile, words.language),
        percent=percent(stated.blocked_fraction),
        effect=effect_of(stated.endpoint, threshold, words, audience),
    )


def chart_title(forecast: Forecast, words: Wording, audience: Audience) -> str:
    """The report's title."""
    return words.text("chart.title", title=course_title(forecast, words, audience))


def course_title(forecast: Forecast, words: Wording, audience: Audience) -> str:
    """The course's title; for patients not one that names an opioid."""
    title = forecast.course.title.strip()
    if not title or (audience == "patient" and names_agonist(title, forecast)):
        return words.text("chart.untitled")
    return title


def names_agonist(text: str, forecast: Forecast) -> bool:
    """Whether a free text names an opioid agonist in any of our languages."""
    names = [
        word
        for words in report_catalogue()["patient.opioid_words"].values()
        for word in words.split()
    ]
    for key, known in agonists().items():
        names += [key, *known.title.values()]
    names += [point.agonist for point in forecast.challenges] + [forecast.threshold.agonist]
    lowered = text.lower()
    return any(name.lower() in lowered for name in names)


def spread(values: Sequence[str]) -> str:
    """Low, median, high as ``median (low - high)``; the low end shares the percent sign."""
    low, median, high = values
    return f"{median} ({low.removesuffix(' %')} – {high})"
