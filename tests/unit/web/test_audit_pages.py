"""The audit: filters, pages, files that no spreadsheet computes, and what is kept."""

from __future__ import annotations

import csv
import io
import json
from datetime import timedelta

import pytest
from tests.support.clinics import OpenClinic, text_of

from antagonist.feedback.database import changing, reading
from antagonist.foundation.errors import InputError
from antagonist.foundation.visible import safe_cell
from antagonist.web.accounts.audit import Entry, Filter, entries, every_entry, note, prune
from antagonist.web.accounts.audit_export import FIELDS
from antagonist.web.actions import auditing

PATIENT = "00000000-0000-4000-8000-000000000001"


def written(clinic: OpenClinic, name: str, action: str = "test", days_ago: float = 0) -> None:
    """A line of the audit."""
    at = clinic.clock.at - timedelta(days=days_ago)
    with changing(clinic.clinic.engine) as connection:
        note(
            connection, at, (None, name, "nurse"), action, "allowed",
            request="00000000-0000-4000-8000-000000000000", patient=PATIENT, detail={"x": 1},
        )  # fmt: skip


def lines(clinic: OpenClinic, **wanted: str) -> list[Entry]:
    """Lines, newest first."""
    with reading(clinic.clinic.engine) as connection:
        return entries(connection, Filter(**wanted), 1000)  # type: ignore[arg-type]


@pytest.mark.parametrize("who", ["viewer", "nurse", "prescriber"])
def test_only_administrators_read_the_audit(clinic: OpenClinic, who: str) -> None:
    assert clinic.browser(who).get("/audit").status_code == 403
    assert clinic.browser(who).get("/audit/export").status_code == 403
    assert clinic.program(who).get("/api/v1/audit").status_code == 403
    refused = lines(clinic, name=who, outcome="refused")
    assert {"audit.read", "audit.export"} <= {line.action for line in refused}


def test_filters_choose_lines(own_clinic: OpenClinic) -> None:
    clinic, browser = own_clinic, own_clinic.browser("administrator")
    written(clinic, "anna", days_ago=10)
    written(clinic, "boris")
    shown = text_of(browser.get("/audit", name="Anna"))
    assert "anna" in shown.split("Newest first")[1]
    assert "boris" not in shown
    assert "boris" not in text_of(browser.get("/audit", last="2026-04-21"))
    assert "anna" not in text_of(browser.get("/audit", first="2026-04-22", patient=PATIENT))
    assert "No line fits" in text_of(browser.get("/audit", action="test", outcome="failed"))


@pytest.mark.parametrize(
    "asked",
    [
        {"first": "yesterday"},
        {"first": "2026-05-02", "last": "2026-05-01"},
        {"first": "9999-12-31"},
        {"patient": "Anna"},
        {"outcome": "maybe"},
        {"before": "-1"},
    ],
)
def test_a_wrong_filter_is_told(clinic: OpenClinic, asked: dict[str, str]) -> None:
    assert clinic.browser("administrator").get("/audit", **asked).status_code == 422


def test_pages_follow_each_other(own_clinic: OpenClinic, monkeypatch: pytest.MonkeyPatch) -> None:
    monkeypatch.setattr(auditing, "PAGE", 2)
    clinic, program = own_clinic, own_clinic.program("administrator")
    for n in range(5):
        written(clinic, f"n{n}", "paged")
    seen, before = list[str](), None
    while True:
        asked = {"action": "paged"} if before is None else {"action": "paged", "before": before}
        page = program.get("/api/v1/audit", params=asked).json()
        seen += [line["name"] for line in page["lines"]]
        before = page["before"]
        if before is None:
            break
    assert seen == ["n4", "n3", "n2", "n1", "n0"]
    html = clinic.browser("administrator").get("/audit", action="paged").text
    assert "before=" in html


def test_the_file_is_safe_for_spreadsheets_and_taking_it_is_audited(
    own_clinic: OpenClinic,
) -> None:
    clinic, browser = own_clinic, own_clinic.browser("administrator")
    written(clinic, '=cmd|"/c calc"!A1', "formula")
    found = browser.get("/audit/export", action="formula")
    assert found.headers["content-disposition"] == 'attachment; filename="audit.csv"'
    assert found.headers["content-type"] == "text/csv; charset=utf-8"
    header, row = csv.reader(io.StringIO(found.content.decode("utf-8-sig")))
    assert tuple(header) == FIELDS
    assert row[FIELDS.index("name")] == '\'=cmd|"/c calc"!A1'
    assert not any(cell.startswith(("=", "+", "-", "@", "\t", "\r")) for cell in row)
    (taken,) = lines(clinic, action="audit.exported")
    assert json.loads(taken.detail)["action_asked"] == "formula"
    plain = browser.get("/audit/export", format="jsonl", action="formula")
    assert plain.headers["content-disposition"] == 'attachment; filename="audit.jsonl"'
    assert json.loads(plain.text)["detail"] == {"x": 1}
    assert browser.get("/audit/export", format="xlsx").status_code == 422


@pytest.mark.parametrize("text", ["=1+1", "+1", "-1", "@SUM(A1)", "\t=1", "\r=1", "\n=1"])
def test_no_cell_begins_a_formula(text: str) -> None:
    assert safe_cell(text) == f"'{text}"


@pytest.mark.parametrize("value", ["nurse", 12, "a=b", ""])
def test_other_cells_stay_as_they_are(value: object) -> None:
    assert safe_cell(value) == str(value)
    assert safe_cell(None) == ""


def test_every_line_is_in_the_file_whatever_the_chunk(
    own_clinic: OpenClinic, monkeypatch: pytest.MonkeyPatch
) -> None:
    monkeypatch.setattr("antagonist.web.accounts.audit.CHUNK", 2)
    for n in range(5):
        written(own_clinic, f"n{n}", "chunk")
    found = every_entry(own_clinic.clinic.engine, Filter(action="chunk"))
    assert [line.name for line in found] == ["n4", "n3", "n2", "n1", "n0"]


def test_a_year_is_kept_at_least(own_clinic: OpenClinic) -> None:
    clinic, now = own_clinic, own_clinic.clock.at
    for name, days in (("old", 366), ("kept", 364)):
        written(clinic, name, "aged", days)
    with (
        changing(clinic.clinic.engine) as connection,
        pytest.raises(InputError, match="365 or more"),
    ):
        prune(connection, now, timedelta(days=364))
    with changing(clinic.clinic.engine) as connection:
        assert prune(connection, now, timedelta(days=365)) == 1
    assert [line.name for line in lines(clinic, action="aged")] == ["kept"]
