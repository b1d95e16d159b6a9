"""The table of observations as text: its columns, numbers, regimens and units."""

from __future__ import annotations

import csv
import math
import re
from collections.abc import Mapping, Sequence
from pathlib import Path

from antagonist.foundation.errors import InputError

_COLUMNS = (
    *("row_id", "source", "n", "product", "dose_mg", "regimen", "time_h", "quantity"),
    *("statistic", "value", "unit", "low", "high", "challenge", "provenance", "note"),
)
# (unit of the model's output, unit of the row) -> factor.
_FACTORS = {
    ("h", "d"): 1 / 24,
    ("h", "min"): 60.0,
    ("d", "h"): 24.0,
    ("d", "w"): 1 / 7,
    ("L/h", "mL/min"): 1000 / 60,
    ("L/h", "L/min"): 1 / 60,
    ("ng/mL", "ug/L"): 1.0,
    ("ng/mL", "pg/mL"): 1000.0,
    ("ng*h/mL", "ug*h/L"): 1.0,
}


def unit_factor(base: str, unit: str) -> float | None:
    """What turns a number in the model's unit into the row's; None where it is not known.

    A row without a unit is taken to have the model's.
    """
    if unit in ("", base) or not base:
        return 1.0
    return _FACTORS.get((base, unit))


def read_rows(path: Path) -> list[dict[str, str]]:
    """Rows of a file in the format of observations.csv.

    Raises InputError naming the file and what is missing.
    """
    try:
        with path.open(encoding="utf-8", newline="") as stream:
            reader = csv.DictReader(stream)
            missing = [c for c in _COLUMNS if c not in (reader.fieldnames or [])]
            rows = list(reader)
    except (OSError, UnicodeDecodeError, csv.Error) as error:
        raise InputError(path.name, "", None, f"a readable CSV file: {error}") from None
    if missing:
        raise InputError(path.name, "columns", ", ".join(missing), "present in the first line")
    if not rows:
        raise InputError(path.name, "rows", 0, "at least one row")
    _check_rows(rows, path.name)
    return rows


def _check_rows(rows: Sequence[Mapping[str, str]], source: str) -> None:
    seen: set[str] = set()
    for n, row in enumerate(rows, start=1):
        name = row["row_id"]
        if None in row or None in row.values():
            raise InputError(source, f"row {n}", name, "as many fields as the first line")
        if not name or name in seen:
            raise InputError(source, f"row {n}.row_id", name, "an id that no other row has")
        seen.add(name)


def number(row: Mapping[str, str], name: str, source: str) -> float | None:
    text = (row.get(name) or "").strip()
    if not text:
        return None
    try:
        number = float(text)
    except ValueError:
        number = math.nan
    if not math.isfinite(number):
        raise InputError(source, f"{row['row_id']}.{name}", text, "a number or empty")
    return number


_UNIT_H = {"h": 1.0, "d": 24.0, "w": 168.0}
_REGIMENS = {
    "": (1, 24.0),
    "single": (1, 24.0),
    "daily": (14, 24.0),
    "chronic": (28, 24.0),
    "weekly": (4, 168.0),
    "three times a week": (12, 56.0),
}


def regimen(text: str) -> tuple[int, float] | None:
    """Doses and interval, h, of a regimen in the words of the table.

    Without a count a regimen goes on for two weeks, or for four doses where that is longer.
    """
    if text in _REGIMENS:
        return _REGIMENS[text]
    if match := re.fullmatch(r"(daily|weekly) x ?([1-9]\d*)", text):
        return int(match[2]), _REGIMENS[match[1]][1]
    if match := re.fullmatch(r"q(\d+)([hdw])(?: x ?([1-9]\d*))?", text):
        interval_h = int(match[1]) * _UNIT_H[match[2]]
        count = int(match[3]) if match[3] else max(4, round(336 / interval_h) if interval_h else 0)
        return (count, interval_h) if interval_h > 0 else None
    return None
