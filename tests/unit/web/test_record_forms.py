"""Every form gives one event with what was typed, and keeps what was typed where it is refused."""

from __future__ import annotations

import re

import pytest
from tests.support.clinics import OpenClinic, text_of
from tests.support.page_forms import page_forms
from tests.support.record_entries import ENTRIES, WHEN, Entry

from antagonist.feedback.payloads.registry import MODELS, OWN_CALLS
from antagonist.web.actions.recording import OWN_FORM
from antagonist.web.entry.model import kinds, recordable
from antagonist.web.entry.subjects import fields_of
from antagonist.web.forms import new_key
from antagonist.web.pages.record_page import COMMON

PARAMS = [pytest.param(entry, id=entry.path) for entry in ENTRIES]


@pytest.fixture(scope="module")
def patient(clinic: OpenClinic) -> str:
    return clinic.patient()


def expected_in(page: str) -> str:
    """The number of events that a form's writer saw."""
    found = re.search(r'name="expected" value="(\d+)"', page)
    assert found is not None
    return found[1]


def events(clinic: OpenClinic, patient: str) -> int:
    return len(clinic.clinic.record.all(patient))


def test_every_kind_that_a_person_may_record_has_a_form_and_an_example() -> None:
    wanted = MODELS.keys() - OWN_CALLS - OWN_FORM
    assert recordable().keys() == wanted
    assert {entry.path.split("/")[0] for entry in ENTRIES} == wanted


@pytest.mark.parametrize("entry", PARAMS)
def test_a_form_gives_one_event(clinic: OpenClinic, patient: str, entry: Entry) -> None:
    browser = clinic.browser("nurse")
    path = f"/patients/{patient}/record/{entry.path}"
    page = browser.get(path)
    assert page.status_code == 200, text_of(page)
    before = events(clinic, patient)
    sent = browser.post(path, expected=expected_in(page.text), occurred_at=WHEN, **entry.typed)
    shown = browser.follow(sent)
    assert shown.status_code == 200
    written = [e for e in clinic.clinic.record.all(patient)[before:] if e.role == "nurse"]
    assert [(e.kind, dict(e.payload)) for e in written] == [
        (entry.path.split("/")[0], dict(entry.payload))
    ]
    assert written[0].occurred_at.isoformat() == "2026-05-01T08:30:00+00:00"


@pytest.mark.parametrize("entry", PARAMS)
def test_an_event_read_back_into_its_form_says_the_same(clinic: OpenClinic, entry: Entry) -> None:
    patient, browser = clinic.patient(number=new_key()), clinic.browser("nurse")
    path = f"/patients/{patient}/record/{entry.path}"
    n = str(events(clinic, patient))
    sent = browser.post(path, expected=n, occurred_at=WHEN, **entry.typed)
    event = sent.headers["location"].rpartition("/")[2]
    action = f"/patients/{patient}/events/{event}/correct"
    (form,) = page_forms(browser.get(action).text, action)
    corrected = browser.client.post(action, data={**form.data, "why": "typing error"})
    assert corrected.status_code == 303, text_of(corrected)
    last = [e for e in clinic.clinic.record.all(patient) if e.role == "nurse"][-1]
    assert dict(last.payload) == dict(entry.payload)
    assert (last.corrects, last.source) == (event, "clinic app; corrected: typing error")
    assert last.occurred_at.isoformat() == "2026-05-01T08:30:00+00:00"


@pytest.mark.parametrize("entry", PARAMS)
def test_a_wrong_answer_is_named_and_nothing_typed_is_lost(
    clinic: OpenClinic, patient: str, entry: Entry
) -> None:
    browser, (field, value) = clinic.browser("nurse"), entry.wrong
    before = events(clinic, patient)
    typed = {**entry.typed, field: value}
    sent = browser.post(
        f"/patients/{patient}/record/{entry.path}", key="a-key-of-mine",
        expected=str(before), occurred_at=WHEN, **typed,
    )  # fmt: skip
    assert sent.status_code == 422, text_of(sent)
    assert events(clinic, patient) == before
    assert 'value="a-key-of-mine"' in sent.text
    assert f'value="{WHEN}"' in sent.text
    for kept in typed.values():
        assert kept in sent.text
    link = re.search(r'<a href="#(f-[^"]+)">', sent.text)
    if link is not None:
        assert f'id="{link[1]}"' in sent.text


def test_what_is_needed_is_named_in_the_readers_language(own_clinic: OpenClinic) -> None:
    patient = own_clinic.patient()
    own_clinic.reads("nurse", "ru")
    sent = own_clinic.browser("nurse").post(
        f"/patients/{patient}/record/dose", expected="1", occurred_at=WHEN, dose_mg="50"
    )
    assert sent.status_code == 422
    assert '<a href="#f-status">Как принята</a>' in sent.text
    assert "ответ: поле не заполнено" in text_of(sent)
    assert re.search(r'id="f-status" aria-invalid="true"', sent.text)


def test_no_form_answers_no_by_itself(clinic: OpenClinic, patient: str) -> None:
    """Unknown is not 'no': no yes-or-no is chosen before somebody chooses."""
    browser = clinic.browser("nurse")
    for kind, form in recordable().items():
        for of in form.subjects or ("",):
            page = browser.get(f"/patients/{patient}/record/{kind}/{of}".rstrip("/")).text
            assert not re.search(r'value="(yes|no)" checked', page), (kind, of)


def test_a_viewer_records_nothing(clinic: OpenClinic, patient: str) -> None:
    browser = clinic.browser("viewer")
    assert browser.get(f"/patients/{patient}/record").status_code == 403
    assert browser.post(f"/patients/{patient}/record/words", text="x").status_code == 403


def test_what_is_no_form_is_not_found(clinic: OpenClinic, patient: str) -> None:
    browser = clinic.browser("nurse")
    for path in ("decision", "plan_change", "nonsense", "lab/nonsense", "dose/alt"):
        assert browser.get(f"/patients/{patient}/record/{path}").status_code == 404, path
    assert kinds().keys() == MODELS.keys()


def test_no_question_has_the_name_of_an_input_that_every_form_has() -> None:
    every = {"csrf", "key", "expected", "show", *COMMON}
    for kind, form in recordable().items():
        for of in form.subjects or (None,):
            assert not every & fields_of(kind, of).keys(), (kind, of)
