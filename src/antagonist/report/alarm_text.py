"""Alarms of a record on the terminal: what is so, who acts by when, what was answered."""

from __future__ import annotations

from collections.abc import Mapping, Sequence
from datetime import datetime, tzinfo
from typing import Any

from rich.console import Console

from antagonist.feedback.alarms.rules import AlarmRule, alarm_book, alarm_fact_types
from antagonist.feedback.events import Event
from antagonist.label.facts import FactType
from antagonist.report.label_dates import local_text
from antagonist.report.label_text import amount, in_language, label_words
from antagonist.report.wording import Wording, placeholders

STYLES = {"stop": "bold red", "urgent": "bold yellow", "soon": "yellow", "info": ""}


def print_alarm_events(
    events: Sequence[Event], console: Console, language: str, tz: tzinfo | None
) -> None:
    """Print alarms raised, withdrawn and answered, in order. tz: zone of the times shown."""
    words = label_words(language)
    if not events:
        console.print(words.text("alarm.none"), highlight=False)
    for event in events:
        if event.kind == "alarm_raised":
            _print_raised(event, console, words, tz)
        elif event.kind.startswith("alarm_"):
            what = words.text(f"alarm.{event.kind}", alarm=event.payload["alarm"])
            console.print(f"{_time(event.recorded_at, words, tz)} {what}", highlight=False)
    console.print(words.text("doc.statement"), style="dim", highlight=False)


def _print_raised(event: Event, console: Console, words: Wording, tz: tzinfo | None) -> None:
    said = event.payload
    rule = alarm_book(event.occurred_at.date()).rules.get(said["alarm"])
    severity = words.text(f"alarm.severity.{said['severity']}")
    head = f"{severity} · {said['alarm']} · {_time(event.occurred_at, words, tz)}"
    console.print(head, style=STYLES[said["severity"]], highlight=False)
    if rule is not None:
        console.print(alarm_sentence(rule, said, words), highlight=False, markup=False)
        console.print(in_language(rule.act.text, words), highlight=False, markup=False)
    for title, value in alarm_facts(said, words, tz):
        console.print(f"  {title}: {value}", style="dim", highlight=False, markup=False)
    by = words.text(
        "alarm.by",
        who=words.text(f"role.{said['who']}"),
        time=_time(datetime.fromisoformat(said["by"]), words, tz),
    )
    console.print(f"{by} [{event.event_id}]", style="dim", highlight=False, markup=False)


def alarm_facts(
    said: Mapping[str, Any], words: Wording, tz: tzinfo | None
) -> list[tuple[str, str]]:
    """Title and value of what an alarm rests on, times by the model as they were at the raising.

    said: the alarm's payload. tz: zone of the times shown.
    """
    types, lines = alarm_fact_types(), []
    for fact in said.get("facts", ()):
        kind = types.get(fact["fact"])
        title = in_language(kind.title, words) if kind else fact["fact"]
        value = _value(fact["value"], kind, words)
        if kind is not None and kind.kind == "text":
            value = _moment(value, words, tz)
        lines.append((title, value))
    return lines


def _moment(text: str, words: Wording, tz: tzinfo | None) -> str:
    """A text that is a time, shown as one."""
    try:
        return _time(datetime.fromisoformat(text), words, tz)
    except ValueError:
        return text


def alarm_sentence(rule: AlarmRule, said: Mapping[str, Any], words: Wording) -> str:
    """What is so, the values filled in. said: the alarm's payload."""
    text, types = in_language(rule.text, words), alarm_fact_types()
    values = dict.fromkeys(placeholders(text), words.text("value.unknown"))
    for fact in said.get("facts", ()):
        values[fact["fact"]] = _value(fact["value"], types.get(fact["fact"]), words)
    return text.format(**values)


def _value(value: object, kind: FactType | None, words: Wording) -> str:
    if isinstance(value, bool):
        return words.text("value.yes" if value else "value.no")
    if isinstance(value, int | float):
        return amount(float(value), (kind.unit if kind else None) or "1", words)
    title = kind.values.get(str(value)) if kind else None
    return in_language(title, words) if title else str(value)


def _time(at: datetime, words: Wording, tz: tzinfo | None) -> str:
    return local_text(at.astimezone(tz), words)
