"""How fast the record is on this machine: filled as a clinic's would be, then measured."""

from __future__ import annotations

import sys
from collections.abc import Callable, Iterator, Mapping, Sequence
from dataclasses import dataclass
from datetime import datetime, timedelta
from itertools import islice
from pathlib import Path
from statistics import median
from time import perf_counter
from typing import Any

from antagonist.feedback.database import engine_of, migrate, writing
from antagonist.feedback.decisions import decide_screen
from antagonist.feedback.events import Actor, NewEvent
from antagonist.feedback.keys import create_keyring
from antagonist.feedback.opening import open_record
from antagonist.feedback.record import Record, append_in
from antagonist.feedback.replay import replay
from antagonist.feedback.state import folded
from antagonist.feedback.today import UTC_ZONE, today
from antagonist.feedback.verify import verify
from antagonist.foundation.errors import InputError
from antagonist.label.patient import load_patient

LONG = "patient-long"
LONG_EVENTS = 5_000
CALLS_AT_ONCE = 100  # in one transaction of the bulk loader
READS = 7
PRODUCT = "naltrexone-hcl-us-chartwell-50"
LOADER = Actor("bench", "program", "bulk loader")
# What each day brings, in turn: mostly doses, as on a record of real treatment.
DAY: Sequence[tuple[str, Mapping[str, Any]]] = (
    ("dose", {"dose_mg": 50.0, "status": "observed", "observed_by": "nurse"}),
    ("dose", {"dose_mg": 50.0, "status": "reported"}),
    ("dose", {"dose_mg": 50.0, "status": "missed"}),
    (
        "lab",
        {"test": "alt", "value": 31.0, "unit": "U/L", "upper_limit": 40.0, "specimen": "blood"},
    ),
    ("vital_signs", {"pulse_per_min": 72, "systolic_mmhg": 124, "diastolic_mmhg": 78}),
    ("alcohol_day", {"date": "", "drinks": 0}),  # the event's own day
    ("symptom", {"term": "nausea", "present": False}),
    ("words", {"text": "Чувствую себя хорошо, тяги нет."}),
)
VERSIONS = {"lab": 2}


@dataclass(frozen=True)
class Sizes:
    """How much is filled in.

    decisions: screenings kept and replayed; 0 = none. seconds: of single appends.
    """

    patients: int = 1_000
    events: int = 100_000
    decisions: int = 100
    seconds: float = 2.0


SMALL = Sizes()


def measured_record(
    folder: Path, sizes: Sizes = SMALL, *, files: Path = Path("examples/patients")
) -> dict[str, float]:
    """Fill a new SQLite record in a folder and measure it.

    files: folder with patient files that are screened in turn. Returns rates a second (`_per_s`),
    times (`_ms`), and sizes (`_mib`); memory is the peak of this process.
    Raises InputError for sizes that hold no events, or a folder without patient files.
    """
    if sizes.patients < 1 or sizes.events < LONG_EVENTS + sizes.patients:
        allowed = f"{LONG_EVENTS} events and one a patient at least"
        raise InputError("bench", "events", sizes.events, allowed)
    folder.mkdir(parents=True, exist_ok=True)
    path = folder / "record.db"
    engine = engine_of(f"sqlite:///{path}")
    migrate(engine)
    record = open_record(engine, create_keyring(folder / "record.keys"))
    found = {"loaded_events_per_s": _loaded(record, sizes)}
    found["durable_appends_per_s"] = _appended(record, sizes)
    found["state_of_5000_events_ms"] = _median_ms(lambda: folded(record.all(LONG), record.clock()))
    found["todays_list_ms"] = _median_ms(lambda: today(record, record.clock(), UTC_ZONE))
    if sizes.decisions:
        found |= _replayed(record, sizes.decisions, files)
    found["verified_events_per_s"] = _verified(record)
    found["database_mib"] = path.stat().st_size / 2**20
    found["memory_peak_mib"] = _memory_peak_mib()
    engine.dispose()
    return found


def _rate(count: int, work: Callable[[], object]) -> float:
    start = perf_counter()
    work()
    return count / (perf_counter() - start)


def _loaded(record: Record, sizes: Sizes) -> float:
    """Events a second of the bulk loader: many calls in one transaction."""
    each = (sizes.events - LONG_EVENTS) // sizes.patients
    now = record.clock()
    calls = ((patient, _course(now, each)) for patient in _names(sizes.patients))

    def load() -> None:
        _load(record, [(LONG, _course(now, LONG_EVENTS))])
        while part := list(islice(calls, CALLS_AT_ONCE)):
            _load(record, part)

    return _rate(LONG_EVENTS + each * sizes.patients, load)


def _load(record: Record, calls: Sequence[tuple[str, Sequence[NewEvent]]]) -> None:
    with writing(record.engine) as connection:
        for patient, new in calls:
            written = append_in(connection, record, patient, new, LOADER)
    record.keep_head(written.head)


def _names(patients: int) -> Iterator[str]:
    return (f"patient-{number:07}" for number in range(patients))


def _course(now: datetime, events: int) -> list[NewEvent]:
    """Events of one patient, eight hours apart, up to now."""
    return [
        _event(number, now - timedelta(hours=8 * (events - number))) for number in range(events)
    ]


def _event(number: int, at: datetime) -> NewEvent:
    kind, payload = DAY[number % len(DAY)]
    dated = {"date": at.date().isoformat()} if "date" in payload else {}
    return NewEvent(kind, at, {**payload, **dated}, VERSIONS.get(kind, 1))


def _appended(record: Record, sizes: Sizes) -> float:
    """Calls a second of one event each; each is on the disk when it returns."""
    done, names = 0, list(islice(_names(sizes.patients), 1_000))
    start = perf_counter()
    while perf_counter() - start < sizes.seconds:
        record.append(names[done % len(names)], [_event(done, record.clock())], LOADER)
        done += 1
    return done / (perf_counter() - start)


def _median_ms(work: Callable[[], object]) -> float:
    return 1_000 * median(1 / _rate(1, work) for _ in range(READS))


def _replayed(record: Record, decisions: int, files: Path) -> dict[str, float]:
    """Screenings kept and run again, each second."""
    patients = [load_patient(path) for path in sorted(files.glob("*.yaml"))]
    if not patients:
        raise InputError("bench", "files", str(files), "a folder with patient files")
    names = list(islice(_names(decisions), decisions))

    def decide() -> None:
        for number, name in enumerate(names):
            file = patients[number % len(patients)]
            decide_screen(record, name, LOADER, file=file, products=[PRODUCT], jurisdiction="us")

    decided = _rate(decisions, decide)
    start = perf_counter()
    report = replay(record)
    rate = report.replayed / (perf_counter() - start)
    assert report.agrees, "what was decided a moment ago must come out the same"
    return {"decisions_kept_per_s": decided, "replays_per_s": rate}


def _verified(record: Record) -> float:
    start = perf_counter()
    report = verify(record)
    rate = report.events / (perf_counter() - start)
    assert not report.problems, "a record that was just written must verify"
    return rate


def _memory_peak_mib() -> float:
    """Most memory that this process has held. Unix only: 0 elsewhere."""
    try:
        import resource
    except ImportError:
        return 0.0
    peak = resource.getrusage(resource.RUSAGE_SELF).ru_maxrss
    return peak / (2**20 if sys.platform == "darwin" else 2**10)
