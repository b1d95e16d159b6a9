"""The reference page of the JSON API, made from its own description.

``python -m antagonist.web.api_page docs/reference`` writes it.
"""

from __future__ import annotations

import sys
from collections.abc import Iterator, Mapping, Sequence
from pathlib import Path
from typing import Any

from antagonist.report.calibration_rows import table
from antagonist.report.files import write_together
from antagonist.web.api.common import ERRORS
from antagonist.web.api.description import description, words

PAGE = "api.md"
REF = "#/components/schemas/"
NOT_MODELS = ("Problem", "FieldProblem")  # told once, above all endpoints
MADE = "<!-- Made by python -m antagonist.web.api_page docs/reference; do not edit. -->"
Said = Mapping[str, Any]


def page() -> str:
    """The page as docs/reference/api.md has it."""
    found = description()
    parts = [f"# The JSON API\n\n{MADE}\n", words().description, _howto(), _errors()]
    for tag in found["tags"]:
        parts.append(f"## {tag['name'].capitalize()}\n\n{tag['description']}\n")
        parts.extend(_operations(found, tag["name"]))
    parts.append("## Bodies and answers\n\nA field that may be null is not known where it is.\n")
    schemas = found["components"]["schemas"]
    parts.extend(_model(name, schemas[name]) for name in sorted(schemas) if name not in NOT_MODELS)
    return "\n".join(part.rstrip("\n") + "\n" for part in parts)


def _howto() -> str:
    return (
        "The whole description as OpenAPI 3.1: `GET /api/openapi.json` on every server. "
        "[How to use it](../how-to/use-the-api.md), with commands that run.\n"
    )


def _errors() -> str:
    rows = [[str(status), str(said["description"])] for status, said in ERRORS.items()]
    return (
        "## Errors\n\nEvery endpoint may answer with these, as `application/problem+json` with "
        "`type`, `title`, `status`, `request` and `errors` (`field`, `value`, `allowed`).\n\n"
        + table(["status", "meaning"], rows)
    )


def _operations(found: Said, tag: str) -> Iterator[str]:
    for path, ways in found["paths"].items():
        for method, said in ways.items():
            if said["tags"] == [tag]:
                yield _operation(f"{method.upper()} {path}", said)


def _operation(title: str, said: Said) -> str:
    text = f"### `{title}`\n\n{said['description']}\n\nOperation `{said['operationId']}`. "
    body = said.get("requestBody")
    if body is not None:
        text += f"Body: {_type(next(iter(body['content'].values()))['schema'])}. "
    for status, answer in said["responses"].items():
        if status.startswith("2"):
            kinds = answer.get("content", {})
            what = ", ".join(
                _type(one["schema"]) if one.get("schema") else f"`{kind}`"
                for kind, one in kinds.items()
            )
            text += f"Answer {status}: {what}."
    rows = [
        [f"`{one['name']}`", one["in"], _type(one["schema"]), _needed(one), _about(one)]
        for one in said.get("parameters", ())
    ]
    if not rows:
        return text + "\n"
    return f"{text}\n\n" + table(["parameter", "in", "type", "needed", "about"], rows)


def _needed(one: Said) -> str:
    return "yes" if one.get("required") else ""


def _about(one: Said) -> str:
    return _cell(one.get("description") or one.get("schema", {}).get("description") or "")


def _model(name: str, said: Said) -> str:
    text = f"### {name}\n\n{said.get('description', '')}\n\n"
    needed = said.get("required", ())
    rows = [
        [f"`{field}`", _type(one), "yes" if field in needed else _default(one), _about(one)]
        for field, one in said.get("properties", {}).items()
    ]
    return text + table(["field", "type", "needed", "about"], rows) if rows else text


def _default(one: Said) -> str:
    given = one.get("default")
    return "" if given is None or given in ([], "") else _cell(f"else {given}")


def _type(said: Said) -> str:
    """A schema in few words."""
    if "$ref" in said:
        name = said["$ref"].removeprefix(REF)
        return f"[{name}](#{name.lower()})"
    if "anyOf" in said:
        return " or ".join(_type(one) for one in said["anyOf"])
    if "enum" in said:
        return ", ".join(f"`{value}`" for value in said["enum"])
    if "const" in said:
        return f"`{said['const']}`"
    kind = str(said.get("type", "anything"))
    if kind == "array":
        inner = said.get("items") or {"type": "one of several kinds"}
        return f"list of {_type(inner)}"
    return str(said.get("format", kind)) + _limits(said)


def _limits(said: Said) -> str:
    names = (("minimum", "from"), ("exclusiveMinimum", "over"), ("maximum", "to"))
    found = [f"{word} {said[name]:g}" for name, word in names if name in said]
    if "maxLength" in said:
        found.append(f"at most {said['maxLength']} characters")
    return f" ({', '.join(found)})" if found else ""


def _cell(text: str) -> str:
    return str(text).replace("\n", " ").replace("|", "\\|")


def main(arguments: Sequence[str]) -> int:
    """Write the page into the one folder that is named. Returns the exit code."""
    if len(arguments) != 1:
        print("usage: python -m antagonist.web.api_page FOLDER", file=sys.stderr)
        return 2
    for path in write_together(Path(arguments[0]), {PAGE: page().encode()}):
        print(path)
    return 0


if __name__ == "__main__":
    raise SystemExit(main(sys.argv[1:]))
