"""The record for the pages' timings: full, on treatment, and the same for the same seed."""

from __future__ import annotations

from datetime import UTC, datetime
from pathlib import Path
from zoneinfo import ZoneInfo

from benchmarks.web_seed import fill, measured
from tests.support.records import SettableClock, migrated_database, new_keys

from antagonist.feedback.database import engine_of
from antagonist.feedback.merging import everybody
from antagonist.feedback.opening import open_record
from antagonist.feedback.record import Record
from antagonist.feedback.state import folded
from antagonist.feedback.today import today
from antagonist.feedback.verify import verify

MOSCOW = ZoneInfo("Europe/Moscow")
NOW = datetime(2026, 11, 29, 6, tzinfo=UTC).astimezone(MOSCOW)
PATIENTS, EVENTS = 4, 60


def _told(record: Record) -> list[list[tuple[str, datetime, str]]]:
    """What is told of each patient, without the ids that are drawn."""
    return sorted(
        sorted((e.kind, e.occurred_at, str(e.payload.get("value"))) for e in record.all(patient))
        for patient, _ in everybody(record)
    )


def test_a_seeded_record_is_full_sound_and_repeatable(tmp_path: Path) -> None:
    told = []
    for name in ("one", "other"):
        folder = tmp_path / name
        folder.mkdir()
        with migrated_database("sqlite", folder) as url:
            engine = engine_of(url)
            record = open_record(engine, new_keys(folder), SettableClock(NOW))
            written = fill(record, NOW, PATIENTS, EVENTS, seed=3)
            listed = everybody(record)
            assert sum(events for _, events in listed) == written
            assert all(events >= EVENTS for _, events in listed)
            assert all(folded(record.all(patient), NOW).plan for patient, _ in listed)
            assert not verify(record).problems
            told.append(_told(record))
            if name == "other":
                assert today(record, NOW, MOSCOW)
                assert all(ms > 0 for ms in measured(record, NOW).values())
            engine.dispose()
    assert told[0] == told[1]
