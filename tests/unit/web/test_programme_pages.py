"""The programme's page: computed in the background, shown with its time, small groups hidden."""

from __future__ import annotations

import threading
from collections.abc import Iterator
from datetime import date, timedelta
from zoneinfo import ZoneInfo

import pytest
from tests.support.clinics import NURSE, OpenClinic, clinic_on, text_of
from tests.unit.web.actions.test_jobs import WAIT_S

from antagonist.feedback.database import changing
from antagonist.feedback.events import NewEvent
from antagonist.feedback.simulated.programme import simulate_programme
from antagonist.web.actions import jobs, programme
from antagonist.web.actions.jobs import Progress

PEOPLE = 12


def wait_for_all() -> None:
    """Until every job's thread has ended."""
    for thread in threading.enumerate():
        if thread.name.startswith("report-"):
            thread.join(10 * WAIT_S)


@pytest.fixture(scope="module")
def computed(tmp_path_factory: pytest.TempPathFactory) -> Iterator[OpenClinic]:
    """A made-up programme whose figures were computed from the page."""
    with (
        pytest.MonkeyPatch.context() as fewer,
        clinic_on("sqlite", tmp_path_factory.mktemp("programme")) as clinic,
    ):
        # what is drawn is tested elsewhere; here it only has to be quick
        fewer.setattr("antagonist.feedback.outcomes.programme.DRAWS", 6)
        fewer.setattr("antagonist.feedback.outcomes.programme.SUBJECTS", 2)
        record = clinic.clinic.record
        simulate_programme(record, PEOPLE, 1, date(2026, 4, 30), ZoneInfo("UTC"))
        browser = clinic.browser("prescriber")
        assert "No figures have been computed yet" in text_of(browser.get("/programme"))
        sent = browser.post("/programme/run", days="90")
        assert sent.headers["location"] == "/programme"
        wait_for_all()
        yield clinic


def test_the_page_shows_the_figures_with_their_time(computed: OpenClinic) -> None:
    shown = text_of(computed.browser("viewer").get("/programme"))
    assert "1 May 2026" in shown
    assert "Alarms per 100 patient-days" in shown
    assert "Time in treatment" in shown
    assert "Compute now" not in shown
    assert "Compute now" in text_of(computed.browser("administrator").get("/programme"))


def test_the_page_is_russian_throughout(computed: OpenClinic) -> None:
    computed.reads("viewer", "ru")
    shown = text_of(computed.browser("viewer").get("/programme"))
    computed.reads("viewer", "en")
    assert "Нагрузка от тревог" in shown
    assert "Alarm burden" not in shown


def test_charts_are_pictures_of_the_same_run(computed: OpenClinic) -> None:
    browser = computed.browser("viewer")
    run = computed.program("viewer").get("/api/v1/programme").json()["run"]
    found = browser.get(f"/programme/{run}/chart-1.svg")
    assert found.headers["content-type"] == "image/svg+xml"
    assert "<title" in found.text
    assert f"/programme/{run}/chart-1.svg" in browser.get("/programme").text
    assert browser.get(f"/programme/{run}/chart-99.svg").status_code == 404
    assert browser.get("/programme/no-such-run").status_code == 404


def test_programs_get_the_same_figures(computed: OpenClinic) -> None:
    found = computed.program("viewer").get("/api/v1/programme").json()
    assert found["status"] == "done"
    assert found["outcomes"]["on_record"] == PEOPLE
    assert found["burden"]["patients"] == PEOPLE
    again = computed.program("viewer").get(f"/api/v1/programme/runs/{found['run']}").json()
    assert again == found


def test_who_may_read_and_who_may_compute(computed: OpenClinic) -> None:
    assert computed.browser("nurse").get("/programme").status_code == 403
    assert computed.browser("viewer").post("/programme/run", days="90").status_code == 403
    assert computed.browser("prescriber").post("/programme/run", days="7").status_code == 422


def test_a_running_computation_is_shown_and_asked_for(own_clinic: OpenClinic) -> None:
    clinic, browser = own_clinic, own_clinic.browser("prescriber")
    with changing(clinic.clinic.engine) as connection:
        jobs._claim(connection, "r" * 36, programme.PROGRAMME, "x", clinic.clinic.now())
    jobs._write(clinic.clinic, "r" * 36, Progress(3, 10))
    page = browser.get("/programme")
    assert "3 of 10 patients" in text_of(page)
    assert '<progress id="programme-bar" max="10" value="3">' in page.text
    assert 'href="/programme">Look again' in page.text
    polled = browser.client.get("/programme/progress?polling=1", headers={"HX-Request": "true"})
    assert "3 of 10 patients" in polled.text
    assert "hx-refresh" not in polled.headers
    clinic.clock.set(clinic.clock.at + jobs.LOST_AFTER + timedelta(seconds=1))
    polled = browser.client.get("/programme/progress?polling=1", headers={"HX-Request": "true"})
    assert polled.headers["hx-refresh"] == "true"
    assert "stopped before its end" in text_of(browser.get("/programme"))


@pytest.mark.parametrize(("people", "seen"), [(4, None), (5, 5)])
def test_a_group_of_four_is_hidden_and_one_of_five_is_shown(
    own_clinic: OpenClinic, people: int, seen: int | None
) -> None:
    clinic = own_clinic
    for n in range(people):
        patient = clinic.patient(f"P{n}", str(n))
        said = NewEvent("words", clinic.clock.at, {"text": "as before"})
        clinic.clinic.record.append(patient, [said], NURSE)
    found = programme.figures(clinic.clinic, 90, Progress())
    assert found["outcomes"]["on_record"] == seen
    assert found["burden"]["patients"] == seen
    (row, *_) = found["texts"]["en"]["head"]
    assert row == ["Patients on record", "hidden" if seen is None else "5"]
