"""Sources stay in the language that they were written in; a page says where they do."""

from __future__ import annotations

import re

from markupsafe import Markup, escape

from antagonist.foundation.visible import visible

# Four words of English or more, up to the next Cyrillic letter; shorter ones are names and units.
ENGLISH = re.compile(
    r"[A-Za-z][A-Za-z'’.-]*(?:[^А-Яа-яЁё\n]*?[\s(][A-Za-z][A-Za-z'’.-]+){3}[^А-Яа-яЁё\n]*"
)


def cited(text: str | None) -> Markup:
    """A text in which runs of English are marked as such, so that they are read out as English.

    Source: WCAG 2.2, success criterion 3.1.2, language of parts.
    """
    said = visible(text or "")
    marked, at = [], 0
    for run in ENGLISH.finditer(said):
        marked += [
            escape(said[at : run.start()]),
            Markup('<span lang="en">{}</span>').format(run[0]),
        ]
        at = run.end()
    return Markup("").join([*marked, escape(said[at:])])
