"""Every page of every patient answers: one with hostile words, one of nothing, erased, merged."""

from __future__ import annotations

import re
from collections.abc import Iterator
from datetime import timedelta
from html.parser import HTMLParser

import pytest
from tests.support.clinics import NURSE, OpenClinic, clinic_on, text_of
from tests.support.doors import doors
from tests.support.telling import injected, tell

from antagonist.feedback.events import Event
from antagonist.feedback.identity import create_patient, erase
from antagonist.feedback.merging import merge
from antagonist.web.actions.board import board

TAG = "<script>evil()</script>"
# Marks that leave an attribute or a script, a word from right to left, one of many parts, a wheel.
ODD = f"""{TAG}"><img src=x onerror=evil()>'`${{7*7}}{{{{7*7}}}} שלום 👩‍⚕️ &amp; % %(n)s {{n}}"""
ADDRESSES = ("href", "src", "action", "formaction", "hx-get", "hx-post", "data-src")
# Ours, or within the page; ids and kinds only.
OWN = re.compile(r"/(?!/)[\w./-]*(\?[\w=&.-]*)?(#[\w-]*)?|#[\w.-]+|\?[\w=&-]*", re.ASCII)
LONG = "Долгое слово " * 150
WAYS = ("", "/screening", "/challenge", "/decisions", "/plan", "/plan/new", "/situation", "/report",
        "/record", "/breakthrough")  # fmt: skip


class Tags(HTMLParser):
    """Elements that a page has, and attributes that act."""

    def __init__(self) -> None:
        super().__init__()
        self.acting: list[str] = []
        self.addresses: list[str] = []
        self.script, self.text = False, ""

    def handle_starttag(self, tag: str, attrs: list[tuple[str, str | None]]) -> None:
        self.script = tag == "script" and "src" not in dict(attrs)
        self.acting += [name for name, _ in attrs if name.startswith("on")]
        self.addresses += [value or "" for name, value in attrs if name in ADDRESSES]
        self.acting += [value for name, value in attrs if name == "src" and value == "x"]

    def handle_endtag(self, tag: str) -> None:  # noqa: ARG002 - of the library
        self.script = False

    def handle_data(self, data: str) -> None:
        if self.script:
            self.text += data


@pytest.fixture(scope="module")
def odd(tmp_path_factory: pytest.TempPathFactory) -> Iterator[tuple[OpenClinic, str, Event]]:
    """A clinic with a patient whose every word is hostile; an event that can be corrected."""
    with clinic_on("sqlite", tmp_path_factory.mktemp("odd")) as clinic:
        name = {"family": ODD, "given": LONG, "birth_date": ODD}
        patient = create_patient(clinic.clinic.record, NURSE, name, [(ODD, ODD)])
        injected(clinic, patient, 20)
        said = {"asked_on": "2026-04-11", "source": ODD}
        tell(clinic, patient, "allergies", 12, to=[ODD, LONG], **said)
        tell(clinic, patient, "medicines", 12,
             taken=[{"name": ODD, "ingredients": [ODD]}], **said)  # fmt: skip
        tell(clinic, patient, "opioid_history", 12, ever="past", asked_about=["methadone"],
             exposures=[{"opioid": "heroin", "dose": ODD, "source": ODD}], **said)  # fmt: skip
        tell(clinic, patient, "consent", 11, to=ODD, given=True)
        tell(clinic, patient, "treatment_stop", 9, reason=ODD)
        tell(clinic, patient, "departure", 8, how="transfer", date="2026-04-23", note=LONG)
        tell(clinic, patient, "surgery_planned", 7,
             at=(clinic.clock.at + timedelta(days=4)).isoformat(), with_opioids=True)  # fmt: skip
        word = tell(clinic, patient, "words", 6, text=ODD)
        tell(clinic, patient, "retraction", 5, corrects=word.event_id, reason=ODD)
        yield clinic, patient, tell(clinic, patient, "words", 4, text=LONG + ODD)


@pytest.mark.parametrize("language", ["en", "ru"])
def test_hostile_words_are_words_on_every_page(
    odd: tuple[OpenClinic, str, Event], language: str
) -> None:
    clinic, patient, word = odd
    for who in ("prescriber", "administrator"):
        clinic.reads(who, language)
    here = f"/patients/{patient}"
    paths = [here + way for way in WAYS]
    paths += [f"{here}/recorded/{word.event_id}", f"{here}/events/{word.event_id}/correct"]
    paths += ["/today", "/patients", "/approvals", "/programme"]
    browser, shown = clinic.browser("prescriber"), 0
    for path in paths:
        page = browser.get(path)
        assert page.status_code == 200, path
        shown += "evil()" in page.text
        assert TAG not in page.text, path
        found = Tags()
        found.feed(page.text)
        assert found.acting == [], path
        assert "evil" not in found.text, path
        assert [one for one in found.addresses if not OWN.fullmatch(one)] == [], path
        assert "7*7" in page.text or "evil" not in page.text, path  # nothing was worked out
    assert shown >= len(paths) - 3
    assert "onerror" not in browser.get(f"{here}/chart.svg").text.replace(
        "&lt;img src=x onerror", ""
    )


def test_every_page_of_a_patient_of_whom_nothing_is_known(own_clinic: OpenClinic) -> None:
    patient = own_clinic.patient()
    erased = own_clinic.patient("Gone Galina", "2")
    injected(own_clinic, erased, 5)
    erase(own_clinic.clinic.record, NURSE, erased, "asked for")
    browser = own_clinic.browser("prescriber")
    for one in (patient, erased):
        for way in WAYS:
            page = browser.get(f"/patients/{one}{way}")
            assert page.status_code == 200, way
            assert "Galina" not in page.text, way
            assert not re.search(
                r"\b(None(?!\.| yet| on record)|nan|Undefined)\b", text_in(page.text)
            ), way


def text_in(page: str) -> str:
    """What a page says, choices apart."""
    main = re.sub(r"<(script|style|select|nav).*?</\1>", " ", page, flags=re.DOTALL)
    return re.sub(r"<[^>]+>", " ", main)


def test_every_page_of_a_merged_patient_leads_somewhere(own_clinic: OpenClinic) -> None:
    keep, other = own_clinic.patient("Kept", "1"), own_clinic.patient("Other", "2")
    injected(own_clinic, other, 5)
    merge(own_clinic.clinic.record, NURSE, keep, other, "one person")
    browser = own_clinic.browser("prescriber")
    for one in (keep, other):
        for way in WAYS:
            page = browser.get(f"/patients/{one}{way}")
            assert page.status_code in (200, 303), (one == other, way)


def test_every_page_of_a_clinic_without_patients(own_clinic: OpenClinic) -> None:
    browsers = {who: own_clinic.browser(who) for who in ("prescriber", "administrator")}
    for door in doors(own_clinic.app):
        if door.method == "GET" and door.face == "page" and "{" not in door.path:
            answers = {b.get(door.path).status_code for b in browsers.values()}
            assert answers & {200, 204, 303}, door.path
            assert max(answers) < 500, door.path
    for kind in board().lines:
        assert browsers["prescriber"].get("/today", kind=kind).status_code == 200


def test_pages_of_a_new_patient_say_in_russian_what_the_record_lacks(
    own_clinic: OpenClinic,
) -> None:
    own_clinic.reads("prescriber", "ru")
    here = f"/patients/{own_clinic.patient()}"
    lacking = "В карте не указано, по какому показанию"
    for path, sent, said in (
        ("situation", {"kind": "acute_pain"}, "В карте нет ни одной дозы налтрексона."),
        ("screening", {"question": "start"}, lacking),
        ("plan/new", {"start": "2026-05-01", "clock": "09:00", "clinic_days[]": "mon"}, lacking),
    ):
        answer = own_clinic.browser("prescriber").post(f"{here}/{path}", **sent)
        assert answer.status_code == 422
        assert said in text_of(answer)
        assert f'href="{here}/record/' in answer.text
