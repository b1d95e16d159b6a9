"""Work that takes longer than a page may: in a thread of this process, its state in the database.

Every worker process sees the same row, so a page may ask any of them. Of each kind one runs at a
time: the database refuses a second row. A process that died stops writing its heartbeat.
"""

from __future__ import annotations

import json
import logging
import threading
import uuid
from collections.abc import Callable, Mapping
from dataclasses import dataclass, replace
from datetime import datetime, timedelta
from typing import Any, Literal

from sqlalchemy import Connection, delete, insert, select, update
from sqlalchemy.exc import IntegrityError

from antagonist.feedback.database import changing
from antagonist.feedback.events import moment, stamp
from antagonist.feedback.whole import afterwards
from antagonist.foundation.errors import InputError
from antagonist.web.accounts import tables as t
from antagonist.web.clinic import Clinic
from antagonist.web.visit import Visit

LOG = logging.getLogger("antagonist.web")
Status = Literal["running", "done", "failed", "lost"]
RUNNING: Status = "running"
DONE: Status = "done"
FAILED: Status = "failed"
LOST: Status = "lost"
BEAT_S = 1.0
LOST_AFTER = timedelta(seconds=30)  # many heartbeats: a busy database may hold some of them up
KEPT = 12  # of each kind
TRIES = 5  # to write a result, each as long as the database's patience
_STATE = (
    "report", "what", "status", "done", "total", "asked_by", "asked_at", "beat_at",
)  # fmt: skip


@dataclass(slots=True)
class Progress:
    """How far work has come; it writes these two, a heartbeat takes them to the database.

    done, total: in steps of the work's own, such as patients; total 0 = not known yet.
    """

    done: int = 0
    total: int = 0

    def told(self, done: int) -> None:
        """So many steps are done."""
        self.done = done


Work = Callable[[Progress], Mapping[str, Any]]


@dataclass(frozen=True, slots=True)
class Job:
    """Work as it stands. content: what it came to, or of a failure what was not right.

    status: ``lost`` where the process that did it is gone.
    """

    report: str
    what: str
    status: Status
    done: int
    total: int
    asked_by: str
    asked_at: str
    beat_at: str
    content: Mapping[str, Any] | None = None


def begin(visit: Visit, what: str, work: Work) -> str:
    """Begin work and return its id; where its kind runs already, the id of that.

    what: the kind, 40 characters at most. work: returns what JSON can hold.
    """
    clinic, report = visit.clinic, str(uuid.uuid4())
    with changing(clinic.engine) as connection:
        _give_up_lost(connection, what, clinic.now())
        while True:
            try:
                with connection.begin_nested():
                    _claim(connection, report, what, visit.account.account, clinic.now())
                break
            except IntegrityError:
                other = running(connection, what, clinic.now())
                if other is not None:
                    return other.report
                # it ended between the two statements, so this one may begin
        _prune(connection, what)
    thread = threading.Thread(
        target=_run, args=(clinic.alone, report, work), name=f"report-{report}", daemon=True
    )
    afterwards(clinic.engine, thread.start)
    return report


def state_of(connection: Connection, report: str, at: datetime) -> Job | None:
    """Work by its id, with its content. at: now."""
    query = select(t.reports).where(t.reports.c.report == report)
    found = connection.execute(query).mappings().first()
    return None if found is None else _job(dict(found), at)


def kept(connection: Connection, what: str, at: datetime) -> list[Job]:
    """All of a kind, newest first, without content. at: now."""
    query = select(*(t.reports.c[name] for name in _STATE)).where(t.reports.c.what == what)
    rows = connection.execute(query.order_by(t.reports.c.asked_at.desc(), t.reports.c.report))
    return [_job(dict(row), at) for row in rows.mappings()]


def running(connection: Connection, what: str, at: datetime) -> Job | None:
    """The one of a kind that runs. at: now."""
    return next((job for job in kept(connection, what, at) if job.status == RUNNING), None)


def latest(connection: Connection, what: str, at: datetime) -> Job | None:
    """The newest of a kind that was done, with its content. at: now."""
    done = next((job for job in kept(connection, what, at) if job.status == DONE), None)
    return None if done is None else state_of(connection, done.report, at)


def _job(row: dict[str, Any], at: datetime) -> Job:
    content = row.pop("content", None)
    job = Job(**row, content=None if content is None else json.loads(content))
    lost = job.status == RUNNING and at - moment(job.beat_at) > LOST_AFTER
    return replace(job, status=LOST) if lost else job


def _give_up_lost(connection: Connection, what: str, at: datetime) -> None:
    old = (
        (t.reports.c.what == what)
        & (t.reports.c.status == RUNNING)
        & (t.reports.c.beat_at < stamp(at - LOST_AFTER))
    )
    connection.execute(update(t.reports).where(old).values(status=LOST))


def _claim(connection: Connection, report: str, what: str, account: str, at: datetime) -> None:
    row = {
        "report": report, "what": what, "status": RUNNING, "done": 0, "total": 0,
        "asked_by": account, "asked_at": stamp(at), "beat_at": stamp(at), "content": None,
    }  # fmt: skip
    connection.execute(insert(t.reports), row)


def _prune(connection: Connection, what: str) -> None:
    """Keep the newest of a kind, and the newest that was done however old it is."""
    query = select(t.reports.c.report, t.reports.c.status).where(t.reports.c.what == what)
    rows = connection.execute(query.order_by(t.reports.c.asked_at.desc(), t.reports.c.report)).all()
    done = next((report for report, status in rows if status == DONE), None)
    old = [report for report, status in rows[KEPT:] if report != done and status != RUNNING]
    connection.execute(delete(t.reports).where(t.reports.c.report.in_(old)))


def _run(clinic: Clinic, report: str, work: Work) -> None:
    progress, over = Progress(), threading.Event()
    beating = threading.Thread(
        target=_beat, args=(clinic, report, progress, over), name=f"beat-{report}", daemon=True
    )
    beating.start()
    try:
        content, status = json.dumps(work(progress), ensure_ascii=False, allow_nan=False), DONE
    except InputError as error:
        # the value may be a patient's, so it is not kept
        content, status = json.dumps({"field": error.field, "allowed": error.allowed}), FAILED
    except Exception as error:
        LOG.error("work failed", exc_info=error, extra={"report": report})
        content, status = json.dumps({"field": "", "allowed": ""}), FAILED
    over.set()
    beating.join()
    for _ in range(TRIES):
        if _write(clinic, report, progress, status=status, content=content):
            return


def _beat(clinic: Clinic, report: str, progress: Progress, over: threading.Event) -> None:
    while not over.wait(BEAT_S):
        _write(clinic, report, progress)


def _write(clinic: Clinic, report: str, progress: Progress, **more: str) -> bool:
    """Write how far it came; a job that was given up as lost stays so. Whether it was written."""
    here = (t.reports.c.report == report) & (t.reports.c.status == RUNNING)
    values = {"done": progress.done, "total": progress.total, **more}
    try:
        with changing(clinic.engine) as connection:
            values["beat_at"] = stamp(clinic.now())
            connection.execute(update(t.reports).where(here).values(values))
    except InputError as error:
        LOG.warning("state not written", extra={"report": report, "field": error.field})
        return False
    return True
