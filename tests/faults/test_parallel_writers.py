"""Writers beside each other lose no update, and the log has one order."""

from __future__ import annotations

from tests.faults import writer
from tests.faults.kill_rounds import PATIENCE_S, check_chain, processes

from antagonist.feedback.keys import Keyring
from antagonist.feedback.record import Record

WRITERS = 4
TIMES = 20


def _run(url: str, keys: Keyring, patients: list[str]) -> None:
    context = processes()
    running = [
        context.Process(target=writer.count_up, args=(url, str(keys.path), patient, TIMES))
        for patient in patients
    ]
    for process in running:
        process.start()
    for process in running:
        process.join(PATIENCE_S)
    assert [process.exitcode for process in running] == [0] * len(patients)


def test_no_update_of_one_patient_is_lost(record_url: str, keys: Keyring, record: Record) -> None:
    """Each writes the number after the last it saw: a lost update would leave one out or twice."""
    _run(record_url, keys, ["one"] * WRITERS)
    found = [event.payload["text"] for event in record.all("one")]
    assert found == [str(number) for number in range(1, WRITERS * TIMES + 1)]
    check_chain(record)


def test_writers_of_different_patients_do_not_refuse_each_other(
    record_url: str, keys: Keyring, record: Record
) -> None:
    patients = [f"patient-{number}" for number in range(WRITERS)]
    _run(record_url, keys, patients)
    for patient in patients:
        found = [event.payload["text"] for event in record.all(patient)]
        assert found == [str(number) for number in range(1, TIMES + 1)]
    check_chain(record)
