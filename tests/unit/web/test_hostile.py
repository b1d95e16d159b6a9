"""One hostile text, put on record once, is only text in every page, print, picture and file."""

from __future__ import annotations

import csv
import io
import json
import logging
import re
from collections.abc import Iterator
from html.parser import HTMLParser
from xml.etree import ElementTree

import pypdfium2
import pytest
import vobject
from httpx2 import Response
from icalendar import Calendar
from tests.support.clinics import clinic_on
from tests.support.doors import Door
from tests.support.files_on_record import ASKED_AT
from tests.support.hostile import MARK, SAID, SHORT, TYPED, WILD, hostile_tour, unseen
from tests.support.page_forms import page_forms
from tests.support.tour import Tour, gets

from antagonist.foundation.visible import visible
from antagonist.web.api.common import PREFIX
from antagonist.web.logs import LOG, formatter

SVG = "{http://www.w3.org/2000/svg}"
ADDRESSES = ("href", "src", "action", "formaction", "hx-get", "hx-post", "data-src")
# Ours, or within the page; ids and kinds only.
OWN = re.compile(r"/(?!/)[\w./-]*(\?[\w=&.-]*)?(#[\w-]*)?|#[\w.-]+|\?[\w=&-]*", re.ASCII)
# Figures of groups, which no text of a patient enters.
OF_GROUPS = re.compile(rf"{PREFIX}/programme.*|/programme/.+")
# Pages and endpoints that show what somebody typed, at least.
SHOWN = 40
FORMULA = ("=", "+", "-", "@", "\t", "\r", "\n")


class Tags(HTMLParser):
    """Elements that a page has, attributes that act, what is read as text, and what forms hold."""

    def __init__(self) -> None:
        super().__init__()
        self.acting: list[str] = []
        self.addresses: list[str] = []
        self.tag, self.code, self.text, self.forms = "", "", "", ""

    def handle_starttag(self, tag: str, attrs: list[tuple[str, str | None]]) -> None:
        has = dict(attrs)
        self.tag = tag
        if tag == "input":
            self.forms += (has.pop("name", "") or "") + (has.pop("value", "") or "")
        self.acting += [name for name in has if name.startswith("on")]
        self.acting += [tag] if tag in ("b", "i") or has.get("src") == "x" else []
        self.addresses += [value or "" for name, value in attrs if name in ADDRESSES]
        self.text += "".join(value or "" for value in has.values())

    def handle_endtag(self, tag: str) -> None:  # noqa: ARG002 - of the library
        self.tag = ""

    def handle_data(self, data: str) -> None:
        if self.tag == "script":
            self.code += data
        elif self.tag == "textarea":
            self.forms += data
        else:
            self.text += data


@pytest.fixture(scope="module")
def tour(tmp_path_factory: pytest.TempPathFactory) -> Iterator[Tour]:
    """A clinic in which every text that people type is hostile."""
    with clinic_on("sqlite", tmp_path_factory.mktemp("hostile")) as clinic:
        clinic.clock.set(ASKED_AT)
        yield hostile_tour(clinic)


def shown(tour: Tour) -> Iterator[tuple[Door, Response]]:
    """Every page, file and endpoint that shows something to somebody who is signed in."""
    for door in gets(tour.clinic.app):
        if not OF_GROUPS.fullmatch(door.path):
            yield door, tour.sees(door)


def check_page(page: str, where: str) -> None:
    """A page has no element of the text's, and shows it as it is."""
    found = Tags()
    found.feed(page)
    assert (found.acting, found.code.strip()) == ([], ""), where
    assert [one for one in found.addresses if not OWN.fullmatch(one)] == [], where
    assert unseen(found.text) == [], where
    assert "root:" not in page, where
    if MARK not in page:
        return
    whole = (visible(text) for text in (TYPED, SHORT, SHORT.casefold()))
    assert any(text in found.text for text in whole), where


def check_picture(picture: str, where: str) -> None:
    """A picture is XML whose elements draw, and nothing else."""
    root = ElementTree.fromstring(picture)
    assert root.tag == f"{SVG}svg", where
    for each in root.iter():
        assert each.tag.startswith(SVG), where
        assert each.tag not in (f"{SVG}script", f"{SVG}foreignObject", f"{SVG}image"), where
        assert not [name for name in each.attrib if name.startswith("on")], where


def test_hostile_words_are_words_in_every_answer(tour: Tour) -> None:
    written, level, marked = io.StringIO(), LOG.level, 0
    handler = logging.StreamHandler(written)
    handler.setFormatter(formatter())
    LOG.addHandler(handler)
    LOG.setLevel(logging.INFO)
    try:
        for door, answer in shown(tour):
            assert answer.status_code in (200, 303), door.path
            kind = answer.headers.get("content-type", "")
            marked += "pdf" in kind or MARK in answer.text.casefold()
            headers = "".join(f"{name}{value}" for name, value in answer.headers.items())
            assert MARK not in headers.casefold(), door.path
            assert re.fullmatch("[ -~]*", headers), door.path
            if kind.startswith("text/html"):
                check_page(answer.text, door.path)
            elif kind.startswith("image/svg"):
                check_picture(answer.text, door.path)
            elif door.path.endswith("/chart.json"):
                assert unseen("".join(one["text"] for one in answer.json()["events"])) == []
            elif kind.startswith("application/json"):
                json.loads(answer.text)
            else:
                assert kind.startswith(("text/csv", "application/pdf")) or not kind, door.path
    finally:
        LOG.removeHandler(handler)
        LOG.setLevel(level)
    assert marked > SHOWN
    log = written.getvalue()
    assert MARK not in log.casefold()
    assert {json.loads(line)["event"] for line in log.splitlines()} == {"request"}


def test_hostile_words_are_words_on_every_page(tour: Tour) -> None:
    """In Russian too: other sentences are around them."""
    tour.clinic.reads("prescriber", "ru")
    try:
        for door in gets(tour.clinic.app):
            if door.face == "page" and door.of_patient:
                answer = tour.sees(door)
                if answer.headers.get("content-type", "").startswith("text/html"):
                    check_page(answer.text, door.path)
    finally:
        tour.clinic.reads("prescriber", "en")


def test_what_is_kept_is_what_was_typed(tour: Tour) -> None:
    patient = tour.places[f"{PREFIX}/patients/{{patient}}"]["patient"]
    browser = tour.program("prescriber")
    events = browser.get(f"{PREFIX}/patients/{patient}/events").json()["events"]
    said = [event["payload"].get("text") for event in events]
    assert WILD in said
    injection = next(event for event in events if event["kind"] == "injection")
    assert injection["payload"]["lot"] == injection["payload"]["given_by"] == WILD
    assert injection["author"] == injection["source"] == SHORT
    [asked] = browser.get(f"{PREFIX}/approvals").json()
    assert asked["reason"] == SAID


def test_what_comes_back_in_a_form_is_what_was_typed(tour: Tour) -> None:
    """Sent once more, or corrected elsewhere, a text does not change unseen."""
    place = tour.places["/patients/{patient}/events/"]
    here = f"/patients/{place['patient']}/events/{place['event']}/correct"
    [form] = page_forms(tour.browser("prescriber").get(here).text, here)
    assert form.fields["text"] == [WILD]
    again = tour.clinic.nobody().post(
        here, data={"text": WILD}, headers={"Sec-Fetch-Site": "same-origin"}
    )
    assert again.status_code == 401
    [form] = page_forms(again.text, "/sign-in/again")
    assert form.fields["text"] == [WILD]


def printed(tour: Tour, name: str) -> bytes:
    place = tour.places["/patients/{patient}/plan"]
    answer = tour.browser("prescriber").get(
        f"/patients/{place['patient']}/plan/{place['event']}/{name}"
    )
    assert answer.status_code == 200
    assert answer.headers["content-disposition"] == f'attachment; filename="{name}"'
    return answer.content


def flat(text: str) -> str:
    """A text without its spaces and places to break: lines end where the paper wants."""
    return re.sub(r"[\s\u200b\ufffe]+", "", text)


def text_of(content: bytes) -> str:
    pages = pypdfium2.PdfDocument(content)
    return flat("".join(page.get_textpage().get_text_range() for page in pages))


@pytest.mark.parametrize("name", ["plan.pdf", "card.pdf", "report.pdf"])
def test_prints_hold_the_text_and_do_nothing_that_it_says(tour: Tour, name: str) -> None:
    if name == "report.pdf":
        patient = tour.places["/patients/{patient}"]["patient"]
        content = tour.browser("prescriber").get(f"/patients/{patient}/report.pdf").content
    else:
        content = printed(tour, name)
    text = text_of(content)
    before_hebrew = flat(visible(WILD).partition(" :skull:")[0])
    assert (before_hebrew if name != "card.pdf" else before_hebrew[:70]) in text
    assert name == "card.pdf" or r"\u202e\u2066\u200b\ufeff" in text
    assert "root:" not in text


def test_the_calendar_keeps_to_its_format_and_names_nobody(tour: Tour) -> None:
    content = printed(tour, "plan.ics")
    assert MARK.encode() not in content.lower()
    assert content.endswith(b"\r\n")
    lines = content.removesuffix(b"\r\n").split(b"\r\n")
    assert not [
        line for line in lines if len(line) > 75 or re.search(b"[\x00-\x08\x0a-\x1f]", line)
    ]
    events = list(Calendar.from_ical(content).walk("VEVENT"))
    assert len(events) == len(vobject.readOne(content.decode()).vevent_list) > 100


def test_no_cell_of_the_audit_is_a_formula(tour: Tour) -> None:
    browser = tour.browser("administrator")
    text = browser.get("/audit/export", format="csv").text.removeprefix("\ufeff")
    rows = list(csv.reader(io.StringIO(text), strict=True))
    assert {len(row) for row in rows} == {len(rows[0])}
    cells = [cell for row in rows for cell in row]
    assert [cell for cell in cells if cell.startswith(FORMULA)] == []
    assert f"'{SHORT.casefold()}" in cells
    lines = browser.get("/audit/export", format="jsonl").text.removesuffix("\n").split("\n")
    assert SHORT.casefold() in [json.loads(line)["name"] for line in lines]
