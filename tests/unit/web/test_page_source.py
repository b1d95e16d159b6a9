"""What templates and scripts never do: let text become markup, code, or something that stays."""

from __future__ import annotations

import ast
import re
from pathlib import Path

import pytest

import antagonist.web
from antagonist.web.rendering import environment

ROOT = Path(antagonist.web.__file__).parent
TEMPLATES = sorted((ROOT / "templates").rglob("*.html"))
SCRIPTS = [path for path in sorted((ROOT / "static").rglob("*.js")) if "vendor" not in path.parts]
SOURCES = sorted(ROOT.rglob("*.py"))

IN_TEMPLATES = re.compile(
    r"\|\s*safe\b|autoescape false|\sstyle=|<style|\son[a-z]+=|javascript:|hx-on|hx-vals=.js:"
    r"|<script(?![^>]*\ssrc=)(?![^>]*type=.application/json)|hx-(?:ext|vars)"
)
IN_SCRIPTS = re.compile(
    r"innerHTML|outerHTML|insertAdjacentHTML|document\.write|\beval\(|new Function"
    r"|localStorage|sessionStorage|indexedDB|document\.cookie|postMessage|[\"']message[\"']"
    r"|__proto__|setTimeout\([\"']|setInterval\([\"']|caches\.|serviceWorker|XMLHttpRequest|https?://(?!www\.w3\.org)"
)
# Strings and remarks; templates stay, since their places hold code.
NO_CODE = re.compile(r"""//[^\n]*|"(?:[^"\\\n]|\\.)*"|'(?:[^'\\\n]|\\.)*'""")
# A member named by what is computed, or looked for by name; what copies names of data into an
# object. A number in brackets is a place in a list; a selector of a template is none of these.
BY_NAME = re.compile(
    r"[\w)\]]\??\.?\[(?!\d+\]|data-[a-z]+=)[^\]]*\]|\b(?!of\b)\w+ in \w|\{\s*\[|fromEntries"
    r"|Object\.(?:assign|defineProperty|setPrototypeOf)|Reflect\.|\.prototype\[|\bwith ?\("
)
IN_SOURCES = re.compile(r"from_string\(|Markup\((?![\"'])|render_template_string|\|safe")


@pytest.mark.parametrize("path", TEMPLATES, ids=lambda path: path.name)
def test_templates_escape_everything(path: Path) -> None:
    assert not IN_TEMPLATES.findall(path.read_text(encoding="utf-8"))


@pytest.mark.parametrize("path", SCRIPTS, ids=lambda path: path.name)
def test_scripts_write_text_and_keep_nothing(path: Path) -> None:
    text = path.read_text(encoding="utf-8")
    assert not IN_SCRIPTS.findall(text)
    assert '"use strict"' in text


def by_name(script: str) -> list[str]:
    """Where a script takes an object for a table whose keys are data."""
    return BY_NAME.findall(NO_CODE.sub('""', script).replace('[""]', ""))


@pytest.mark.parametrize("path", SCRIPTS, ids=lambda path: path.name)
def test_no_object_is_keyed_by_data(path: Path) -> None:
    """Then no name in data, such as __proto__ or constructor, is one of the language's own."""
    assert by_name(path.read_text(encoding="utf-8")) == []


@pytest.mark.parametrize(
    "script",
    [
        "words[key]", "words?.[key]", "words [key]".replace(" ", ""), "x.y()[name] = 1",
        "rows[0][name]", "if (name in values)", "for (const name in values)", "({ [name]: 1 })",
        "Object.fromEntries(x)", "Object.assign(x, data)", "Reflect.set(x, name, 1)",
        "`${words[key]}`", "words[`a.${key}`]",
    ],
)  # fmt: skip
def test_an_object_keyed_by_data_is_found(script: str) -> None:
    assert by_name(script)


@pytest.mark.parametrize(
    "script", ["days[0]", 'headers["X-Token"] = 1', "[a, b] = c", "for (const [a] of map) x();",
        "const { a } = x; // b[c]", "find('a[href]')", '"in one"', "return [a, b];",
    ],
)  # fmt: skip
def test_what_is_no_key_is_left_alone(script: str) -> None:
    assert by_name(script) == []


def test_no_template_is_made_of_text() -> None:
    found = [path.name for path in SOURCES if IN_SOURCES.search(path.read_text(encoding="utf-8"))]
    assert found == []


@pytest.mark.parametrize(
    ("pattern", "text"),
    [
        (IN_TEMPLATES, "{{ x | safe }}"), (IN_TEMPLATES, '<p onclick="x()">'),
        (IN_TEMPLATES, "<script>x</script>"), (IN_TEMPLATES, '<p style="color: red">'),
        (IN_SCRIPTS, "x.innerHTML = y"), (IN_SCRIPTS, "localStorage.x"),
        (IN_SOURCES, "Markup(text)"), (IN_SOURCES, "environment().from_string(x)"),
    ],
)  # fmt: skip
def test_what_is_wrong_is_found(pattern: re.Pattern[str], text: str) -> None:
    assert pattern.search(text)


def test_text_is_escaped_where_it_stands() -> None:
    assert environment().autoescape is True
    field = environment().get_template("macros.html").module.field  # type: ignore[attr-defined]
    shown = str(field("x", "<b>", value='"><script>'))
    assert "<b>" not in shown
    assert "<script>" not in shown
    assert "&lt;b&gt;" in shown


def test_htmx_keeps_no_page_and_runs_no_text() -> None:
    base = (ROOT / "templates" / "base.html").read_text(encoding="utf-8")
    for said in (
        '"historyCacheSize": 0', '"allowEval": false', '"includeIndicatorStyles": false',
        '"selfRequestsOnly": true', '"allowScriptTags": false', 'hx-history="false"',
    ):  # fmt: skip
        assert said in base


def _is_written(node: ast.expr) -> bool:
    """Whether a value stands in the source, or is made of what stands there."""
    if isinstance(node, ast.Constant):
        return True
    if isinstance(node, ast.Name):
        return node.id.isupper()
    if isinstance(node, ast.JoinedStr):
        return all(
            isinstance(part, ast.Constant)
            or (isinstance(part, ast.FormattedValue) and _is_written(part.value))
            for part in node.values
        )
    return isinstance(node, ast.BinOp) and _is_written(node.left) and _is_written(node.right)


def patterns_not_written(source: str) -> list[int]:
    """Lines where a regular expression is made of what is not in the source, or not escaped."""
    return [
        node.lineno
        for node in ast.walk(ast.parse(source))
        if isinstance(node, ast.Call)
        and isinstance(node.func, ast.Attribute)
        and isinstance(node.func.value, ast.Name)
        and node.func.value.id == "re"
        and node.func.attr != "escape"
        and node.args
        and not _is_written(node.args[0])
    ]


def test_no_pattern_is_built_from_a_users_text() -> None:
    found = {path.name: patterns_not_written(path.read_text(encoding="utf-8")) for path in SOURCES}
    assert {name: lines for name, lines in found.items() if lines} == {}
    assert patterns_not_written(
        "re.search(text, line)\nre.compile(f'{text}')\nre.sub(A, b, c)"
    ) == [
        1,
        2,
    ]
