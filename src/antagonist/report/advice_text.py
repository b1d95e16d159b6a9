"""What to consider by a patient's own model, in lines and tables: sampling and regimens."""

from __future__ import annotations

from collections.abc import Iterable, Mapping
from datetime import datetime

from antagonist.feedback.acting.advice import Advice
from antagonist.feedback.acting.learned import Learned
from antagonist.feedback.acting.replan import Evidence, Proposal
from antagonist.foundation.clock import to_local
from antagonist.label.regimens import regimens
from antagonist.planning.search_model import Candidate
from antagonist.report.figures_page import Table
from antagonist.report.label_dates import date_text, local_text
from antagonist.report.label_text import in_language
from antagonist.report.numbers import percent, plain
from antagonist.report.own_model_text import SUBSTANCE, headed, own_clock
from antagonist.report.phrases import spread
from antagonist.report.wording import Wording

# Samples that are shown of each substance.
MOST_SAMPLES = 3


def sampling_table(found: Learned, words: Wording) -> Table | None:
    """The samples that would narrow the end of protection most; None where none would."""
    advice = found.advice
    if not useful(advice):
        return None
    clock, now_h = own_clock(found, words), advice.after.course.as_of_h
    rows = []
    for substance, key in SUBSTANCE.items():
        own = [s for s in advice.sampling or () if s.output == substance]
        for sample in own[:MOST_SAMPLES]:
            time = clock.moment(sample.time_h)
            width, error = (_hours(x, words) for x in (sample.width_h, sample.mc_error_h))
            rows.append(
                [
                    words.text("own.now", time=time) if sample.time_h == now_h else time,
                    words.text(key),
                    words.text("own.hours_error", value=width, error=error),
                    words.text("own.hours", value=_hours(sample.width_now_h, words)),
                ]
            )
    names = headed(words, "time", "substance", "width", "width_now")
    return Table(words.text("own.sampling"), names, rows)


def useful(advice: Advice) -> bool:
    """Whether a sample would narrow the end of protection by more than its Monte Carlo error."""
    return any(s.width_h + 2 * s.mc_error_h < s.width_now_h for s in advice.sampling or ())


def _hours(value_h: float, words: Wording) -> str:
    return plain(round(value_h, 1), words.language)


def sampling_lines(found: Learned, words: Wording) -> list[str]:
    """What was looked at, or why no sample is proposed."""
    advice = found.advice
    if advice.sampling is None:
        return [words.text("own.over")]
    window, until = advice.window, local_text(advice.window.until, words)
    if window.visiting is None:
        told = words.text("own.window_any", until=until)
    else:
        names = words.lists("weekdays")
        days = ", ".join(names[day] for day in sorted(window.visiting.weekdays))
        told = words.text(
            "own.window_habit", until=until, days=days,
            **{"from": window.visiting.from_hour, "to": window.visiting.until_hour},
        )  # fmt: skip
    return [told] if useful(advice) else [f"{words.text('own.no_gain')} {told}"]


def regimen_table(found: Learned, words: Wording) -> Table | None:
    """The present regimen and what could stand in its place; None where none is proposed."""
    plans = found.advice.regimens
    if plans is None or not plans.proposals:
        return None
    days = days_of(found)
    rows = []
    if plans.present is not None:
        title = words.text("own.present", title=_title(plans.present, words))
        rows.append([title, _kept(plans.present), "–", "–"])
    for proposal in plans.proposals:
        title = _title(proposal.candidate, words)
        why = [_reason(one, days, words) for one in proposal.evidence]
        rows.append(
            [
                title if proposal.reaches else words.text("own.not_reached", title=title),
                _kept(proposal.candidate),
                _gain(proposal, words),
                "; ".join(why),
            ]
        )
    names = headed(words, "regimen", "keeps", "gain", "why")
    return Table(words.text("own.regimens"), names, rows)


def regimen_lines(found: Learned, words: Wording) -> list[str]:
    """The target and whether the present regimen keeps it, or why nothing is proposed."""
    advice = found.advice
    plans, target = advice.regimens, advice.target
    if plans is None or target is None:
        return [words.text(f"own.why_not.{advice.why_not}")] if advice.why_not else []
    keys = {None: "own.no_present", True: "own.needed", False: "own.not_needed"}
    told = [words.text(keys[plans.needed])]
    if not plans.proposals:
        told.append(words.text("own.no_proposals"))
    told.append(
        words.text(
            "own.target", percent=percent(target.keep_blocked), share=percent(target.share),
            percentile=plain(target.percentile, words.language),
        )
    )  # fmt: skip
    return told


def _title(candidate: Candidate, words: Wording) -> str:
    known = regimens().get(candidate.regimen or "")
    return candidate.regimen or "–" if known is None else in_language(known.title, words)


def _kept(candidate: Candidate) -> str:
    low, median, high = (percent(x) for x in candidate.protected_share)
    return spread([low, median, high])


def _gain(proposal: Proposal, words: Wording) -> str:
    if proposal.gain is None:
        return "–"
    points = round(100 * proposal.gain)
    return words.text("own.points", sign="+" if points >= 0 else "−", value=abs(points))


def days_of(found: Learned) -> Mapping[str, datetime]:
    """When each event happened that a proposal may stand on, local, by its id."""
    known, tz, origin = found.own.known, found.read.origin.tzinfo, found.read.origin
    assert tz is not None
    events = [(x.id, x.time_h) for x in (*known.levels, *known.doses)]
    return {name: to_local(origin, time_h, tz) for name, time_h in events if name is not None}


def _reason(one: Evidence, days: Mapping[str, datetime], words: Wording) -> str:
    key = f"own.reason.{one.reason}"
    shown = _days((days[e] for e in one.events if e in days), words)
    match one.reason:
        case "present_keeps" | "new_patient_keeps" | "proposal_keeps":
            events = words.text("own.events_levels", days=shown) if shown else ""
            return words.text(key, kept=percent(float(one.figures["kept"])), events=events)
        case "taking":
            events = words.text("own.events_doses", days=shown) if shown else ""
            share, doses = percent(float(one.figures["share"])), round(float(one.figures["doses"]))
            return words.text(key, share=share, doses=doses, events=events)
        case "source":
            read = words.name("provenance", str(one.figures["provenance"]))
            return words.text(key, source=one.figures["source"], provenance=read)
        case _:
            return words.text(key)


def _days(moments: Iterable[datetime], words: Wording) -> str:
    """Days in order, each once."""
    return ", ".join(date_text(day, words) for day in sorted({m.date() for m in moments}))
