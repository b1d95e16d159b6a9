"""An alarm in the reader's words: what is so, what to do, who, by when."""

from __future__ import annotations

from collections.abc import Mapping
from dataclasses import dataclass
from datetime import datetime
from typing import Any

from antagonist.feedback.alarms.rules import alarm_book
from antagonist.report.alarm_text import alarm_facts, alarm_sentence
from antagonist.report.label_text import in_language, source_text
from antagonist.web.language import Reader


@dataclass(frozen=True, slots=True)
class AlarmSaid:
    """sentence: what is so. act: what to do. who: by role. facts: title and value of each.

    rests_on: rules of the label and sources; None where the rule is of other data than ours.
    """

    rule: str
    severity: str
    severity_text: str
    sentence: str
    act: str
    who: str
    by: datetime
    facts: tuple[tuple[str, str], ...]
    rests_on: str | None


def alarm_line(payload: Mapping[str, Any], now: datetime, reader: Reader) -> str:
    """Severity and sentence of an alarm, also of what a decision keeps of it. now: as below."""
    words, rule = reader.words, alarm_book(now.date()).rules.get(str(payload["alarm"]))
    severity = words.text(f"alarm.severity.{payload['severity']}")
    said = str(payload["alarm"]) if rule is None else alarm_sentence(rule, payload, words)
    return f"{severity}: {said}"


def alarm_said(payload: Mapping[str, Any], now: datetime, reader: Reader) -> AlarmSaid:
    """An alarm by its payload.

    now: gives the day whose rule data word it; an alarm of data that we do not have is named by
    its rule's id, with its facts.
    """
    words, name = reader.words, str(payload["alarm"])
    rule = alarm_book(now.date()).rules.get(name)
    rests_on = None
    if rule is not None:
        rests_on = source_text((*rule.rules, *rule.source), rule.provenance, words)
    return AlarmSaid(
        rule=name,
        severity=str(payload["severity"]),
        severity_text=words.text(f"alarm.severity.{payload['severity']}"),
        sentence=name if rule is None else alarm_sentence(rule, payload, words),
        act="" if rule is None else in_language(rule.act.text, words),
        who=words.text(f"role.{payload['who']}"),
        by=datetime.fromisoformat(str(payload["by"])),
        facts=tuple(alarm_facts(payload, words, reader.tz)),
        rests_on=rests_on,
    )
