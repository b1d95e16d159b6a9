"""Every field of every kind of event is sent what does not belong there, by program and by form.

Each value is tried where pages and API write; one of each field also goes the whole way. The fields
come from the payloads' models and the forms' data: a new one is walked by itself, and a text of
which neither says what it is fails here until ``TOLD`` says so.
"""

from __future__ import annotations

import itertools
import json
import math
from collections.abc import Iterable, Iterator, Mapping
from datetime import UTC, datetime
from typing import Any
from zoneinfo import ZoneInfo

import pytest
from starlette.datastructures import FormData
from tests.support.clinics import OpenClinic, text_of
from tests.support.counting import counts
from tests.support.misfits import (
    NO_NAME,
    NOT_DAYS,
    NOT_NUMBERS,
    NOT_SEEN,
    NOT_TIMES,
    TOO_LONG,
    Path,
    Told,
    as_json,
    misfits,
    places,
    with_value,
)
from tests.support.page_forms import named_in, page_forms
from tests.support.record_entries import ENTRIES, WHEN, Entry

from antagonist.feedback.events import NewEvent
from antagonist.feedback.payloads import check_types, checked_payload
from antagonist.feedback.payloads.registry import MODELS, NEWEST
from antagonist.foundation.clock import parse_time
from antagonist.foundation.errors import InputError
from antagonist.web.actions.recording import input_name
from antagonist.web.answers import PROBLEM
from antagonist.web.entry.model import FormField
from antagonist.web.entry.reading import payload_of, refuse_unknown
from antagonist.web.entry.subjects import fields_of
from antagonist.web.forms import _form, new_key
from antagonist.web.language import Reader

AT = datetime(2026, 5, 1, 8, 30, tzinfo=UTC)
TOLD = Told(
    words=frozenset((
        "note", "reason", "observed_by", "given_by", "done_by", "reported_by", "source", "lot",
        "needle", "site", "text", "words", "amount", "rule", "to", "term", "ctcae_version", "route",
        "opioid", "band", "name", "dose", "unrelated", "ingredients",
    )),
    names=frozenset((
        "product", "test", "fact", "score", "item", "unit", "creatinine_unit", "organ_system",
        "asked_about",
    )),
    days=frozenset((
        "asked_on", "last_use", "last_drink", "date", "taken", "at", "from", "removed",
        "release_ended",
    )),
)  # fmt: skip
# Fields whose values depend on what the event is about: what does not belong there.
OWN: Mapping[str, Mapping[str, tuple[Any, ...]]] = {
    "lab/alt": {"value": ("40", "x", True, -1, 10**30, math.nan, math.inf)},
    "lab/pregnancy_test": {"value": (1, True, "maybe", "")},
    "fact/hepatitis": {"value": (1, True, "maybe", "")},
    "fact/weight_kg": {"value": ("80", "x", True, -1, 10**30, math.nan, math.inf)},
    "rating/works": {"value": ("8", True, 11, -1, 10**30, math.nan)},
    "rating/liver_complaint": {"value": ("no", 0, 1, "")},
}
ENDS = ("from", "to")
TOGETHER = {"first": "last", "last": "first"}
NOT_DATES = (*NOT_DAYS[:3], NOT_DAYS[5], "tomorrow", "2026-05-01..tomorrow")
TURN = itertools.count()
Case = tuple[str, Any, dict[str, Any]]
PARAMS = [pytest.param(entry, id=entry.path) for entry in ENTRIES]


@pytest.fixture(scope="module")
def patient(clinic: OpenClinic) -> str:
    return clinic.patient()


def wrong_payloads(entry: Entry) -> Iterator[tuple[str, Any, dict[str, Any]]]:
    """A field, a value that does not belong there, and the payload with it."""
    kind = entry.path.split("/")[0]
    schema = MODELS[kind][NEWEST[kind]].model_json_schema()
    for place, said in places(schema, entry.payload):
        name = named(place)
        own = OWN.get(entry.path, {}).get(name)
        for value in misfits(name, said, schema, TOLD) if own is None else own:
            yield name, value, with_value(entry.payload, place, value)


def named(place: Path) -> str:
    """The field that an error of a place has to name: of an interval's ends the whole."""
    names = [part for part in place if isinstance(part, str)]
    return names[-2] if names[-1] in ENDS and len(names) > 1 else names[-1]


@pytest.mark.parametrize("entry", PARAMS)
def test_no_payload_takes_what_does_not_belong(entry: Entry) -> None:
    kind, wrong = entry.path.split("/")[0], list[tuple[str, ...]]()
    for name, value, payload in wrong_payloads(entry):
        try:
            read = json.loads(as_json(payload))
            check_types(kind, read)
            checked_payload(NewEvent(kind, AT, read, NEWEST[kind]))
        except InputError as error:
            if not names_it(error.field, name):
                wrong.append((name, str(value)[:40], error.field, error.allowed[:60]))
        else:
            wrong.append((name, str(value)[:40], "taken"))
    assert not wrong, "\n".join(map(str, wrong))


def names_it(field: str, name: str) -> bool:
    """Whether an error's field is the one that is wrong, or what it has to fit together with."""
    return bool({name, TOGETHER.get(name)} & set(field.replace("[", ".").split(".")))


@pytest.mark.parametrize("entry", PARAMS)
def test_programs_are_told_which_field(clinic: OpenClinic, patient: str, entry: Entry) -> None:
    program, before = clinic.program("nurse"), counts(clinic) | {"tokens": 0}
    for name, value, payload in one_of_each(wrong_payloads(entry)):
        body = {"kind": entry.path.split("/")[0], "occurred_at": f"{WHEN}:00Z", "payload": payload}
        headers = {"Idempotency-Key": f"walked {next(TURN)}", "Content-Type": "application/json"}
        answer = program.post(
            f"/api/v1/patients/{patient}/events", content=as_json(body), headers=headers
        )
        assert answer.status_code == 422, (name, value, answer.text)
        assert answer.headers["content-type"] == PROBLEM
        assert all(names_it(e["field"], name) for e in answer.json()["errors"]), (name, value)
    assert counts(clinic) | {"tokens": 0} == before


def one_of_each(cases: Iterable[Case]) -> Iterator[Case]:
    """One case of each field, another kind of value from field to field."""
    by_field: dict[str, list[Case]] = {}
    for case in cases:
        by_field.setdefault(case[0], []).append(case)
    for found in by_field.values():
        yield found[next(TURN) % len(found)]


def wrong_forms(entry: Entry) -> Iterator[tuple[str, Any, dict[str, Any]]]:
    """An input of a form, what does not belong there, and the form with it."""
    kind, _, of = entry.path.partition("/")
    typed = {"occurred_at": WHEN, **entry.typed}
    for value in (*NOT_TIMES, ""):
        yield "occurred_at", value, {**typed, "occurred_at": value}
    for name, asked in inputs_of(fields_of(kind, of or None), typed):
        base = typed | applying(name, asked, typed)
        for value in typed_misfits(asked):
            yield name, value, with_typed(base, name, asked, value)


def inputs_of(
    fields: Mapping[str, FormField], typed: Mapping[str, str], prefix: str = ""
) -> Iterator[tuple[str, FormField]]:
    """Every input of a form, those of the first row among them."""
    for name, asked in fields.items():
        if asked.type == "rows":
            assert any(key.startswith(f"{prefix}{name}.") for key in typed), f"no row of {name}"
            if f"{prefix}{name}.none" not in typed:
                yield from inputs_of(asked.fields, typed, f"{prefix}{name}.0.")
        elif asked.type == "results":
            yield from ((f"{prefix}{name}.{one}", asked) for one in ("morphine", NO_NAME))
        else:
            yield prefix + name, asked


def applying(name: str, asked: FormField, typed: Mapping[str, str]) -> dict[str, str]:
    """Answers without which an input is not read."""
    prefix = f"{name.rpartition('.')[0]}." if ".0." in name else ""
    found = {}
    for other, answer in asked.only_if.items():
        place = prefix + other
        if answer != "*":
            found[place] = answer
        elif not typed.get(place):
            found[place] = "1"
    return found


def typed_misfits(asked: FormField) -> Iterator[str]:
    """What does not belong in an input, by its type."""
    yield from NOT_SEEN[::2]  # a browser cannot send half of a character
    if asked.needed and asked.type != "results":
        yield ""
    if asked.type in ("number", "whole"):
        yield from NOT_NUMBERS
        yield from ("1.5",) if asked.type == "whole" else ()
    elif asked.type == "day":
        yield from NOT_DAYS
    elif asked.type == "time" or asked.options == "planned":
        yield from NOT_TIMES
    elif asked.type == "approximate":
        yield from NOT_DATES
    elif asked.type in ("text", "area", "lines", "words"):
        yield TOO_LONG
    else:
        yield from (NO_NAME, "5.5", "\u0661")


def with_typed(typed: Mapping[str, Any], name: str, asked: FormField, value: str) -> dict[str, Any]:
    """A form with another answer."""
    return {**typed, f"{name}[]" if asked.type == "several" else name: value}


@pytest.mark.parametrize("entry", PARAMS)
def test_no_form_takes_what_does_not_belong(clinic: OpenClinic, entry: Entry) -> None:
    kind, _, of = entry.path.partition("/")
    wrong, tz = list[tuple[str, ...]](), ZoneInfo("Europe/Moscow")
    words = Reader("en", clinic.clinic.tz).words
    for name, value, typed in wrong_forms(entry):
        data = FormData(typed)
        try:
            sent = _form(data)
            at = parse_time(sent.needed("occurred_at"), tz, field="occurred_at")
            payload = payload_of(kind, of or None, sent, tz)
            refuse_unknown(fields_of(kind, of or None), sent, words)
            check_types(kind, payload)
            checked_payload(NewEvent(kind, at, payload, NEWEST[kind]))
        except InputError as error:
            if not names_it(input_name(error.field), name.rpartition(".")[2]):
                wrong.append((name, value[:40], error.field, error.allowed[:60]))
        else:
            wrong.append((name, value[:40], "taken"))
    assert not wrong, "\n".join(map(str, wrong))


@pytest.mark.parametrize("entry", PARAMS)
def test_people_are_told_which_input(clinic: OpenClinic, patient: str, entry: Entry) -> None:
    browser, before = clinic.browser("nurse"), counts(clinic)
    expected = str(len(clinic.clinic.record.all(patient)))
    for name, value, typed in one_of_each(wrong_forms(entry)):
        answer = browser.post(
            f"/patients/{patient}/record/{entry.path}", expected=expected, **typed
        )
        assert answer.status_code == 422, (name, value, text_of(answer))
        assert names_it(named_in(answer.text), name.rpartition(".")[2]), (name, value)
    assert counts(clinic) == before


def test_a_correction_and_a_retraction_want_a_reason_and_a_state(
    clinic: OpenClinic, patient: str
) -> None:
    """What these forms have beside the questions of the kind, which are walked above."""
    browser = clinic.browser("nurse")
    sent = browser.post(
        f"/patients/{patient}/record/words", occurred_at=WHEN, text="x",
        expected=str(len(clinic.clinic.record.all(patient))),
    )  # fmt: skip
    event = sent.headers["location"].rpartition("/")[2]
    here, before = f"/patients/{patient}/events/{event}", counts(clinic)
    page = browser.get(f"{here}/correct").text
    for action, reason in ((f"{here}/correct", "why"), (f"{here}/retract", "taken_back")):
        (form,) = page_forms(page, action)
        assert form.types.keys() - {"csrf", "text", "occurred_at"} == {"key", "expected", reason}
        for name, values in (
            (reason, ("", *NOT_SEEN[::2], TOO_LONG)), ("expected", ("", "1.5", "-1", "nan")),
            ("key", ("", "x" * 201, *NOT_SEEN[::2])),
        ):  # fmt: skip
            for value in values:
                data = {**form.data, reason: "a reason", "key": new_key(), name: value}
                answer = browser.client.post(action, data=data)
                assert answer.status_code == 422 or (name, value) == ("expected", "-1"), (
                    name, value, answer.status_code,
                )  # fmt: skip
                assert answer.status_code == 409 or named_in(answer.text) == name, (name, value)
    assert counts(clinic) == before
