"""YAML that means what it shows: text stays text, a key stands once, no references.

YAML 1.1 reads 09:00 as 540, a date as a date object and yes as true. Here a plain
value is a decimal number, true/false, null, or text as written.
"""

from __future__ import annotations

import re
from collections.abc import Hashable
from pathlib import Path
from typing import Any

import yaml

from antagonist.foundation.errors import InputError

MAX_BYTES = 1_000_000


class _PlainLoader(yaml.SafeLoader):
    """Safe loader with few implicit types, no duplicate keys and no aliases."""

    yaml_implicit_resolvers: dict[str, Any] = {}  # noqa: RUF012 - PyYAML's own name and form

    def compose_node(self, parent: yaml.Node | None, index: int) -> yaml.Node | None:
        if self.check_event(yaml.AliasEvent):
            event = self.peek_event()  # type: ignore[no-untyped-call]
            raise yaml.MarkedYAMLError(
                problem="references (*name) are not supported", problem_mark=event.start_mark
            )
        return super().compose_node(parent, index)

    def construct_mapping(
        self,
        node: yaml.MappingNode,
        deep: bool = False,  # noqa: ARG002 - PyYAML's signature
    ) -> dict[Hashable, Any]:
        seen: set[str] = set()
        for key_node, _ in node.value:
            key = key_node.value
            if not isinstance(key_node, yaml.ScalarNode):
                problem = "a key must be plain text"
            elif key in seen:
                problem = f"key '{key}' stands twice; each key once"
            else:
                seen.add(key)
                continue
            raise yaml.MarkedYAMLError(problem=problem, problem_mark=key_node.start_mark)
        pairs = ((k.value, self.construct_object(v, deep=True)) for k, v in node.value)
        return dict(pairs)


for _tag, _pattern, _first in (
    ("tag:yaml.org,2002:bool", r"true|True|TRUE|false|False|FALSE", "tTfF"),
    ("tag:yaml.org,2002:null", r"~|null|Null|NULL|", ["~", "n", "N", ""]),
    ("tag:yaml.org,2002:int", r"[-+]?(?:0|[1-9][0-9]{0,17})", "-+0123456789"),
    (
        "tag:yaml.org,2002:float",
        r"[-+]?(?:[0-9]+\.[0-9]*|\.[0-9]+|[0-9]+(?=[eE]))(?:[eE][-+]?[0-9]+)?",
        "-+.0123456789",
    ),
):
    _PlainLoader.add_implicit_resolver(_tag, re.compile(f"^(?:{_pattern})$"), list(_first))


def load_mapping(path: Path) -> dict[str, Any]:
    """Top-level mapping of a YAML file.

    path: file of at most MAX_BYTES.
    Returns key -> value; numbers, true/false and null as such, all else as text.
    Raises InputError for an unreadable, empty or oversized file, for bad YAML (with its
    line), a duplicate key, a reference, or content that is not a mapping.
    """
    text = _read(path)
    try:
        content = yaml.load(text, Loader=_PlainLoader)  # noqa: S506 - a SafeLoader
    except yaml.MarkedYAMLError as error:
        raise _located(path.name, text, error) from None
    except (yaml.YAMLError, ValueError, RecursionError) as error:
        problem = getattr(error, "reason", None) or "unreadable content"
        raise InputError(path.name, "", str(problem), "valid YAML of modest depth") from None
    if content is None:
        raise InputError(path.name, "", None, "a course; the file is empty")
    if not isinstance(content, dict):
        shown = "a list" if isinstance(content, list) else content
        raise InputError(path.name, "", shown, "a mapping of keys such as 'doses:'")
    return content


def _read(path: Path) -> str:
    try:
        data = path.read_bytes()
    except OSError as error:
        found = (error.strerror or "unreadable").lower()
        raise InputError(path.name, "", found, "a readable YAML file") from None
    if len(data) > MAX_BYTES:
        raise InputError(path.name, "", f"{len(data)} bytes", f"at most {MAX_BYTES} bytes")
    try:
        return data.decode("utf-8-sig")
    except UnicodeDecodeError:
        raise InputError(path.name, "", "bytes that are no UTF-8", "text in UTF-8") from None


def _located(source: str, text: str, error: yaml.MarkedYAMLError) -> InputError:
    mark = error.problem_mark or error.context_mark
    lines = text.splitlines()
    index = mark.line if mark else 0
    shown = lines[index].strip()[:80] if index < len(lines) else None
    return InputError(source, f"line {index + 1}", shown, f"valid YAML: {error.problem}")
