"""Texts of others as they are shown: nothing in them acts unseen, no cell is a formula.

Who writes an output calls these last; what is kept stays as it was typed.
"""

from __future__ import annotations

import re

# Control characters, halves of a character, separators of lines and paragraphs; what turns the
# direction of all that follows (Unicode Standard Annex 9; Unicode Technical Report 36, 3.3.4), and
# what takes no room: spaces, invisible operators, tags. Tabs, line feeds and the joiners that
# letters of many languages need stay.
_UNSEEN = re.compile(
    "[\x00-\x08\x0b-\x1f\x7f-\x9f\u00ad\u180e\u200b\u2028-\u202e\u2060-\u206f\ufeff\ufff9-\ufffb"
    "\ud800-\udfff\U000e0000-\U000e0fff]"
)
_BREAKS = re.compile("[\t\n]")
# Source: OWASP, CSV Injection: what begins a formula, or lets one begin a cell.
_FORMULA = re.compile("'*[-=+@\t\r\n]")
_HELD = re.compile("'+[-=+@\t\r\n]")


def visible(text: str) -> str:
    r"""A text in which a character that acts unseen is written out, such as ``\u202e``.

    Tabs and line breaks stay. What is visible already comes back the same.
    """
    if text.isprintable():  # most texts, and told quickly
        return text
    return _UNSEEN.sub(_written_out, text.replace("\r\n", "\n"))


def visible_line(text: str) -> str:
    """As ``visible``, on one line: tabs and line breaks are written out too."""
    return _BREAKS.sub(_written_out, _UNSEEN.sub(_written_out, text))


def json_visible(document: str) -> str:
    """A JSON document, of the same meaning, in which no character acts unseen."""
    return _UNSEEN.sub(_as_json, document)


def _written_out(found: re.Match[str]) -> str:
    return found[0].encode("unicode_escape").decode("ascii")


def _as_json(found: re.Match[str]) -> str:
    halves = found[0].encode("utf-16-be", "surrogatepass")
    return "".join(f"\\u{halves[n : n + 2].hex()}" for n in range(0, len(halves), 2))


def safe_cell(value: object) -> str:
    """A value as a spreadsheet shows it and never computes it; None = an empty cell."""
    text = "" if value is None else str(value)
    return f"'{text}" if _FORMULA.match(text) else text


def plain_cell(text: str) -> str:
    """What ``safe_cell`` was given."""
    return text[1:] if _HELD.match(text) else text
