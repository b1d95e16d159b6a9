"""Work in the background: one of a kind, its progress, a worker that died, what is kept."""

from __future__ import annotations

import threading
from collections.abc import Mapping
from datetime import timedelta
from pathlib import Path
from typing import Any

import pytest
from fastapi import Request
from sqlalchemy import update
from tests.support.clinics import OpenClinic, clinic_on

from antagonist.feedback.database import changing, reading
from antagonist.foundation.errors import InputError
from antagonist.web.accounts import tables as t
from antagonist.web.actions import jobs
from antagonist.web.actions.jobs import Job, Progress
from antagonist.web.visit import Visit, visit_of

WAIT_S = 20


def visit_in(clinic: OpenClinic) -> Visit:
    """A request of the prescriber."""
    request = Request(
        {"type": "http", "app": clinic.app, "method": "POST", "headers": [], "state": {}}
    )
    return visit_of(request, clinic.people["prescriber"], None)


def ended(clinic: OpenClinic, report: str) -> Job:
    """A job after its thread has ended."""
    for thread in threading.enumerate():
        if thread.name == f"report-{report}":
            thread.join(WAIT_S)
    return state(clinic, report)


def state(clinic: OpenClinic, report: str) -> Job:
    """A job as it stands."""
    with reading(clinic.clinic.engine) as connection:
        found = jobs.state_of(connection, report, clinic.clinic.now())
    assert found is not None
    return found


class Held:
    """Work that goes on until a test lets it."""

    def __init__(self) -> None:
        self.begun, self.may_end = threading.Event(), threading.Event()

    def __call__(self, progress: Progress) -> Mapping[str, Any]:
        """Three steps of five, then wait."""
        progress.total = 5
        progress.told(3)
        self.begun.set()
        assert self.may_end.wait(WAIT_S)
        progress.told(5)
        return {"answer": "да"}


def test_work_ends_with_its_result(clinic: OpenClinic) -> None:
    report = jobs.begin(visit_in(clinic), "sum", lambda _: {"sum": 3})
    found = ended(clinic, report)
    assert (found.status, found.content) == ("done", {"sum": 3})


@pytest.mark.parametrize("backend", ["sqlite", "postgresql"])
def test_of_a_kind_one_runs_at_a_time(tmp_path: Path, backend: str) -> None:
    with clinic_on(backend, tmp_path) as clinic:
        visit, first, other = visit_in(clinic), Held(), Held()
        report = jobs.begin(visit, "slow", first)
        assert first.begun.wait(WAIT_S)
        assert jobs.begin(visit, "slow", other) == report
        assert not other.begun.is_set()
        elsewhere = jobs.begin(visit, "another kind", lambda _: {})
        assert elsewhere != report
        first.may_end.set()
        assert ended(clinic, report).content == {"answer": "да"}
        again = jobs.begin(visit, "slow", lambda _: {"answer": "new"})
        assert again != report
        assert ended(clinic, again).content == {"answer": "new"}


def test_progress_comes_with_the_heartbeat(
    clinic: OpenClinic, monkeypatch: pytest.MonkeyPatch
) -> None:
    monkeypatch.setattr(jobs, "BEAT_S", 0.01)
    work = Held()
    report = jobs.begin(visit_in(clinic), "beating", work)
    assert work.begun.wait(WAIT_S)
    for _ in range(1000):
        found = state(clinic, report)
        if found.done:
            break
        work.may_end.wait(0.01)
    assert (found.status, found.done, found.total) == ("running", 3, 5)
    work.may_end.set()
    assert ended(clinic, report).done == 5


def test_a_failure_is_told_without_the_value(clinic: OpenClinic) -> None:
    def refused(_: Progress) -> Mapping[str, Any]:
        raise InputError("", "dose", "Anna's", "a number")

    found = ended(clinic, jobs.begin(visit_in(clinic), "refused", refused))
    assert (found.status, found.content) == ("failed", {"field": "dose", "allowed": "a number"})

    def broken(_: Progress) -> Mapping[str, Any]:
        raise RuntimeError("Anna's")

    found = ended(clinic, jobs.begin(visit_in(clinic), "broken", broken))
    assert (found.status, found.content) == ("failed", {"field": "", "allowed": ""})


def test_a_result_that_is_no_number_is_a_failure(clinic: OpenClinic) -> None:
    found = ended(clinic, jobs.begin(visit_in(clinic), "nan", lambda _: {"x": float("nan")}))
    assert found.status == "failed"


def test_a_worker_that_died_is_seen_and_another_may_begin(own_clinic: OpenClinic) -> None:
    clinic, visit = own_clinic, visit_in(own_clinic)
    with changing(clinic.clinic.engine) as connection:
        # what a killed process leaves behind: a row that nobody writes to any more
        jobs._claim(connection, "dead", "slow", "somebody", clinic.clinic.now())
    assert state(clinic, "dead").status == "running"
    clinic.clock.set(clinic.clock.at + jobs.LOST_AFTER + timedelta(seconds=1))
    assert state(clinic, "dead").status == "lost"
    report = jobs.begin(visit, "slow", lambda _: {"n": 1})
    assert report != "dead"
    assert ended(clinic, report).status == "done"
    assert state(clinic, "dead").status == "lost"
    # had it only been slow, its result would come too late
    assert jobs._write(clinic.clinic, "dead", Progress(), status="done", content="{}")
    assert state(clinic, "dead").status == "lost"


def test_kept_results_are_newest_first_and_pruned(own_clinic: OpenClinic) -> None:
    clinic, visit = own_clinic, visit_in(own_clinic)
    first = jobs.begin(visit, "many", lambda _: {"n": 0})
    ended(clinic, first)
    for n in range(jobs.KEPT + 2):
        clinic.clock.advance(minutes=1)
        last = jobs.begin(visit, "many", lambda _, n=n: {"n": n})  # type: ignore[misc]
        ended(clinic, last)
    with reading(clinic.clinic.engine) as connection:
        found = jobs.kept(connection, "many", clinic.clinic.now())
        newest = jobs.latest(connection, "many", clinic.clinic.now())
    assert len(found) == jobs.KEPT
    assert found[0].report == last
    assert first not in {job.report for job in found}
    assert newest is not None
    assert newest.content == {"n": jobs.KEPT + 1}


def test_the_last_result_stays_behind_many_failures(own_clinic: OpenClinic) -> None:
    clinic, visit = own_clinic, visit_in(own_clinic)
    good = jobs.begin(visit, "mixed", lambda _: {"n": 1})
    ended(clinic, good)
    for _ in range(jobs.KEPT + 2):
        clinic.clock.advance(minutes=1)
        ended(clinic, jobs.begin(visit, "mixed", lambda _: {"x": float("inf")}))
    with reading(clinic.clinic.engine) as connection:
        newest = jobs.latest(connection, "mixed", clinic.clinic.now())
    assert newest is not None
    assert newest.report == good


def test_a_job_that_was_taken_over_is_not_counted_as_running(own_clinic: OpenClinic) -> None:
    clinic = own_clinic
    with changing(clinic.clinic.engine) as connection:
        jobs._claim(connection, "one", "kind", "somebody", clinic.clinic.now())
        connection.execute(update(t.reports).values(status="lost"))
    with reading(clinic.clinic.engine) as connection:
        assert jobs.running(connection, "kind", clinic.clinic.now()) is None
