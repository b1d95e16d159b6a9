"""What looks wrong about a dose, in the reader's words."""

from __future__ import annotations

from collections.abc import Sequence

from antagonist.report.label_dates import date_text
from antagonist.report.label_text import amount
from antagonist.web.actions.doubts import Doubt
from antagonist.web.actions.told import Told
from antagonist.web.language import Reader
from antagonist.web.words.alarms import alarm_said


def doubts_said(doubts: Sequence[Doubt], reader: Reader) -> list[str]:
    """A sentence each."""
    return [_said(doubt, reader) for doubt in doubts]


def held_said(told: Told, reader: Reader) -> list[str]:
    """The alarm that allows no dose, where one does: at most one sentence."""
    return doubts_said([Doubt("stop", alarm=a) for a in told.state.holding_alarms[-1:]], reader)


def _said(doubt: Doubt, reader: Reader) -> str:
    words = reader.words
    if doubt.alarm is not None:
        alarm = alarm_said(doubt.alarm.payload, doubt.alarm.at, reader)
        if doubt.name == "gap":
            return f"{alarm.sentence} {alarm.act}"
        return reader.say(
            "An alarm allows no dose before the prescriber has lifted it: %(what)s",
            what=f"{alarm.severity_text}. {alarm.sentence}",
        )
    if doubt.surgery_at is not None:
        return reader.say(
            "An operation with opioids is planned for %(time)s: after this dose they may not work. "
            "Ask the planner from when doses are held.",
            time=reader.time(doubt.surgery_at),
        )
    if doubt.name == "amount":
        known = ", ".join(amount(mg, "mg", words) for mg in doubt.known_mg)
        return reader.say(
            "The amount is unusual: the label, the package and the plan name %(known)s.",
            known=known,
        )
    if doubt.on is not None:
        day = date_text(doubt.on, words)
        return reader.say("The lot had expired: it was good until %(day)s.", day=day)
    assert doubt.dose is not None
    time = reader.time(doubt.dose.at)
    if doubt.name == "again":
        mg = amount(doubt.dose.dose_mg, "mg", words)
        return reader.say(
            "A dose by this route is on record for the same day: %(mg)s, %(time)s.",
            mg=mg, time=time,
        )  # fmt: skip
    if doubt.name == "early":
        return reader.say(
            "The injection before was on %(time)s: the label has %(days)s between them.",
            time=time, days=amount(doubt.days, "d", words),
        )  # fmt: skip
    return reader.say("The injection before, on %(time)s, was on the same side.", time=time)
