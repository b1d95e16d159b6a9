"""CSV tables in NONMEM's form: header, cells by column, and the line each row stands on."""

from __future__ import annotations

import csv
import difflib
import gzip
import io
import math
import zlib
from collections.abc import Collection, Mapping
from dataclasses import dataclass
from pathlib import Path

from antagonist.foundation.errors import InputError

RESERVED = (
    "id",
    "time",
    "amt",
    "evid",
    "cmt",
    "addl",
    "ii",
    "rate",
    "ss",
    "mdv",
    "dv",
    "product",
)
# Reserved too where observed values are wanted.
OBSERVED = ("dvid", "blq", "lloq", "cens", "limit")
REQUIRED = ("id", "time", "amt")
MAX_BYTES = 500_000_000
_MISSING = frozenset(("", "."))
_LIKELY_SLIP = 0.85  # similarity from which an unknown column is a misspelt reserved one


@dataclass(frozen=True)
class Row:
    """One data row.

    line: line number in the file, from 1. cells: column -> text; missing cells left out.
    """

    source: str
    line: int
    cells: Mapping[str, str]

    def error(self, column: str, allowed: str, value: object = None) -> InputError:
        """The one error for a cell: file, line, column, value and what is allowed."""
        shown = self.cells.get(column) if value is None else value
        return InputError(self.source, f"line {self.line}, column {column}", shown, allowed)

    def number(self, column: str, default: float, allowed: str) -> float:
        """Finite number of a cell, default where it is missing."""
        text = self.cells.get(column)
        if text is None:
            return default
        try:
            value = float(text)
        except ValueError:
            raise self.error(column, allowed) from None
        if not math.isfinite(value) or "_" in text:
            raise self.error(column, allowed)
        return value

    def whole(self, column: str, low: int, high: int, allowed: str) -> int:
        """Whole number of a cell from low to high, 0 where it is missing."""
        value = self.number(column, 0.0, allowed)
        if value != int(value) or not low <= value <= high:
            raise self.error(column, allowed)
        return int(value)


@dataclass(frozen=True)
class Table:
    """Rows and the extra columns, in file order."""

    rows: tuple[Row, ...]
    extra: tuple[str, ...]


def read_table(path: Path, extra_known: Collection[str] | None, *, observed: bool = False) -> Table:
    """Table of a CSV file, plain or ``.csv.gz``.

    Reserved column names are lower-cased. extra_known: names of extra columns that are
    accepted, matched without case; None accepts any, spelled as in the file.
    observed: the columns of OBSERVED are reserved too.
    Blank lines and lines that begin with # are skipped.
    Raises InputError for an unreadable or empty file, a column that is missing, double or
    unknown, and a row of the wrong length.
    """
    source = path.name
    reserved = (*RESERVED, *OBSERVED) if observed else RESERVED
    reader = csv.reader(io.StringIO(_read(path), newline=""), strict=True)
    header: list[str] | None = None
    rows: list[Row] = []
    try:
        for raw in reader:
            cells = [cell.strip() for cell in raw]
            if not any(cells) or cells[0].startswith("#"):
                continue
            if header is None:
                header = _header(cells, source, reader.line_num, extra_known, reserved)
                continue
            if len(cells) != len(header):
                where = f"line {reader.line_num}"
                raise InputError(source, where, f"{len(cells)} cells", f"{len(header)} cells")
            pairs = zip(header, cells, strict=True)
            kept = {name: text for name, text in pairs if text not in _MISSING}
            rows.append(Row(source, reader.line_num, kept))
    except csv.Error as error:
        raise InputError(source, f"line {reader.line_num}", str(error), "CSV cells") from None
    if not rows:
        found = "an empty file" if header is None else "a header without rows"
        raise InputError(source, "", found, "a header and at least one subject's rows")
    return Table(tuple(rows), tuple(name for name in header or () if name not in reserved))


def _read(path: Path) -> str:
    try:
        if path.name.endswith(".gz"):
            with gzip.open(path) as stream:
                data = stream.read(MAX_BYTES + 1)
        else:
            with path.open("rb") as stream:
                data = stream.read(MAX_BYTES + 1)
    except (OSError, EOFError, zlib.error) as error:
        found = getattr(error, "strerror", None) or "unreadable or cut short"
        raise InputError(path.name, "", str(found).lower(), "a readable CSV file") from None
    if len(data) > MAX_BYTES:
        raise InputError(path.name, "", "a larger file", f"at most {MAX_BYTES} bytes")
    try:
        return data.decode("utf-8-sig")
    except UnicodeDecodeError:
        raise InputError(path.name, "", "bytes that are no UTF-8", "text in UTF-8") from None


def _header(
    cells: list[str],
    source: str,
    line: int,
    extra_known: Collection[str] | None,
    reserved: tuple[str, ...],
) -> list[str]:
    spelled = {name.lower(): name for name in extra_known or ()} | {n: n for n in reserved}
    names = [spelled.get(cell.lower(), cell) for cell in cells]
    where = f"line {line}, column"
    for index, name in enumerate(names):
        if not name:
            raise InputError(
                source, f"line {line}", f"column {index + 1}", "a name for each column"
            )
        if name in names[:index]:
            raise InputError(source, f"{where} {name}", name, "each column once")
        absent = [one for one in reserved if one not in names]
        known = extra_known is None or name in extra_known or name in reserved
        cutoff = _LIKELY_SLIP if known else 0.6
        options = absent if known else [*absent, *(extra_known or ())]
        slip = name not in spelled and difflib.get_close_matches(name.lower(), options, 1, cutoff)
        if slip or not known:
            hint = f"; did you mean '{slip[0]}'?" if slip else ""
            columns = ", ".join((*reserved, *sorted(extra_known or ())))
            raise InputError(source, f"{where} {name}", name, f"one of {columns}{hint}")
    for name in REQUIRED:
        if name not in names:
            raise InputError(source, f"{where} {name}", None, f"required: {', '.join(REQUIRED)}")
    return names
