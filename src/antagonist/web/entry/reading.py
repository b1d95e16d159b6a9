"""From what was typed to a payload. An empty answer is left out: unknown, never 'no'."""

from __future__ import annotations

import math
import re
from collections.abc import Callable, Collection, Mapping
from typing import Any
from zoneinfo import ZoneInfo

from antagonist.foundation.clock import parse_day, parse_time
from antagonist.foundation.data import check_known
from antagonist.foundation.errors import InputError
from antagonist.label.scores import score, score_catalogue
from antagonist.report.wording import Wording
from antagonist.web.entry.model import FormField, kinds
from antagonist.web.entry.options import options_of
from antagonist.web.entry.subjects import VALUES, fields_of
from antagonist.web.forms import Form
from antagonist.web.language import N_

MOST_ROWS = 200
ANY = "*"
NONE = ".none"  # beside a list: the answer that it is empty
ALL = "all"
YES_NO = {"yes": True, "no": False}
# All digits that a number of the record can have, so that a correction changes none by itself.
DECIMAL = re.compile(r"[+-]?\d{1,20}([.,]\d{1,25})?", re.ASCII)


def payload_of(kind: str, of: str | None, sent: Form, tz: ZoneInfo) -> dict[str, Any]:
    """The payload that a form says.

    of: what the event is about, for kinds that need it. tz: zone of clock times without offset.
    Raises InputError whose field is the input's name.
    """
    payload = read_fields(fields_of(kind, of), sent, tz)
    form = kinds()[kind]
    if of is not None and form.of_field:
        payload[form.of_field] = of
    return _scored(of, payload) if kind == "score" and of is not None else payload


def refuse_unknown(
    fields: Mapping[str, FormField],
    sent: Form,
    words: Wording,
    standing: Collection[str] = (),
    prefix: str = "",
) -> None:
    """Raises InputError for an answer out of a list of the label's own data that is not in it.

    standing: answers of the event that is corrected, which another program may have written.
    """
    for name, field in fields.items():
        place, known = prefix + name, [value for value, _ in options_of(field, words)]
        if field.type in ("choice", "radios") and known:
            answer = sent.text(place)
            if answer is not None and answer not in standing:
                check_known(answer, known, "", place)
        for n in filled_rows(field, place, sent) if field.type == "rows" else ():
            refuse_unknown(field.fields, sent, words, standing, f"{place}.{n}.")


def kept_of(kind: str, of: str | None, payload: Mapping[str, Any]) -> dict[str, Any]:
    """What a payload says that its form does not ask: a correction must not lose it."""
    asked = {*fields_of(kind, of), "values", "total", "band"}
    return {name: value for name, value in payload.items() if name not in asked}


def read_fields(
    fields: Mapping[str, FormField], sent: Form, tz: ZoneInfo, prefix: str = ""
) -> dict[str, Any]:
    """Answers by field. prefix: of the inputs' names, for rows."""
    found: dict[str, Any] = {}
    for name, field in fields.items():
        if not _applies(field, sent, prefix):
            continue
        value = READ[field.type](field, prefix + name, sent, tz)
        if value is not None:
            found[name] = value
        elif field.needed:
            raise InputError("", prefix + name, None, N_("an answer; it was left empty"))
    return found


def _applies(field: FormField, sent: Form, prefix: str) -> bool:
    for other, wanted in field.only_if.items():
        answer = sent.text(prefix + other)
        if answer is None or wanted not in (ANY, answer):
            return False
    return True


def _scored(of: str, payload: dict[str, Any]) -> dict[str, Any]:
    """A score's answers in one mapping, with the total and band that they give."""
    values = {
        name.removeprefix(VALUES): value
        for name, value in payload.items()
        if name.startswith(VALUES)
    }
    found: dict[str, Any] = {"score": payload["score"], "values": values}
    total = payload.get("total")
    if of in score_catalogue() and (values or total is not None):
        given = values if total is None else {**values, "total": total}
        try:
            result = score(of, given)
        except InputError as error:
            raise InputError("", _score_field(error.field), error.value, error.allowed) from None
        total = result.value
        if result.band is not None:
            found["band"] = result.band
    if total is not None:
        found["total"] = total
    return found


def _score_field(field: str) -> str:
    last = field.split(".")[-1]
    return last if last in ("total", "score") else VALUES + last


def _text(_field: FormField, name: str, sent: Form, _tz: ZoneInfo) -> str | None:
    return sent.text(name)


def _number(field: FormField, name: str, sent: Form, _tz: ZoneInfo) -> float | None:
    found = sent.text(name)
    if found is None:
        return None
    if not DECIMAL.fullmatch(found):
        raise InputError("", name, found, N_("a number"))
    return _in_range(field, name, float(found.replace(",", ".")))


def _whole(field: FormField, name: str, sent: Form, tz: ZoneInfo) -> int | None:
    value = _number(field, name, sent, tz)
    if value is not None and not value.is_integer():
        raise InputError("", name, sent[name], N_("a whole number"))
    return None if value is None else int(value)


def _in_range(field: FormField, name: str, value: float) -> float:
    low, high = field.low, field.high
    over = (low is not None and value < low) or (high is not None and value > high)
    if over or not math.isfinite(value):
        ends = (f"from {low:g}" if low is not None else "", f"to {high:g}" if high else "")
        allowed = " ".join(("a number", *(end for end in ends if end)))
        raise InputError("", name, value, allowed)
    return value


def _choice(field: FormField, name: str, sent: Form, _tz: ZoneInfo) -> str | int | None:
    found = sent.text(name)
    if found is None:
        return None
    if field.values and found not in field.values:
        raise InputError("", name, found, "one of " + ", ".join(field.values))
    if not field.whole:
        return found
    if not (found.isascii() and found.isdecimal()):
        raise InputError("", name, found, "a whole number")
    return int(found)


def _yes_no(_field: FormField, name: str, sent: Form, _tz: ZoneInfo) -> bool | None:
    found = sent.text(name)
    if found is not None and found not in YES_NO:
        raise InputError("", name, found, N_("yes or no; empty = not known"))
    return None if found is None else YES_NO[found]


def _day(_field: FormField, name: str, sent: Form, _tz: ZoneInfo) -> str | None:
    found = sent.text(name)
    return None if found is None else parse_day(found, field=name).isoformat()


def _time(_field: FormField, name: str, sent: Form, tz: ZoneInfo) -> str | None:
    found = sent.text(name)
    return None if found is None else parse_time(found, tz, field=name).isoformat()


def _approximate(
    _field: FormField, name: str, sent: Form, _tz: ZoneInfo
) -> str | dict[str, str] | None:
    found = sent.text(name)
    if found is None or ".." not in found:
        return found
    first, _, last = found.partition("..")
    return {"from": first.strip(), "to": last.strip()}


def _lines(field: FormField, name: str, sent: Form, _tz: ZoneInfo) -> list[str] | None:
    found = [line.strip() for line in (sent.text(name) or "").splitlines() if line.strip()]
    return _stated(field, name, sent, found)


def _words(_field: FormField, name: str, sent: Form, _tz: ZoneInfo) -> list[str] | None:
    found = [part.strip() for part in re.split(r"[,;]", sent.text(name) or "") if part.strip()]
    return found or None


def _several(_field: FormField, name: str, sent: Form, _tz: ZoneInfo) -> list[str] | str:
    found = list(sent.lists.get(name, ()))
    return ALL if ALL in found else found


def _results(_field: FormField, name: str, sent: Form, _tz: ZoneInfo) -> dict[str, str] | None:
    start = f"{name}."
    found = {key.removeprefix(start): v for key, v in sent.items() if v and key.startswith(start)}
    return found or None


def _rows(field: FormField, name: str, sent: Form, tz: ZoneInfo) -> list[dict[str, Any]] | None:
    found = [
        read_fields(field.fields, sent, tz, f"{name}.{n}.") for n in filled_rows(field, name, sent)
    ]
    return _stated(field, name, sent, found)


def filled_rows(field: FormField, name: str, sent: Mapping[str, str]) -> list[int]:
    """Numbers of the rows in which something was typed beside what stood there by default."""
    asked = [key for key, one in field.fields.items() if one.default is None]
    return [n for n in range(MOST_ROWS) if any(sent.get(f"{name}.{n}.{key}") for key in asked)]


def _stated(field: FormField, name: str, sent: Form, found: list[Any]) -> list[Any] | None:
    """A list, empty only where somebody said so: an empty form is no answer."""
    none = sent.text(name + NONE) is not None
    if found and none:
        raise InputError("", name, None, N_("entries, or that there are none; not both"))
    if not found and field.none is not None and not none:
        raise InputError("", name, None, N_("entries, or that there are none"))
    return found if found or none else None


READ: Mapping[str, Callable[[FormField, str, Form, ZoneInfo], Any]] = {
    "text": _text, "area": _text, "number": _number, "whole": _whole, "choice": _choice,
    "radios": _choice, "yes_no": _yes_no, "day": _day, "time": _time,
    "approximate": _approximate, "lines": _lines, "words": _words, "several": _several,
    "results": _results, "rows": _rows,
}  # fmt: skip
