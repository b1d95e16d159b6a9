"""Every text of the pages stands in the Russian catalogues, once, with the same placeholders."""

from __future__ import annotations

import re
from collections import Counter
from pathlib import Path

from babel.messages.extract import extract_from_dir

import antagonist.web
from antagonist.web.language import catalogue, catalogues

ROOT = Path(antagonist.web.__file__).parent
METHODS = [("**.py", "python"), ("templates/**.*", "jinja2")]
KEYWORDS = {"_": None, "say": None, "say_count": (1, 2), "ngettext": (1, 2), "N_": None}
NAMED = re.compile(r"%\((\w+)\)[sd]")


def used() -> set[str | tuple[str, ...]]:
    """Every message in code and templates; a pair where it counts."""
    rows = extract_from_dir(ROOT, METHODS, keywords=KEYWORDS)
    return {message for _file, _line, message, _comments, _context in rows if message}


def written() -> list[tuple[str | tuple[str, ...], tuple[str, ...]]]:
    """Message and its Russian forms, of every catalogue."""
    found = []
    for path in catalogues("ru"):
        for message in catalogue(path, "ru"):
            if message.id:
                assert not message.fuzzy, (path.name, message.id)
                said = message.string
                forms = tuple(map(str, said)) if isinstance(said, tuple) else (str(said),)
                key = tuple(message.id) if isinstance(message.id, list | tuple) else message.id
                found.append((key, forms))
    return found


def test_every_text_of_the_pages_is_in_russian() -> None:
    missing = used() - {key for key, _ in written()}
    assert not missing, sorted(map(str, missing))


def test_no_catalogue_holds_what_no_page_says() -> None:
    unused = {key for key, _ in written()} - used()
    assert not unused, sorted(map(str, unused))


def test_no_text_stands_in_two_catalogues() -> None:
    twice = [key for key, n in Counter(key for key, _ in written()).items() if n > 1]
    assert not twice


def test_no_translation_is_empty_or_loses_a_placeholder() -> None:
    for key, forms in written():
        first = key if isinstance(key, str) else key[-1]
        for form in forms:
            assert form.strip(), key
            assert set(NAMED.findall(form)) == set(NAMED.findall(first)), key
