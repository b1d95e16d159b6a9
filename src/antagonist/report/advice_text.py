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
# The other reasons are of the present regimen and of the table's own figures.
_OWN_REASONS = frozenset(("taking", "taken_surely", "source", "no_label"))


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
        why = [_reason(e, days, words) for e in proposal.evidence if e.reason in _OWN_REASONS]
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
    told = [_present_line(found, words)]
    if not plans.proposals:
        told.append(words.text("own.no_proposals"))
    told.append(
        words.text(
            "own.target", percent=percent(target.keep_blocked), share=percent(target.share),
            percentile=plain(target.percentile, words.language),
        )
    )  # fmt: skip
    return told


def _present_line(found: Learned, words: Wording) -> str:
    """What the present regimen keeps, in this patient and in a new one, and by which levels."""
    plans = found.advice.regimens
    if plans is None or plans.present is None:
        return words.text("own.no_present")
    usual, levels = plans.new_patient, found.own.known.levels
    days = _days([x.id for x in levels if x.id is not None], days_of(found), words)
    return words.text(
        "own.needed" if plans.needed else "own.not_needed",
        kept=percent(plans.present.kept_share),
        usual="–" if usual is None else percent(usual.kept_share),
        events=words.text("own.events_levels", days=days) if days else "",
    )


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
    events = [(x.id, x.time_h) for x in known.levels] + [(x.id, x.time_h) for x in known.doses]
    return {name: to_local(origin, time_h, tz) for name, time_h in events if name is not None}


def _reason(one: Evidence, days: Mapping[str, datetime], words: Wording) -> str:
    key = f"own.reason.{one.reason}"
    match one.reason:
        case "taking":
            shown = _days(one.events, days, words)
            events = words.text("own.events_doses", days=shown) if shown else ""
            share, doses = percent(float(one.figures["share"])), round(float(one.figures["doses"]))
            return words.text(key, share=share, doses=doses, events=events)
        case "source":
            read = words.name("provenance", str(one.figures["provenance"]))
            return words.text(key, source=one.figures["source"], provenance=read)
        case _:
            return words.text(key)


def _days(events: Iterable[str], days: Mapping[str, datetime], words: Wording) -> str:
    """Days of events in order, each once."""
    return ", ".join(
        date_text(day, words) for day in sorted({days[e].date() for e in events if e in days})
    )
