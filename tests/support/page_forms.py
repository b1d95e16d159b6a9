"""Forms of a page as a browser reads them: what it would send if the button were pressed."""

from __future__ import annotations

import html
import re
from dataclasses import dataclass, field
from html.parser import HTMLParser


@dataclass
class PageForm:
    """One form. fields: what is sent, a name's values in order; buttons: their texts in order.

    types: of every input, sent or not, by name: the type of an input, else the tag. longest: the
    characters that an input takes, where it says so.
    """

    action: str
    fields: dict[str, list[str]] = field(default_factory=dict)
    types: dict[str, str] = field(default_factory=dict)
    longest: dict[str, int] = field(default_factory=dict)
    buttons: list[str] = field(default_factory=list)

    @property
    def data(self) -> dict[str, str | list[str]]:
        """Fields for a client to send."""
        return {name: v[0] if len(v) == 1 else v for name, v in self.fields.items()}


class _Forms(HTMLParser):
    def __init__(self) -> None:
        super().__init__()
        self.found: list[PageForm] = []
        self._select: str | None = None
        self._first: str | None = None
        self._area: str | None = None
        self._text = ""
        self._inside = False

    def handle_starttag(self, tag: str, attrs: list[tuple[str, str | None]]) -> None:
        has = dict(attrs)
        if tag == "form":
            self.found.append(PageForm(has.get("action") or ""))
            self._inside = True
        name, value = has.get("name"), has.get("value") or ""
        if not self._inside:
            return
        if tag in ("input", "select", "textarea", "button") and name:
            self.found[-1].types[name] = (has.get("type") or "text") if tag == "input" else tag
            if has.get("maxlength"):
                self.found[-1].longest[name] = int(has["maxlength"] or 0)
        if tag == "input" and name:
            if has.get("type") not in ("radio", "checkbox") or "checked" in has:
                self._add(name, value)
        elif tag == "select":
            self._select, self._first = name, None
        elif tag == "option" and self._select:
            self._first = value if self._first is None else self._first
            if "selected" in has:
                self._add(self._select, value)
        elif tag == "textarea":
            self._area, self._text = name, ""
        elif tag == "button":
            self._text = ""

    def handle_data(self, data: str) -> None:
        self._text += data

    def handle_endtag(self, tag: str) -> None:
        if tag == "form":
            self._inside = False
        elif tag == "textarea" and self._area:
            self._add(self._area, self._text)
            self._area = None
        elif tag == "select" and self._select:
            if self._select not in self.found[-1].fields:
                self._add(self._select, self._first or "")
            self._select = None
        elif tag == "button" and self._inside:
            self.found[-1].buttons.append(self._text.strip())

    def _add(self, name: str, value: str) -> None:
        self.found[-1].fields.setdefault(name, []).append(value)


def named_in(page: str) -> str:
    """The field that a page says is wrong; empty where it says none."""
    said = re.search(r'role="alert".*?</div>', page, re.DOTALL)
    if said is None:
        return ""
    linked = re.search(r'href="#f-([^"]+)"', said[0])
    # what no input stands for, such as the form's key, is only named
    found = linked or re.search(r"(?:<strong>|</strong>\s*)([\w.-]+)(?:</strong>)?:", said[0])
    return "" if found is None else html.unescape(found[1])


def page_forms(page: str, action: str) -> list[PageForm]:
    """Forms of a page that are sent to an address."""
    parser = _Forms()
    parser.feed(page)
    return [one for one in parser.found if one.action == action]
