"""The audit as a file: CSV that no spreadsheet takes for formulas, or JSON Lines."""

from __future__ import annotations

import csv
import io
import json
from collections.abc import Callable, Iterable, Iterator, Mapping
from dataclasses import asdict

from antagonist.foundation.errors import InputError
from antagonist.foundation.visible import safe_cell
from antagonist.web.accounts.audit import Entry

FIELDS = tuple(Entry.__dataclass_fields__)
BOM = "\ufeff"  # without it spreadsheets read UTF-8 as another encoding


def as_csv(entries: Iterable[Entry]) -> Iterator[str]:
    """Lines of a CSV file (RFC 4180) with a header."""
    yield BOM + _csv_line(FIELDS)
    for entry in entries:
        yield _csv_line([safe_cell(getattr(entry, field)) for field in FIELDS])


def _csv_line(cells: Iterable[str]) -> str:
    made = io.StringIO()
    csv.writer(made).writerow(cells)
    return made.getvalue()


def as_json_lines(entries: Iterable[Entry]) -> Iterator[str]:
    """One JSON object a line; ``detail`` is an object in it."""
    for entry in entries:
        row = asdict(entry) | {"detail": json.loads(entry.detail)}
        yield json.dumps(row, ensure_ascii=False) + "\n"


FORMATS: Mapping[str, tuple[str, Callable[[Iterable[Entry]], Iterator[str]]]] = {
    "csv": ("text/csv; charset=utf-8", as_csv),
    "jsonl": ("application/x-ndjson", as_json_lines),
}


def written(entries: Iterable[Entry], kind: str) -> tuple[str, Iterator[str]]:
    """Media type and lines of a file. kind: csv or jsonl. Raises InputError for another."""
    if kind not in FORMATS:
        raise InputError("", "format", kind, " or ".join(FORMATS))
    media, make = FORMATS[kind]
    return media, make(entries)
