"""The record's benchmark fills what it says, and names what it measured. No time is looked at."""

from __future__ import annotations

from pathlib import Path

import pytest

from antagonist.cli.bench_record import LONG, LONG_EVENTS, Sizes, measured_record
from antagonist.feedback.database import engine_of
from antagonist.feedback.keys import load_keyring
from antagonist.feedback.record import Record
from antagonist.feedback.verify import verify
from antagonist.foundation.errors import InputError

FILES = Path(__file__).parents[3] / "examples" / "patients"


def test_what_is_filled_and_what_is_named(tmp_path: Path) -> None:
    sizes = Sizes(patients=10, events=LONG_EVENTS + 200, decisions=2, seconds=0.01)
    found = measured_record(tmp_path / "bench", sizes, files=FILES)
    assert set(found) == {
        "loaded_events_per_s", "durable_appends_per_s", "state_of_5000_events_ms",
        "todays_list_ms", "decisions_kept_per_s", "replays_per_s", "verified_events_per_s",
        "database_mib", "memory_peak_mib",
    }  # fmt: skip
    assert all(value > 0 for value in found.values())

    engine = engine_of(f"sqlite:///{tmp_path / 'bench' / 'record.db'}")
    record = Record(engine, load_keyring(tmp_path / "bench" / "record.keys"))
    report = verify(record)
    assert (report.patients, report.problems) == (11, ())
    assert report.events > LONG_EVENTS + 200 + 2  # and at least one single append
    assert len(record.all(LONG)) == LONG_EVENTS
    engine.dispose()


def test_without_decisions_nothing_is_screened(tmp_path: Path) -> None:
    sizes = Sizes(patients=1, events=LONG_EVENTS + 1, decisions=0, seconds=0.01)
    found = measured_record(tmp_path / "bench", sizes, files=tmp_path)
    assert "replays_per_s" not in found


@pytest.mark.parametrize("sizes", [Sizes(patients=0), Sizes(patients=10, events=LONG_EVENTS + 9)])
def test_sizes_that_hold_nothing(tmp_path: Path, sizes: Sizes) -> None:
    with pytest.raises(InputError, match="events"):
        measured_record(tmp_path / "bench", sizes)
    assert not (tmp_path / "bench").exists()


def test_a_folder_without_patient_files(tmp_path: Path) -> None:
    sizes = Sizes(patients=1, events=LONG_EVENTS + 1, decisions=1, seconds=0.01)
    with pytest.raises(InputError, match="patient files"):
        measured_record(tmp_path / "bench", sizes, files=tmp_path)
