"""A form as its inputs: what a template needs of each, in the reader's language."""

from __future__ import annotations

import re
from collections.abc import Mapping
from dataclasses import dataclass, field

from antagonist.feedback.state_model import PlannedOnRecord
from antagonist.report.label_text import in_language
from antagonist.web.entry.model import FormField, names
from antagonist.web.entry.options import Options, amount_text, options_of, unit_text
from antagonist.web.entry.reading import MOST_ROWS, NONE, filled_rows
from antagonist.web.forms import Form
from antagonist.web.language import Reader

LOCAL = re.compile(r"\d{4}-\d{2}-\d{2}T\d{2}:\d{2}(:\d{2})?")  # what a picker can hold
BLANK_ROWS = 2


@dataclass(frozen=True, slots=True)
class Input:
    """One input. type: as FormField has it. unit: after the number. span: of allowed numbers.

    choices: value, text and whether it is chosen. none: name, label and answer of 'there are none'.
    plain: of a time, written as text since a picker cannot hold it. grid: inputs of each result.
    rows: inputs of each row.
    """

    name: str
    label: str
    type: str
    value: str
    needed: bool
    hint: str | None
    unit: str
    span: str | None
    wrong: bool
    choices: tuple[tuple[str, str, bool], ...] = ()
    none: tuple[str, str, bool] | None = None
    plain: bool = False
    grid: tuple[Input, ...] = ()
    rows: tuple[tuple[Input, ...], ...] = ()


@dataclass(frozen=True)
class Filled:
    """A form with what stands in it. wrong: name of the input that was not right, if any.

    starts: defaults of a new row. planned: doses that an event may stand for.
    """

    typed: Mapping[str, str]
    reader: Reader
    wrong: str | None = None
    starts: Mapping[str, str] = field(default_factory=dict)
    planned: tuple[PlannedOnRecord, ...] = ()


def fits_picker(text: str) -> bool:
    """Whether a browser's picker of date and time can show a text."""
    return text == "" or LOCAL.fullmatch(text) is not None


def typed_form(sent: Form) -> dict[str, str]:
    """Everything that was typed, boxes that repeat one by one."""
    lists = {f"{name}.{value}": "yes" for name, found in sent.lists.items() for value in found}
    return {**sent, **lists}


def inputs(fields: Mapping[str, FormField], filled: Filled, prefix: str = "") -> tuple[Input, ...]:
    """The inputs of a form in order."""
    return tuple(_input(field, prefix + name, filled) for name, field in fields.items())


def _input(field: FormField, name: str, filled: Filled) -> Input:
    words, value = filled.reader.words, filled.typed.get(name, "")
    # an end of an interval and an item of a list stand in the input of the whole
    whole = field.type not in ("rows", "results") and (filled.wrong or "").startswith(f"{name}.")
    wrong = filled.wrong == name or whole
    return Input(
        name=name,
        label=in_language(field.label, words),
        type=field.type,
        value=value,
        needed=field.needed,
        hint=in_language(field.hint, words) if field.hint else None,
        unit=unit_text(field.unit, words) if field.unit else "",
        span=_span(field),
        wrong=wrong,
        choices=_choices(field, name, filled),
        none=_none(field, name, filled),
        plain=field.type == "time" and (wrong or not fits_picker(value)),
        grid=_grid(field, name, filled) if field.type == "results" else (),
        rows=_rows(field, name, filled) if field.type == "rows" else (),
    )


def _span(field: FormField) -> str | None:
    if field.low is None or field.high is None:
        return None
    return f"{field.low:g}–{field.high:g}"


def _choices(field: FormField, name: str, filled: Filled) -> tuple[tuple[str, str, bool], ...]:
    words, value = filled.reader.words, filled.typed.get(name, "")
    if field.type == "yes_no":
        yes, no = words.text("value.yes"), words.text("value.no")
        found = [("yes", yes), ("no", no)]
        if not field.needed:
            found.append(("", words.text("value.unknown")))
        return tuple((key, text, key == value) for key, text in found)
    if field.type == "several":
        options = options_of(field, words)
        return tuple((key, text, f"{name}.{key}" in filled.typed) for key, text in options)
    if field.type not in ("choice", "radios"):
        return ()
    options = _planned(filled) if field.options == "planned" else options_of(field, words)
    if value and value not in dict(options):
        options = [*options, (value, value)]
    found = options if field.needed or field.type == "choice" else [*options, _open(filled)]
    return tuple((key, text, key == value) for key, text in found)


def _open(filled: Filled) -> tuple[str, str]:
    return "", filled.reader.words.text("value.unknown")


def _planned(filled: Filled) -> Options:
    reader = filled.reader
    return [
        (
            dose.at.isoformat(),
            f"{reader.time(dose.at)}, {amount_text(dose.dose_mg, 'mg', reader.words)}",
        )
        for dose in filled.planned
    ]


def _none(field: FormField, name: str, filled: Filled) -> tuple[str, str, bool] | None:
    if field.none is None:
        return None
    text = in_language(field.none, filled.reader.words)
    return name + NONE, text, bool(filled.typed.get(name + NONE))


def _grid(field: FormField, name: str, filled: Filled) -> tuple[Input, ...]:
    results = FormField(label=field.label, type="radios", values=names().results)
    found = []
    for key, text in options_of(field, filled.reader.words):
        one = _input(results, f"{name}.{key}", filled)
        choices = (*one.choices[:-1], ("", filled.reader.say("not tested"), one.choices[-1][2]))
        found.append(
            Input(one.name, text, "radios", one.value, False, None, "", None, one.wrong, choices)
        )
    return tuple(found)


def _rows(field: FormField, name: str, filled: Filled) -> tuple[tuple[Input, ...], ...]:
    """Rows that hold something, and some blank ones with the defaults of a new row."""
    last = max(filled_rows(field, name, filled.typed), default=-1)
    shown = []
    for n in range(min(last + 1 + BLANK_ROWS, MOST_ROWS)):
        place = f"{name}.{n}."
        start = {place + key: text for key, text in filled.starts.items() if key in field.fields}
        row = Filled(
            {**start, **filled.typed}, filled.reader, filled.wrong, filled.starts, filled.planned
        )
        # in a blank row nothing has to be there yet
        free = {key: one.model_copy(update={"needed": False}) for key, one in field.fields.items()}
        shown.append(inputs(free if n > last else field.fields, row, place))
    return tuple(shown)
