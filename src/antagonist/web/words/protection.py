"""The head of a patient's page: how long protection surely lasts, and what its end means."""

from __future__ import annotations

from dataclasses import dataclass
from datetime import datetime
from typing import Literal

from antagonist.report.label_text import amount
from antagonist.report.numbers import percent
from antagonist.report.phrases import threshold_text
from antagonist.web.chart import Chart
from antagonist.web.chart.model import DoseFact, Stated
from antagonist.web.language import Reader

DANGER = "overdose_danger_from"
LEAST_SHARE = 0.001  # shown as less than one per cent
Mood = Literal["holds", "over", "unknown"]


@dataclass(frozen=True, slots=True)
class Protection:
    """The statement that stands first. lines: what belongs to it, each a sentence."""

    mood: Mood
    lead: str
    lines: tuple[str, ...]


def protection(chart: Chart, reader: Reader) -> Protection:
    """'Protected until at least' if nothing more is taken, on its cautious side."""
    alone = chart.until("nothing_more")
    if chart.empty == "no_model":
        lead = reader.say(
            "How long protection lasts is not known: a product given has no published levels."
        )
        do = reader.say(
            "Count on no protection: an opioid may act in full, and any tolerance is lost."
        )
        return Protection("unknown", lead, (do,))
    if alone is None:
        lead = reader.say("Not protected: no dose of naltrexone on record acts now.")
        treated = chart.summary.last_dose is not None
        return Protection("over", lead, (_danger_now(reader),) if treated else ())
    own = chart.made.model == "own"
    lead, mood = _lead(alone, reader)
    lines = [*_until(alone, reader, own=own), _share(alone, reader, own=own)]
    planned = chart.until("with_plan")
    if planned is not None and chart.summary.doses_ahead:
        lines.append(_with_plan(planned, reader))
    danger = next((s for s in chart.stated if s.name == DANGER), None)
    if danger is not None:
        lines.append(_danger(danger, reader))
    lines.append(threshold_text(chart.threshold, reader.words, "patient"))
    lines.append(_made(reader, own=own))
    return Protection(mood, lead, tuple(lines))


def _lead(found: Stated, reader: Reader) -> tuple[str, Mood]:
    if found.state == "never":
        return reader.say("Not surely protected now."), "over"
    return _at_least(found, reader), "holds"


def _at_least(found: Stated, reader: Reader) -> str:
    if found.at is None:
        time = reader.time(found.looked_until)
        return reader.say("Protected until at least %(time)s, as far as was looked.", time=time)
    return reader.say("Protected until at least %(time)s", time=reader.time(found.at))


def _until(found: Stated, reader: Reader, *, own: bool) -> list[str]:
    """What 'at least' means: the percentile of the stated time."""
    if found.state == "never":
        return []
    n, nth = f"{100 - found.percentile:g}", f"{found.percentile:g}"
    if own:
        return [reader.say("The chance that it lasts longer is %(n)s %% (percentile %(nth)s).",
                           n=n, nth=nth)]  # fmt: skip
    return [reader.say("In %(n)s of 100 such patients it lasts longer (percentile %(nth)s).",
                       n=n, nth=nth)]  # fmt: skip


def _share(found: Stated, reader: Reader, *, own: bool) -> str:
    # of so many draws neither none nor all is sure
    share = percent(min(max(found.share_over_now, LEAST_SHARE), 1 - LEAST_SHARE))
    median = None if found.median_at is None else reader.time(found.median_at)
    if own:
        text = reader.say("The chance of being protected now is %(share)s.", share=share)
        half = "" if median is None else reader.say("It is 50 %% at %(time)s.", time=median)
    else:
        text = reader.say("%(share)s of such patients are protected now.", share=share)
        half = "" if median is None else reader.say(
            "Half of them no longer from %(time)s.", time=median
        )  # fmt: skip
    return f"{text} {half}".strip()


def _with_plan(found: Stated, reader: Reader) -> str:
    if found.state == "never":
        return reader.say("With the plan as planned: not surely protected at this hour either.")
    if found.at is None:
        time = reader.time(found.looked_until)
        return reader.say(
            "With the plan as planned: until at least %(time)s, as far as was looked.", time=time
        )
    time = reader.time(found.at)
    return reader.say("With the plan as planned: until at least %(time)s.", time=time)


def _danger(found: Stated, reader: Reader) -> str:
    if found.state == "never":
        return _danger_now(reader)
    time = reader.time(found.at or found.looked_until)
    if found.at is None:
        return reader.say(
            "Danger of overdose: later than %(time)s, as far as was looked.", time=time
        )
    return reader.say("Danger of overdose: from %(time)s.", time=time)


def _danger_now(reader: Reader) -> str:
    return reader.say(
        "Danger of overdose now: an opioid acts again and any tolerance is lost; a dose once "
        "tolerated may kill. See that naloxone is at hand."
    )


def _made(reader: Reader, *, own: bool) -> str:
    if own:
        return reader.say("By the patient's own model, learnt from measured levels.")
    return reader.say("By the model of a typical new patient like this one.")


def _fact(dose: DoseFact | None) -> tuple[datetime, float] | None:
    return None if dose is None else (dose.at, dose.dose_mg)


def _unsaid(chart: Chart) -> tuple[datetime, float] | None:
    """The last planned dose that is past and has no word on record: the next one comes after it."""
    marks = [m for m in chart.happenings if m.status == "no_word" and m.at <= chart.at]
    if not marks:
        return None
    last = max(marks, key=lambda mark: mark.at)
    return last.at, float(str(last.values["dose_mg"]))


def chart_text(chart: Chart, reader: Reader) -> str:
    """The chart in sentences, for who cannot see it."""
    summary, words = chart.summary, reader.words
    parts = []
    now = summary.now.get("blocked_subjective")
    if now is not None:
        low, middle, high = (percent(value / 100) for value in now)
        parts.append(
            reader.say(
                "Opioid effect blocked now: %(middle)s (9 of 10 patients: %(low)s to %(high)s).",
                low=low,
                middle=middle,
                high=high,
            )
        )
    for dose, which in (
        (_fact(summary.last_dose), reader.say("Last dose")),
        (_unsaid(chart), reader.say("Planned, and nobody said what became of it")),
        (_fact(summary.next_dose), reader.say("Next dose")),
    ):
        if dose is not None:
            at, dose_mg = dose
            parts.append(f"{which}: {amount(dose_mg, 'mg', words)}, {reader.time(at)}.")
    if summary.days_ahead:
        parts.append(
            reader.say(
                "Of %(n)s days to come %(unsure)s are not surely protected.",
                n=summary.days_ahead,
                unsure=summary.unsure_days,
            )
        )
    return " ".join(parts) or protection(chart, reader).lead
