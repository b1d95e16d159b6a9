"""An alarm's decision again, from what its event keeps."""

from __future__ import annotations

from collections.abc import Mapping
from datetime import datetime
from typing import Any
from zoneinfo import ZoneInfo

from antagonist.feedback.alarms.judging import Alarm, new_alarms
from antagonist.feedback.alarms.known import Found
from antagonist.feedback.alarms.rules import alarm_book
from antagonist.label.facts import Fact


def outcome(alarm: Alarm) -> dict[str, Any]:
    """What a decision keeps of an alarm that it raised."""
    return {
        "alarm": alarm.rule.id,
        "key": alarm.key,
        "severity": alarm.rule.severity,
        "facts": facts_kept(alarm),
        "by": alarm.by.isoformat(),
    }


def decided(asked: Mapping[str, Any], inputs: Mapping[str, Any]) -> dict[str, Any]:
    """The result of an alarm's decision again, from what its event keeps, under present rules."""
    at = datetime.fromisoformat(asked["at"]).astimezone(ZoneInfo(asked["timezone"]))
    facts = {
        name: Found(Fact(*entry["fact"]), tuple(entry["causes"]))
        for name, entry in inputs["facts"].items()
    }
    raised = {name: frozenset(causes) for name, causes in inputs["raised"].items()}
    new = new_alarms(facts, at, alarm_book(at.date()), raised)
    return {"alarms": [outcome(alarm) for alarm in new]}


def facts_kept(alarm: Alarm) -> list[dict[str, Any]]:
    """Known facts that decided an alarm or are shown beside it, with their values."""
    return [
        {"fact": use.fact, "value": use.value, **({"on": use.on} if use.on else {})}
        for use in alarm.facts
        if use.value is not None
    ]
