"""Data files: YAML read and checked, errors that name file, line and field, content hashes."""

from __future__ import annotations

import difflib
import hashlib
import json
from collections.abc import Callable, Collection, Iterable, Mapping
from dataclasses import dataclass
from pathlib import Path
from types import MappingProxyType
from typing import Any, TextIO, TypeVar

import yaml
from pydantic import BaseModel, ValidationError
from pydantic_core import ErrorDetails

from antagonist.foundation.errors import InputError

M = TypeVar("M", bound=BaseModel)
T = TypeVar("T")
Place = tuple[str | int, ...]
PLAIN = (Mapping, list, tuple, str, int, float, type(None))  # what YAML and JSON give


def _parsed(path: Path, parse: Callable[[TextIO], T]) -> T:
    """What a parser makes of a file, its errors as InputError naming file and line."""
    try:
        with path.open(encoding="utf-8") as stream:
            return parse(stream)
    except OSError as error:
        raise InputError(path.name, "", None, f"a readable file: {error.strerror}") from None
    except yaml.YAMLError as error:
        mark = getattr(error, "problem_mark", None)
        line = f"line {mark.line + 1}" if mark else ""
        raise InputError(path.name, line, None, f"valid YAML: {error}") from None


def read_yaml(path: Path) -> dict[str, Any]:
    """A YAML mapping from a file. Raises InputError naming file and line if it is not one."""
    content = _parsed(path, lambda stream: yaml.load(stream, Loader=yaml.CSafeLoader))
    if not isinstance(content, dict):
        raise InputError(path.name, "", type(content).__name__, "a mapping of keys to values")
    return content


def read_lines(path: Path) -> Mapping[Place, int]:
    """Line of every key and list item of a YAML file, by its path of keys and positions.

    Keys are text, as they stand in the file; the file itself is ``()``.
    Raises InputError naming file and line for what is no YAML.
    """
    root = _parsed(path, lambda stream: yaml.compose(stream, Loader=yaml.CSafeLoader))
    found: dict[Place, int] = {}
    if root is not None:
        _walk(root, found)
    return found


def _walk(root: yaml.Node, found: dict[Place, int]) -> None:
    found[()] = root.start_mark.line + 1
    waiting: list[tuple[yaml.Node, Place]] = [(root, ())]
    # what an alias repeats is walked once only: an alias may lie inside its own anchor
    seen: set[int] = set()
    while waiting:
        here, above = waiting.pop()
        if id(here) in seen:
            continue
        seen.add(id(here))
        for part, line, below in _inner(here):
            found[(*above, part)] = line
            waiting.append((below, (*above, part)))


def _inner(node: yaml.Node) -> list[tuple[str | int, int, yaml.Node]]:
    """Key or position, line and content of what lies directly inside a node."""
    if isinstance(node, yaml.MappingNode):
        return [(str(key.value), key.start_mark.line + 1, value) for key, value in node.value]
    if isinstance(node, yaml.SequenceNode):
        return [(n, item.start_mark.line + 1, item) for n, item in enumerate(node.value)]
    return []


@dataclass(frozen=True)
class Lines:
    """Where the fields of a YAML file stand; the file is read again only when an error asks."""

    path: Path
    inside: Place = ()

    def within(self, *place: str | int) -> Lines:
        """The same for what lies below some keys and positions."""
        return Lines(self.path, (*self.inside, *place))

    def read(self) -> Mapping[Place, int]:
        """Line of every field below, by its path from there."""
        depth = len(self.inside)
        return {
            place[depth:]: line
            for place, line in read_lines(self.path).items()
            if place[:depth] == self.inside
        }


def validated(
    model: type[M],
    content: Mapping[str, Any],
    source: str,
    lines: Lines | None = None,
    *,
    strict: bool = False,
) -> M:
    """Content as a model. lines: line of each field, where the file is at hand.

    strict: plain values of the very types that JSON has; text is then no number, 1 no yes.
    Raises InputError with the first field that is wrong, and its line where known.
    """
    try:
        if strict:
            return model.model_validate_json(json.dumps(content), strict=True)
        return model.model_validate(content)
    except ValidationError as error:
        first = error.errors()[0]
        loc = _own(first, content)
        field = "".join(f"[{p}]" if isinstance(p, int) else f".{p}" for p in loc)
        value = first["input"] if not isinstance(first["input"], dict) else None
        allowed, cause = first["msg"], first.get("ctx", {}).get("error")
        if isinstance(cause, InputError):  # of a check of several fields, which names one of them
            field, value, allowed = f"{field}.{cause.field}", cause.value, cause.allowed
        where = field.removeprefix(".") + _line(first["loc"], lines.read() if lines else None)
        raise InputError(source, where, value, allowed) from None


def _own(error: ErrorDetails, content: Any) -> Place:
    """Where an error stands in the content: pydantic also names the branch of a union it tried."""
    found: list[str | int] = []
    for part in error["loc"]:
        if isinstance(content, Mapping) and part in content:
            content = content[part]
        elif isinstance(content, list | tuple) and isinstance(part, int):
            content = content[part] if part < len(content) else None
        elif isinstance(content, PLAIN) and not _missing(error, part):
            continue
        found.append(part)
    return tuple(found)


def _missing(error: ErrorDetails, part: str | int) -> bool:
    return error["type"] == "missing" and part == error["loc"][-1]


def _line(place: Place, lines: Mapping[Place, int] | None) -> str:
    """The line of a field, or of the nearest thing around it that has one; empty without lines."""
    if not lines:
        return ""
    here: Place = ()
    for part in place:
        # pydantic also names the branch of a union it tried: that is no key of the file
        below = [(*here, part), (*here, str(part))]
        here = next((path for path in below if path in lines), here)
    return f" (line {lines[here]})" if here in lines else ""


def read_entries(model: type[M], path: Path) -> Mapping[str, M]:
    """Entries of a file of ids, checked. Raises InputError naming file, id, line and field."""
    found = {
        name: validated(model, content, f"{path.name}: {name}", Lines(path).within(name))
        for name, content in read_yaml(path).items()
    }
    return MappingProxyType(found)


def near_match(name: str, known: Iterable[str]) -> str:
    """What is allowed, with the nearest known name first if one is near."""
    names = list(known)
    near = difflib.get_close_matches(name, names, n=1, cutoff=0.5)
    hint = f"did you mean {near[0]}? " if near else ""
    return f"{hint}known: {', '.join(names)}"


def check_known(name: str, known: Collection[str], source: str, field: str) -> None:
    """Raises InputError with the nearest known name for one that is not known."""
    if name not in known:
        raise InputError(source, field, name, near_match(name, known))


def content_hash(paths: Iterable[Path]) -> str:
    """SHA-256 over names and contents of files, in order of name."""
    digest = hashlib.sha256()
    for path in sorted(paths, key=lambda p: p.as_posix()):
        content = path.read_bytes()
        digest.update(f"{path.name} {len(content)}\n".encode())
        digest.update(content)
    return digest.hexdigest()
