"""Replay: every decision of the record run again on the data it was made with, and compared."""

from __future__ import annotations

import hashlib
import tempfile
from collections import OrderedDict
from collections.abc import Callable, Iterator, Mapping
from contextlib import ExitStack
from dataclasses import dataclass, field
from datetime import datetime
from pathlib import Path
from typing import Any, Literal

from antagonist.feedback import contents
from antagonist.feedback import tables as t
from antagonist.feedback.answering import Plain, answered, plain
from antagonist.feedback.chain import canonical
from antagonist.feedback.comparing import Change, changes
from antagonist.feedback.database import reading
from antagonist.feedback.decisions import DECISION, rules_hash_of, software
from antagonist.feedback.events import stamp
from antagonist.feedback.history import payloads_of
from antagonist.feedback.record import Record
from antagonist.feedback.replay_worker import Worker, why

# Numbers on other packages or another machine; on the same ones they are identical.
TOLERANCE = 1e-9
Under = Literal["own", "present"]
# Hashes of the data: under other data they differ by themselves.
_HASHES = ("rules_hash", "parameters_sha256")
_KEPT, _WORKERS = 512, 2


@dataclass(frozen=True, slots=True)
class Difference:
    """Where a decision no longer comes out as it was kept. now: what comes out."""

    event_id: str
    path: str
    was: Any
    now: Any


@dataclass(frozen=True, slots=True)
class NotRun:
    """A decision that could not be run again, and why."""

    event_id: str
    why: str


@dataclass(frozen=True, slots=True)
class ReplayReport:
    """What a replay found.

    replayed: decisions run again. identical: those that came out the same to the last digit.
    within_tolerance: those of another software or machine whose numbers agree within tolerance,
    everything else identical. other_software: decisions that were allowed the tolerance.
    differing: every difference of the others.
    """

    replayed: int
    identical: int
    within_tolerance: int
    other_software: int
    differing: tuple[Difference, ...]
    not_run: tuple[NotRun, ...]

    @property
    def agrees(self) -> bool:
        """Whether every decision was run again and came out as it was kept."""
        return not self.differing and not self.not_run


def replay(
    record: Record,
    *,
    patient: str | None = None,
    since: datetime | None = None,
    tolerance: float = TOLERANCE,
    under: Under = "own",
    progress: Callable[[int], None] | None = None,
) -> ReplayReport:
    """Run decisions again and compare; those corrected since as well.

    patient, since: which; since: aware, by time of recording. tolerance: of numbers, for decisions
    made with other packages or on another machine; on the same they have to be identical.
    under: ``own`` = the rules and parameters that the decision kept; ``present`` = those of this
    process, which shows what would be decided otherwise today (hashes of data are not compared).
    progress: called with the decisions done.
    """
    with ExitStack() as stack:
        run = _Run(record, under, tolerance, stack)
        for done, (event_id, payload) in enumerate(_decisions(record, patient, since), start=1):
            run.one(event_id, payload)
            if progress is not None:
                progress(done)
        return run.report()


def _decisions(
    record: Record, patient: str | None, since: datetime | None
) -> Iterator[tuple[str, Plain]]:
    """Id and payload of decisions as recorded."""
    where = []
    if patient is not None:
        where.append(t.events.c.patient == patient)
    if since is not None:
        where.append(t.events.c.recorded_at >= stamp(since))
    return payloads_of(record.engine, DECISION, *where)


@dataclass
class _Run:
    """One replay under way. stack: closes workers and removes folders."""

    record: Record
    under: Under
    tolerance: float
    stack: ExitStack
    counts: dict[str, int] = field(
        default_factory=lambda: dict.fromkeys(("replayed", "identical", "within", "other"), 0)
    )
    differing: list[Difference] = field(default_factory=list)
    not_run: list[NotRun] = field(default_factory=list)
    kinds: dict[str, str] = field(default_factory=dict)
    folders: dict[str, Path] = field(default_factory=dict)
    workers: OrderedDict[tuple[str, ...], tuple[Worker, ExitStack]] = field(
        default_factory=OrderedDict
    )
    results: OrderedDict[str, Plain] = field(default_factory=OrderedDict)

    def one(self, event_id: str, payload: Plain) -> None:
        """Run one decision again and keep what came of it."""
        try:
            now = self._result(payload)
        except Exception as error:  # whatever it is, it is this decision's: the next may run
            self.not_run.append(NotRun(event_id, why(error)))
            return
        self.counts["replayed"] += 1
        was = {name: payload[name] for name in ("rules_hash", "result")}
        found = {"rules_hash": rules_hash_of(now) or payload["rules_hash"], "result": now}
        other = payload["software"] != software()
        self.counts["other"] += other
        exact = self._changes(was, found, 0.0)
        if not exact:
            self.counts["identical"] += 1
            return
        left = self._changes(was, found, self.tolerance) if other else exact
        if not left:
            self.counts["within"] += 1
        self.differing += [Difference(event_id, *change) for change in left]

    def _changes(self, was: Plain, now: Plain, tolerance: float) -> list[Change]:
        found = changes(was, now, tolerance=tolerance)
        if self.under == "own":
            return list(found)
        return [change for change in found if not change.path.endswith(_HASHES)]

    def _result(self, payload: Plain) -> Plain:
        """What a decision comes to now; the same question twice is answered once."""
        hashes, what = payload["contents"], payload["what"]
        asked, inputs = payload["asked"], payload["inputs"]
        question = canonical({"q": [what, asked, inputs, hashes]})
        key = hashlib.sha256(question.encode()).hexdigest()
        if key not in self.results:
            kinds = {self._kind(digest): digest for digest in hashes}
            clinic = self._folder(kinds.pop(contents.CLINIC)) if contents.CLINIC in kinds else None
            if self.under == "present" or _is_present(kinds):
                self.results[key] = plain(answered(what, asked, inputs, clinic))
            else:
                self.results[key] = self._worker(kinds).answered(what, asked, inputs, clinic)
            if len(self.results) > _KEPT:
                self.results.popitem(last=False)
        return self.results[key]

    def _kind(self, digest: str) -> str:
        """Kind of a content, which is there and whole."""
        if digest not in self.kinds:
            with reading(self.record.engine) as connection:
                self.kinds[digest] = contents.load(connection, digest)[0]
        return self.kinds[digest]

    def _folder(self, digest: str) -> Path:
        """A content's files, unpacked once a replay."""
        if digest not in self.folders:
            folder = Path(self.stack.enter_context(tempfile.TemporaryDirectory()))
            with reading(self.record.engine) as connection:
                contents.unpack(contents.load(connection, digest)[1], folder)
            self.folders[digest] = folder
        return self.folders[digest]

    def _worker(self, kinds: Mapping[str, str]) -> Worker:
        """The worker on some data; data change seldom, so a few running ones are enough."""
        key = tuple(sorted(kinds.values()))
        if key not in self.workers:
            while len(self.workers) >= _WORKERS:
                _, (_, closing) = self.workers.popitem(last=False)
                closing.close()
            variables = {
                contents.VARIABLES[kind]: str(self._folder(h)) for kind, h in kinds.items()
            }
            own = self.stack.enter_context(ExitStack())
            self.workers[key] = (own.enter_context(Worker(variables)), own)
        self.workers.move_to_end(key)
        return self.workers[key][0]

    def report(self) -> ReplayReport:
        """What was found."""
        return ReplayReport(
            replayed=self.counts["replayed"],
            identical=self.counts["identical"],
            within_tolerance=self.counts["within"],
            other_software=self.counts["other"],
            differing=tuple(self.differing),
            not_run=tuple(self.not_run),
        )


def _is_present(kinds: Mapping[str, str]) -> bool:
    """Whether this process uses the very data that a decision used."""
    return all(contents.present_bundle(kind).hash == digest for kind, digest in kinds.items())
