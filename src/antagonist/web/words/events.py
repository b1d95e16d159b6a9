"""An event in one line of words, in the reader's language."""

from __future__ import annotations

from collections.abc import Callable, Iterator, Mapping, Sequence
from datetime import date, datetime
from typing import Any

from antagonist.feedback.answering import answers_in
from antagonist.feedback.events import Event
from antagonist.feedback.payloads.registry import upgraded
from antagonist.label.scores import score_catalogue
from antagonist.report.label_dates import date_text, when_text
from antagonist.report.label_text import in_language, product_title
from antagonist.web.entry.model import FormField, KindForm, kinds, names
from antagonist.web.entry.options import amount_text, options_of
from antagonist.web.entry.subjects import VALUES, fields_of, possible, subject_title
from antagonist.web.language import N_, Reader
from antagonist.web.words.alarms import alarm_said

Payload = Mapping[str, Any]
# Fields of a payload by which its amounts are measured.
UNIT_OF: Mapping[str, str] = {
    "value": "unit", "upper_limit": "unit", "creatinine": "creatinine_unit",
}  # fmt: skip
DECIDED: Mapping[str, str] = {
    "screen": N_("screening"),
    "plan": N_("plan"),
    "alarm": N_("alarms"),
    "forecast": N_("forecast"),
}


def kind_name(kind: str, reader: Reader) -> str:
    """A kind of event by name; its own id for one that is not known here."""
    known = kinds().get(kind)
    return in_language(known.title, reader.words) if known else kind.replace("_", " ")


def said(event: Event, reader: Reader) -> str:
    """An event: its kind, then what it says with units. Its time is not in it."""
    payload = upgraded(event.kind, event.version, event.payload)
    own = _OWN.get(event.kind)
    if own is None:
        return said_payload(event.kind, payload, reader)
    return _joined(kind_name(event.kind, reader), own(event, payload, reader))


def said_payload(kind: str, payload: Mapping[str, Any], reader: Reader) -> str:
    """What an event of a kind would say. payload: of the newest version."""
    form = kinds()[kind]
    subject = str(payload.get(form.of_field, "")) if form.of_field else ""
    head = kind_name(kind, reader)
    if subject:
        head += f": {_subject(kind, subject, reader)}"
    parts = list(_parts(_fields(kind, form, subject), payload, reader))
    if kind == "score" and "band" in payload:
        parts.insert(0, _band(subject, payload["band"], reader))
    return _joined(head, parts)


def _joined(head: str, parts: Sequence[str]) -> str:
    return f"{head}: {'; '.join(parts)}" if parts else head


def verdicts(payload: Mapping[str, Any], reader: Reader) -> list[str]:
    """Verdicts of a decision's answers with what they are about, each once."""
    found = []
    for answer in answers_in(payload["result"]):
        verdict, about = answer.get("verdict"), answer.get("product")
        if verdict is not None:
            named = "" if about is None else f"{product_title(str(about), reader.words)}: "
            found.append(named + reader.words.text(f"verdict.{verdict}"))
    return list(dict.fromkeys(found))


def _decision(_event: Event, payload: Payload, reader: Reader) -> list[str]:
    return [reader.say(DECIDED[str(payload["what"])]), *verdicts(payload, reader)]


def _alarm(event: Event, payload: Payload, reader: Reader) -> list[str]:
    alarm = alarm_said(payload, event.occurred_at, reader)
    return [alarm.severity_text, alarm.sentence]


def _plan(_event: Event, payload: Payload, reader: Reader) -> list[str]:
    plan = payload.get("plan")
    named = reader.say("none from here on")
    if plan is not None:
        named = product_title(str(plan["product"]), reader.words)
    reason = payload.get("reason")
    return [named] if reason is None else [named, f"«{reason}»"]


# Kinds whose line is more than their fields one after another.
_OWN: Mapping[str, Callable[[Event, Payload, Reader], list[str]]] = {
    "decision": _decision, "alarm_raised": _alarm, "plan_change": _plan,
}  # fmt: skip


def _fields(kind: str, form: KindForm, subject: str) -> Mapping[str, FormField]:
    known = not form.of_field or subject in possible(kind)
    return fields_of(kind, subject) if known else form.fields


def _subject(kind: str, subject: str, reader: Reader) -> str:
    try:
        return in_language(subject_title(kind, subject), reader.words)
    except KeyError:
        return subject.replace("_", " ")


def _band(score: str, band: str, reader: Reader) -> str:
    sets = score_catalogue()[score].band_sets if score in score_catalogue() else ()
    titles = {one.id: one.title for group in sets for one in group.bands}
    return in_language(titles[band], reader.words) if band in titles else band


def _parts(
    fields: Mapping[str, FormField], payload: Mapping[str, Any], reader: Reader
) -> Iterator[str]:
    rest = dict(payload)
    if "total" in rest:
        rest["values"] = {}  # the line says the total; the sheet is the event's own page
    for name, field in fields.items():
        inside = rest.get("values") if name.startswith(VALUES) else rest
        value = (inside or {}).get(name.removeprefix(VALUES))
        if value is None:
            continue
        unit = rest.get(UNIT_OF.get(name, ""))
        if unit is not None and field.type == "number":
            text = amount_text(float(value), unit, reader.words)
        elif name in UNIT_OF.values():
            continue
        else:
            text = value_text(field, value, reader)
        yield text if field.bare else f"{_inline(in_language(field.label, reader.words))}: {text}"


def _inline(label: str) -> str:
    """A label within a line; an abbreviation keeps its capitals."""
    return label if label[1:2].isupper() or label[1:2] == "-" else label[0].lower() + label[1:]


def value_text(field: FormField, value: Any, reader: Reader) -> str:
    """An answer in words."""
    words = reader.words
    if isinstance(value, bool):
        return words.text("value.yes" if value else "value.no")
    if field.type == "rows":
        return "; ".join(", ".join(_parts(field.fields, row, reader)) for row in value) or _none(
            reader
        )
    if field.type == "results":
        named = dict(options_of(field, words))
        texts = (
            f"{named.get(name, name)} {in_language(names().results[result], words)}"
            for name, result in value.items()
        )
        return ", ".join(texts)
    if isinstance(value, list | tuple):
        named = dict(options_of(field, words))
        return ", ".join(named.get(one, str(one)) for one in value) or _none(reader)
    if isinstance(value, Mapping):
        return when_text(f"{value['from']}..{value['to']}", words)
    if isinstance(value, int | float):
        return amount_text(float(value), field.unit, words)
    return _text(field, str(value), reader)


def _none(reader: Reader) -> str:
    return reader.words.text("value.none")


def _text(field: FormField, value: str, reader: Reader) -> str:
    if field.type == "area":
        return f"«{value}»"
    if field.options and field.options.startswith("products"):
        return product_title(value, reader.words)
    if field.type == "day":
        return date_text(date.fromisoformat(value), reader.words)
    if field.type == "time" or field.options == "planned":
        return _moment(value, reader)
    if field.type == "approximate":
        return when_text(value, reader.words)
    return dict(options_of(field, reader.words)).get(value, value)


def _moment(value: str, reader: Reader) -> str:
    try:
        at = datetime.fromisoformat(value)
    except ValueError:
        return value
    return reader.time(at) if at.tzinfo else when_text(value, reader.words)
