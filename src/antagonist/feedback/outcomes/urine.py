"""Urine samples as outcomes: a result a day, and the share negative under each rule of missing."""

from __future__ import annotations

from collections.abc import Iterable, Sequence
from dataclasses import dataclass
from datetime import date, datetime, timedelta
from typing import Literal, NamedTuple

from antagonist.feedback.events import Event
from antagonist.feedback.outcomes.intervals import Share, share
from antagonist.feedback.payloads.parts import urine_test
from antagonist.label import urine
from antagonist.label.patient import parse_patient

SOURCE = "record"
Result = Literal["negative", "positive", "unclear"]
ORDER: tuple[Result, ...] = ("positive", "negative", "unclear")


class Sample(NamedTuple):
    """A day's urine for opioids. unclear: invalid, dilute, or waiting for mass spectrometry."""

    on: date
    result: Result


class Window(NamedTuple):
    """A scheduled test: its days, first to last, and what came of it; None = missing."""

    first: date
    last: date
    result: Result | None


@dataclass(frozen=True, slots=True)
class UrineNegative:
    """Share of tests negative for opioids. Never one number alone: worst case, observed, best case.

    scheduled = negative + positive + unclear + missing. worst: missing and unclear count as
    positive. observed: of those with a clear result. best: missing and unclear count as negative.
    """

    scheduled: int
    negative: int
    positive: int
    unclear: int
    missing: int
    worst: Share
    observed: Share
    best: Share


def samples_of(events: Iterable[Event], at: datetime) -> tuple[Sample, ...]:
    """Results by day, oldest first. events: urine tests. at: aware, in the clinic's zone.

    A sample read by both methods goes by mass spectrometry; of several samples of a day a positive
    one counts.
    """
    tests = [urine_test(event.payload, SOURCE) for event in events]
    if not tests:
        return ()
    content = {"patient": SOURCE, "timezone": "UTC", "urine_tests": tests}
    days: dict[date, list[urine.Sample]] = {}
    for sample in urine.samples(parse_patient(content, SOURCE), at):
        if sample.results:
            days.setdefault(sample.taken.latest.astimezone(at.tzinfo).date(), []).append(sample)
    return tuple(Sample(day, _read(found)) for day, found in sorted(days.items()))


def _read(samples: Sequence[urine.Sample]) -> Result:
    confirmed = [s for s in samples if s.method == "mass_spectrometry"]
    settled = {name for s in confirmed for name in s.results}
    found = {_result(s, settled if s not in confirmed else set()) for s in samples}
    return next((result for result in ORDER if result in found), "negative")


def _result(sample: urine.Sample, settled: set[str]) -> Result:
    """One sample. settled: classes that mass spectrometry of the same day has read."""
    waiting = False
    words: set[str] = set()
    for name, lines in sample.results.items():
        if name in settled:
            continue
        here = set(lines.values())
        if name == "oxycodone" and sample.method == "immunoassay" and "positive" in here:
            # a metabolite of naltrexone turns it positive (measures 6): not yet use
            waiting = True
            here.discard("positive")
        words |= here
    if "positive" in words:
        return "positive"
    if waiting or "invalid" in words or sample.dilute:
        return "unclear"
    return "negative"


def scheduled(
    samples: Sequence[Sample], first: date, last: date, every_days: int
) -> tuple[Window, ...]:
    """Scheduled tests: one in each ``every_days`` from first on, whole windows only.

    Of several samples in a window a positive one counts, then a negative one.
    """
    found = []
    begin, span = first, timedelta(days=every_days - 1)
    while begin + span <= last:
        here = {s.result for s in samples if begin <= s.on <= begin + span}
        result = next((r for r in ORDER if r in here), None)
        found.append(Window(begin, begin + span, result))
        begin += timedelta(days=every_days)
    return tuple(found)


def urine_negative(windows: Sequence[Window]) -> UrineNegative:
    """Share negative under each rule. Source: Comer 2006 (worst case, observed), bounds."""
    counts = {r: sum(w.result == r for w in windows) for r in (*ORDER, None)}
    negative, positive = counts["negative"], counts["positive"]
    unclear, missing, n = counts["unclear"], counts[None], len(windows)
    return UrineNegative(
        n, negative, positive, unclear, missing,
        worst=share(negative, n),
        observed=share(negative, negative + positive),
        best=share(n - positive, n),
    )  # fmt: skip
