"""Rows of events in CSV, YAML and JSON lines: read with their lines, and written."""

from __future__ import annotations

import csv
import io
import json
from collections.abc import Callable, Iterable, Iterator, Mapping
from dataclasses import dataclass
from pathlib import Path
from typing import IO, Any, Literal, get_args

import yaml

from antagonist.foundation.errors import InputError
from antagonist.foundation.visible import plain_cell, safe_cell

Format = Literal["csv", "yaml", "jsonl"]
FORMATS: tuple[Format, ...] = get_args(Format)
SUFFIXES: Mapping[str, Format] = {
    ".csv": "csv", ".yaml": "yaml", ".yml": "yaml", ".jsonl": "jsonl", ".ndjson": "jsonl",
}  # fmt: skip
PAYLOAD, BELOW = "payload", "payload."
COLUMNS = (
    "patient", "system", "value", "id", "kind", "version", "occurred_at", "recorded_at",
    "corrects", "author", "role", "source", "key", PAYLOAD,
)  # fmt: skip
CELL_CHARACTERS = 1 << 26  # decisions are long


@dataclass(frozen=True, slots=True)
class RowRead:
    """A row of a file. line: where it begins. values: by column.

    payload: what the file says of the payload; texts: the part that came as text in cells of its
    own, by path, and may stand for numbers.
    """

    line: int
    values: Mapping[str, Any]
    payload: Mapping[str, Any]
    texts: Mapping[tuple[str, ...], str]


@dataclass(frozen=True, slots=True)
class Refused:
    """A line that was not taken. field: the column or the payload's field, where one is known."""

    line: int
    field: str
    reason: str


def format_of(path: Path) -> Format:
    """Format by a file's ending. Raises InputError for another one."""
    try:
        return SUFFIXES[path.suffix.lower()]
    except KeyError:
        raise InputError(path.name, "", path.suffix, f"one of {', '.join(SUFFIXES)}") from None


def rows_of(path: Path) -> Iterator[RowRead | Refused]:
    """Rows of a file, and lines that are none.

    Raises InputError for a file that cannot be read at all, and a column that nobody knows.
    """
    read: Mapping[Format, Callable[[IO[str]], Iterator[tuple[int, Any]]]] = {
        "csv": _csv_rows,
        "yaml": _yaml_rows,
        "jsonl": _json_rows,
    }
    form = format_of(path)
    try:
        with path.open(encoding="utf-8-sig", newline="") as stream:
            for line, content in read[form](stream):
                try:
                    yield _row(line, content, in_cells=form == "csv")
                except InputError as error:
                    yield Refused(line, error.field, str(error))
    except OSError as error:
        raise InputError(path.name, "", None, f"a readable file ({error.strerror})") from None
    except UnicodeDecodeError:
        raise InputError(path.name, "", None, "text in UTF-8") from None
    except csv.Error as error:
        raise InputError(path.name, "", None, f"valid CSV ({error})") from None
    except yaml.YAMLError as error:
        mark = getattr(error, "problem_mark", None)
        line_text = f"line {mark.line + 1}" if mark else ""
        raise InputError(path.name, line_text, None, f"valid YAML ({error})") from None


def _csv_rows(stream: IO[str]) -> Iterator[tuple[int, Any]]:
    header = stream.readline()
    # Spreadsheets of countries with a decimal comma separate by semicolons.
    delimiter = ";" if header.count(";") > header.count(",") else ","
    names = next(csv.reader([header], delimiter=delimiter), [])
    for name in names:
        if name not in COLUMNS and not name.startswith(BELOW):
            allowed = f"a column of {', '.join(COLUMNS)} or {BELOW}FIELD"
            raise InputError("events", f"column {name!r} (line 1)", None, allowed)
    before = csv.field_size_limit(CELL_CHARACTERS)
    try:
        reader = csv.reader(stream, delimiter=delimiter, strict=True)
        line = 2
        for cells in reader:
            if len(cells) > len(names):
                yield line, f"{len(names)} cells, as in the header; here are {len(cells)}"
            elif any(cells):
                filled = zip(names, cells, strict=False)
                yield line, {name: _cell(name, cell) for name, cell in filled if cell != ""}
            line = 2 + reader.line_num
    finally:
        csv.field_size_limit(before)


def _cell(name: str, cell: str) -> str:
    """A cell as it was before ``write_rows``; those of payloads hold JSON, which is no formula."""
    return cell if name.startswith(PAYLOAD) else plain_cell(cell)


def _json_rows(stream: IO[str]) -> Iterator[tuple[int, Any]]:
    for line, text in enumerate(stream, start=1):
        if text.strip():
            try:
                yield line, json.loads(text, parse_constant=_no_number)
            except ValueError as error:
                yield line, f"JSON ({error})"


def _no_number(text: str) -> Any:
    raise ValueError(f"{text} is no number")


class _Loader(yaml.CSafeLoader):
    """Times stay text, as they were written, with their zone or without."""


_Loader.add_constructor("tag:yaml.org,2002:timestamp", lambda _loader, node: node.value)


def _yaml_rows(stream: IO[str]) -> Iterator[tuple[int, Any]]:
    loader = _Loader(stream)
    try:
        root = loader.get_single_node()
        if root is not None and not isinstance(root, yaml.SequenceNode):
            raise InputError("events", "", None, "a list of events")
        for node in [] if root is None else root.value:
            yield node.start_mark.line + 1, loader.construct_object(node, deep=True)
    finally:
        loader.dispose()


def _row(line: int, content: Any, *, in_cells: bool) -> RowRead:
    if not isinstance(content, dict):
        found = content if isinstance(content, str) else f"{type(content).__name__}: no mapping"
        raise InputError("events", "", None, found)
    values: dict[str, Any] = {}
    payload: dict[str, Any] = {}
    texts: dict[tuple[str, ...], str] = {}
    for name, value in content.items():
        if name == PAYLOAD:
            payload = _payload(value)
        elif isinstance(name, str) and name.startswith(BELOW):
            texts[tuple(name.removeprefix(BELOW).split("."))] = value
        elif name in COLUMNS:
            values[name] = value
        else:
            raise InputError("events", str(name), None, f"one of {', '.join(COLUMNS)}")
    for path, text in texts.items():
        put(payload, path, _typed(text) if in_cells else text)
    return RowRead(line, values, payload, texts if in_cells else {})


def _payload(value: Any) -> dict[str, Any]:
    try:
        found = json.loads(value, parse_constant=_no_number) if isinstance(value, str) else value
    except ValueError as error:
        raise InputError("events", PAYLOAD, None, f"JSON ({error})") from None
    if not isinstance(found, dict):
        raise InputError("events", PAYLOAD, type(found).__name__, "a mapping of fields to values")
    return found


def _typed(text: str) -> Any:
    """A cell as what it most likely is: a number, yes or no, a list, a mapping; or its text."""
    try:
        return json.loads(text, parse_constant=_no_number)
    except ValueError:
        return text


def put(payload: dict[str, Any], path: tuple[str, ...], value: Any) -> None:
    """Put a value into a payload at a path. Raises InputError where no mapping is on the way."""
    here: Any = payload
    for name in path[:-1]:
        here = here.setdefault(name, {})
        if not isinstance(here, dict):
            raise InputError("events", BELOW + ".".join(path), None, f"no value at {name} itself")
    here[path[-1]] = value


def write_rows(file: IO[bytes], rows: Iterable[Mapping[str, Any]], form: Format) -> int:
    """Write rows in a format and say how many.

    Where cells are text payloads are JSON, and no spreadsheet takes a cell for a formula.
    """
    count = 0
    text = io.TextIOWrapper(file, encoding="utf-8", newline="", write_through=True)
    columns = [name for name in COLUMNS if name not in ("system", "value")]
    table = csv.DictWriter(text, columns)
    if form == "csv":
        table.writeheader()
    for row in rows:
        count += 1
        if form == "csv":
            payload = json.dumps(row[PAYLOAD], ensure_ascii=False, sort_keys=True)
            table.writerow({name: safe_cell(row[name]) for name in row} | {PAYLOAD: payload})
        elif form == "yaml":
            yaml.dump([dict(row)], text, yaml.CSafeDumper, allow_unicode=True, sort_keys=False)
        else:
            text.write(json.dumps(row, ensure_ascii=False) + "\n")
    text.detach()
    return count
