"""Events from files and into files: every line taken or refused with its reason."""

from __future__ import annotations

import csv
import json
from datetime import UTC, datetime
from pathlib import Path
from typing import Any

import pytest
from hypothesis import example, given, settings
from hypothesis import strategies as st
from tests.support.records import (
    SettableClock,
    migrated_database,
    new_keys,
    opened,
    retraction,
    words,
)

from antagonist.feedback.events import Actor, Event, NewEvent
from antagonist.feedback.identity import create_patient
from antagonist.feedback.merging import members, merge
from antagonist.feedback.record import Record
from antagonist.feedback.transfer import ImportReport, export_events, import_events
from antagonist.feedback.transfer_rows import RowRead, rows_of, write_rows
from antagonist.feedback.verify import verify
from antagonist.foundation.errors import InputError

AT = "2026-04-30T12:00:00+03:00"
LETTER = Actor("dr.two", "prescriber", "letter")


@pytest.fixture
def patient(record: Record, actor: Actor) -> str:
    """A patient with an identifier."""
    return create_patient(record, actor, {"family": "P"}, [("clinic", "17")])


def _file(folder: Path, name: str, text: str) -> Path:
    path = folder / name
    path.write_text(text, encoding="utf-8")
    return path


def _lines(folder: Path, *rows: object) -> Path:
    return _file(folder, "in.jsonl", "\n".join(json.dumps(row) for row in rows))


def _row(patient: str, text: str, **more: Any) -> dict[str, Any]:
    return {
        "patient": patient,
        "kind": "words",
        "occurred_at": AT,
        "payload": {"text": text},
        **more,
    }


def _texts(record: Record, patient: str) -> list[str]:
    return [e.payload["text"] for e in record.all(patient) if e.kind == "words"]


def _refused(report: ImportReport) -> list[tuple[int, str]]:
    return [(found.line, found.field) for found in report.refused]


def test_csv_with_a_column_for_each_field(
    record: Record, actor: Actor, patient: str, tmp_path: Path
) -> None:
    path = _file(
        tmp_path,
        "in.csv",
        "system,value,kind,occurred_at,author,role,source,payload.text,payload.product,"
        "payload.dose_mg,payload.lot,payload.expiry,payload.side,payload.given_by\n"
        f"clinic,17,words,{AT},,,,123,,,,,,\n"
        f'clinic,17,words,{AT},dr.two,prescriber,letter,"two\nlines, said so",,,,,,\n'
        f"clinic,17,injection,{AT},,,,,vivitrol-us-380,380,0012,2027-01-31,left,nurse.one\n",
    )
    assert import_events(record, path, actor) == ImportReport(3, 0, ())
    _, first, second, third = record.all(patient)
    assert first.payload == {"text": "123"}
    assert (first.author, first.role, first.source) == (actor.author, actor.role, actor.source)
    assert first.occurred_at == datetime(2026, 4, 30, 9, tzinfo=UTC)
    assert second.payload == {"text": "two\nlines, said so"}
    assert (second.author, second.role, second.source) == ("dr.two", "prescriber", "letter")
    assert third.payload["dose_mg"] == 380
    assert third.payload["lot"] == "0012"
    assert third.payload["expiry"] == "2027-01-31"


def test_a_lot_that_is_a_number_stays_text(
    record: Record, actor: Actor, patient: str, tmp_path: Path
) -> None:
    path = _file(
        tmp_path,
        "in.csv",
        "patient,kind,occurred_at,payload.product,payload.dose_mg,payload.lot,payload.expiry,"
        "payload.side,payload.given_by\n"
        f"{patient},injection,{AT},vivitrol-us-380,380,1E5,2027-01-31,left,7\n",
    )
    assert import_events(record, path, actor).refused == ()
    payload = record.all(patient)[-1].payload
    assert (payload["lot"], payload["given_by"]) == ("1E5", "7")


def test_csv_of_a_spreadsheet_with_semicolons_and_a_mark_of_byte_order(
    record: Record, actor: Actor, patient: str, tmp_path: Path
) -> None:
    text = f"\ufeffpatient;kind;occurred_at;payload\r\n{patient};words;{AT};"
    path = _file(tmp_path, "in.csv", text + '"{""text"":""да""}"\r\n;;;\r\n')
    assert import_events(record, path, actor) == ImportReport(1, 0, ())
    assert _texts(record, patient) == ["да"]


def test_fields_inside_fields(record: Record, actor: Actor, patient: str, tmp_path: Path) -> None:
    path = _file(
        tmp_path,
        "in.csv",
        "patient,kind,occurred_at,payload.taken,payload.method,payload.results.morphine,"
        "payload.results.methadone\n"
        f"{patient},urine_drug_test,{AT},{AT},immunoassay,negative,positive\n",
    )
    assert import_events(record, path, actor).refused == ()
    assert record.all(patient)[-1].payload["results"] == {
        "morphine": "negative",
        "methadone": "positive",
    }


def test_yaml_times_stay_as_they_are_written(
    record: Record, actor: Actor, patient: str, tmp_path: Path
) -> None:
    path = _file(
        tmp_path,
        "in.yaml",
        f"""
# a comment
- patient: {patient}
  kind: words
  occurred_at: 2026-04-30T12:00:00+03:00
  payload: {{text: with its zone}}
- patient: {patient}
  kind: words
  occurred_at: 2026-04-30 12:00:00
  payload.text: without
""",
    )
    report = import_events(record, path, actor, partial=True)
    assert report.accepted == 1
    assert _refused(report) == [(7, "occurred_at")]
    assert _texts(record, patient) == ["with its zone"]
    assert record.all(patient)[-1].occurred_at == datetime(2026, 4, 30, 9, tzinfo=UTC)


REFUSED: list[tuple[dict[str, Any], str]] = [
    ({"kind": "word"}, "kind"),
    ({"kind": None}, "kind"),
    ({"payload": {"texts": "x"}}, "text"),
    ({"payload": "no JSON"}, "payload"),
    ({"payload": [1]}, "payload"),
    ({"payload.text.more": "x"}, "payload.text.more"),
    ({"occurred_at": None}, "occurred_at"),
    ({"occurred_at": "2026-04-30T12:00"}, "occurred_at"),
    ({"occurred_at": "2026-04-30"}, "occurred_at"),
    ({"occurred_at": "0026-04-30T12:00Z"}, "occurred_at"),
    ({"occurred_at": "2026-05-01T09:00:01Z"}, "occurred_at"),  # a second after the clock
    ({"patient": "nobody"}, "patient"),
    ({"patient": None}, "patient"),
    ({"patient": 5}, "patient"),
    ({"system": "clinic", "value": "17"}, "patient"),
    ({"patient": None, "system": "clinic"}, "patient"),
    ({"patient": None, "system": "clinic", "value": "18"}, "identifier"),
    ({"role": "doctor"}, "role"),
    ({"author": "x" * 201}, "author"),
    ({"author": ""}, "author"),
    ({"author": "a\x00b"}, "author"),
    ({"source": "a\x1fb"}, "source"),
    ({"key": "\ud800"}, "key"),
    ({"payload": {"text": "\ud800"}}, "text"),
    ({"version": 9}, "version"),
    ({"version": "first"}, "version"),
    ({"corrects": "nothing"}, "corrects"),
    ({"kind": "patient_created", "payload": {}}, "patient"),
    ({"comment": "x"}, "comment"),
]  # fmt: skip


def test_each_wrong_line_is_refused_by_its_field_and_the_others_are_taken(
    record: Record, actor: Actor, patient: str, tmp_path: Path
) -> None:
    rows = [_row(patient, "before"), *(_row(patient, "x") | wrong for wrong, _ in REFUSED)]
    path = _lines(tmp_path, *rows, _row(patient, "after", author="д-р\u00a0" + "x" * 196))
    report = import_events(record, path, LETTER, partial=True)
    assert _refused(report) == [(n, field) for n, (_, field) in enumerate(REFUSED, start=2)]
    assert report.accepted == 2
    assert _texts(record, patient) == ["before", "after"]
    assert verify(record).problems == ()
    assert actor.author not in {event.author for event in record.all(patient)[1:]}


def test_nothing_is_half_imported(
    record: Record, actor: Actor, patient: str, tmp_path: Path
) -> None:
    before = record.heads.known()
    path = _lines(tmp_path, _row(patient, "fine"), _row(patient, "x", role="doctor"))
    report = import_events(record, path, actor)
    assert (report.accepted, report.repeated, _refused(report)) == (0, 0, [(2, "role")])
    assert _texts(record, patient) == []
    assert record.heads.known() == before
    assert verify(record).problems == ()


def test_a_line_that_is_no_json_is_refused(
    record: Record, actor: Actor, patient: str, tmp_path: Path
) -> None:
    good = json.dumps(_row(patient, "fine"))
    path = _file(tmp_path, "in.ndjson", f'{good}\n\n{{"patient":\n[1]\n{{"version": NaN}}\n')
    report = import_events(record, path, actor, partial=True)
    assert [found.line for found in report.refused] == [3, 4, 5]
    assert _texts(record, patient) == ["fine"]


def test_a_csv_line_with_too_many_cells_is_refused(
    record: Record, actor: Actor, patient: str, tmp_path: Path
) -> None:
    head = "patient,kind,occurred_at,payload.text\n"
    good = f'{patient},words,{AT},"two\nlines"\n'
    path = _file(tmp_path, "in.csv", f"{head}{good}{patient},words,{AT},a,b\n{good}")
    report = import_events(record, path, actor, partial=True)
    assert [found.line for found in report.refused] == [4]
    assert report.accepted == 2


@pytest.mark.parametrize(
    ("name", "text", "said"),
    [
        ("in.txt", "", "one of .csv"),
        ("in.csv", "patient,kind,when\n", "column 'when'"),
        ("in.csv", 'patient,kind\n"a" b,c\n', "valid CSV"),
        ("in.yaml", "a: [", "valid YAML"),
        ("in.yaml", "a: 1", "a list of events"),
    ],
)
def test_a_file_that_cannot_be_read_is_refused_whole(
    record: Record, actor: Actor, tmp_path: Path, name: str, text: str, said: str
) -> None:
    with pytest.raises(InputError, match=said):
        import_events(record, _file(tmp_path, name, text), actor, partial=True)
    assert verify(record).events == 0


def test_a_file_not_there_or_not_in_utf_8_is_refused(
    record: Record, actor: Actor, tmp_path: Path
) -> None:
    with pytest.raises(InputError, match="readable file"):
        import_events(record, tmp_path / "none.csv", actor)
    (tmp_path / "in.csv").write_bytes("patient;да\n".encode("cp1251"))
    with pytest.raises(InputError, match="UTF-8"):
        import_events(record, tmp_path / "in.csv", actor)


@pytest.mark.parametrize("name", ["empty.csv", "empty.yaml", "empty.jsonl"])
def test_an_empty_file_imports_nothing(
    record: Record, actor: Actor, tmp_path: Path, name: str
) -> None:
    assert import_events(record, _file(tmp_path, name, ""), actor) == ImportReport(0, 0, ())


def test_a_key_makes_a_line_count_once(
    record: Record, actor: Actor, patient: str, tmp_path: Path
) -> None:
    path = _lines(tmp_path, _row(patient, "once", key="k1"), _row(patient, "each time"))
    assert import_events(record, path, actor) == ImportReport(2, 0, ())
    assert import_events(record, path, actor) == ImportReport(1, 1, ())
    assert _texts(record, patient) == ["once", "each time", "each time"]
    other = _lines(tmp_path, _row(patient, "something else", key="k1"))
    assert _refused(import_events(record, other, actor)) == [(1, "key")]


def test_corrections_name_events_of_the_file_or_of_the_record(
    record: Record, actor: Actor, patient: str, tmp_path: Path
) -> None:
    (known,) = record.append(patient, [words("on record")], actor)
    path = _lines(
        tmp_path,
        _row(patient, "of the file", id="f1"),
        _row(patient, "corrected", id="f2", corrects="f1"),
        _row(patient, "corrected too", corrects=known.event_id),
        _row(patient, "f1 again", id="f1"),
        _row(patient, "known again", id=known.event_id),
    )
    report = import_events(record, path, actor, partial=True)
    assert _refused(report) == [(4, "id"), (5, "id")]
    held = [e.payload["text"] for e in record.history(patient) if e.kind == "words"]
    assert held == ["corrected", "corrected too"]


def _plain(events: tuple[Event, ...]) -> list[tuple[Any, ...]]:
    """Events without what an import gives anew: ids, the time of recording and hashes."""
    place = {event.event_id: event.n for event in events}
    return [
        (
            e.patient, e.n, e.kind, e.version, e.occurred_at, e.author, e.role, e.source,
            place.get(e.corrects or ""),
            json.dumps(e.payload, sort_keys=True) if e.kind != "alarm_acknowledged"
            else place[e.payload["alarm"]],
        )
        for e in events
    ]  # fmt: skip


@pytest.fixture
def storied(record: Record, actor: Actor, clock: SettableClock) -> Record:
    """Corrections, retractions, references and awkward text, for two patients that are one."""
    keep = create_patient(record, actor, {}, [("clinic", "17")], program="day clinic")
    other = create_patient(record, actor, {}, [("clinic", "18")])
    for patient in (keep, other):
        (first, second) = record.append(
            patient, [words('"a";\r\nб,\t=1+1 '), words("2026-05-01")], actor
        )
        clock.advance(hours=1, microseconds=7)
        record.append(patient, [words("yes", clock.at, corrects=first.event_id)], LETTER)
        record.append(patient, [retraction(second.event_id, "another patient's")], actor)
        noted = {"alarm": first.event_id, "note": "null"}
        record.append(patient, [NewEvent("alarm_acknowledged", clock.at, noted)], actor)
    merge(record, actor, keep, other, "same passport")
    return record


@pytest.mark.parametrize("ending", ["csv", "yaml", "jsonl"])
def test_what_was_exported_is_imported_the_same(
    storied: Record, actor: Actor, backend: str, tmp_path: Path, ending: str
) -> None:
    path = tmp_path / f"out.{ending}"
    with storied.engine.connect() as connection:
        query = "SELECT patient FROM patients"
        patients = sorted(row[0] for row in connection.exec_driver_sql(query))
    assert export_events(storied, None, path) == verify(storied).events == 14
    folder = tmp_path / "again"
    folder.mkdir()
    with (
        migrated_database(backend, folder) as url,
        opened(url, new_keys(folder), SettableClock(storied.clock())) as again,
    ):
        assert import_events(again, path, actor) == ImportReport(14, 0, ())
        for patient in patients:
            assert _plain(again.all(patient)) == _plain(storied.all(patient))
            assert members(again, patient) == members(storied, patient)
            assert [e.payload for e in again.history(patient) if e.kind == "words"] == [
                e.payload for e in storied.history(patient) if e.kind == "words"
            ]
        assert verify(again).problems == ()
        assert import_events(again, path, actor) == ImportReport(0, 14, ())
    assert import_events(storied, path, actor, partial=True).accepted == 0


def test_no_cell_of_an_export_is_a_formula(record: Record, patient: str, tmp_path: Path) -> None:
    author = Actor('=HYPERLINK("https://evil.example")', "nurse", "@SUM(1)")
    record.append(patient, [words("=1+1")], author)
    record.append(patient, [words("-1")], Actor("'=1", "nurse", "'tis"))
    path = tmp_path / "out.csv"
    export_events(record, patient, path)
    with path.open(encoding="utf-8", newline="") as file:
        rows = list(csv.DictReader(file))
    assert not [cell for row in rows for cell in row.values() if cell[:1] in "=+-@\t\r" and cell]
    assert [row["author"] for row in rows[1:]] == [f"'{author.author}", "''=1"]
    read = [row.values for row in rows_of(path) if isinstance(row, RowRead)]
    assert [row["author"] for row in read[1:]] == [author.author, "'=1"]
    assert [row["source"] for row in read[1:]] == [author.source, "'tis"]


def test_one_patients_events_are_exported_without_the_name(
    record: Record, actor: Actor, patient: str, tmp_path: Path
) -> None:
    record.append("other", [words("not this")], actor)
    record.append(patient, [words("this")], actor)
    assert export_events(record, patient, tmp_path / "out.csv") == 2
    with (tmp_path / "out.csv").open(encoding="utf-8", newline="") as file:
        rows = list(csv.DictReader(file))
    assert [row["kind"] for row in rows] == ["patient_created", "words"]
    assert json.loads(rows[1]["payload"]) == {"text": "this"}
    assert rows[1]["occurred_at"] == "2026-05-01T09:00:00.000000Z"
    assert {row["patient"] for row in rows} == {patient}


def test_an_export_needs_a_known_patient_and_a_new_file(
    record: Record, patient: str, tmp_path: Path
) -> None:
    with pytest.raises(InputError, match="a patient on record"):
        export_events(record, "nobody", tmp_path / "out.csv")
    assert list(tmp_path.glob("out*")) == []
    path = _file(tmp_path, "kept.csv", "kept")
    with pytest.raises(InputError, match="not there yet"):
        export_events(record, patient, path)
    assert path.read_text() == "kept"


TEXTS = st.text(st.characters(codec="utf-8"), min_size=1)
PAYLOADS = st.dictionaries(TEXTS, st.none() | st.booleans() | st.integers() | TEXTS, max_size=3)


@settings(deadline=None)
@example(rows=[("=1", {}), ("'=1", {}), ("'", {"=": "=1"})], ending="csv")
@given(
    rows=st.lists(st.tuples(TEXTS, PAYLOADS), max_size=4),
    ending=st.sampled_from(("csv", "yaml", "jsonl")),
)
def test_whatever_is_written_is_read_the_same(
    tmp_path_factory: pytest.TempPathFactory, rows: list[tuple[str, dict[str, Any]]], ending: Any
) -> None:
    path = tmp_path_factory.mktemp("rows") / f"rows.{ending}"
    with path.open("wb") as file:
        written = [{"patient": text, "payload": payload} for text, payload in rows]
        assert write_rows(file, written, ending) == len(rows)
    found = list(rows_of(path))
    assert all(isinstance(row, RowRead) for row in found)
    assert [
        (row.values["patient"], row.payload) for row in found if isinstance(row, RowRead)
    ] == rows
