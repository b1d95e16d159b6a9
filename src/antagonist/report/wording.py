"""Words of the reports: one file per subject, both languages beside each other."""

from __future__ import annotations

from collections.abc import Mapping
from dataclasses import dataclass
from functools import cache
from importlib.resources import files
from string import Formatter
from typing import Literal

import yaml

from antagonist.foundation.errors import InputError

Language = Literal["en", "ru"]
LANGUAGES: tuple[Language, ...] = ("en", "ru")
Catalogue = Mapping[str, Mapping[str, str]]


@dataclass(frozen=True)
class Wording:
    """The words of one language.

    entries: text key -> text with named placeholders.
    """

    language: Language
    entries: Mapping[str, str]

    def text(self, key: str, **values: object) -> str:
        """The text under a key, placeholders filled.

        Raises KeyError for an unknown key or a placeholder that was not given.
        """
        return self.entries[key].format(**values)

    def name(self, group: str, key: str) -> str:
        """The name of a thing that comes from data, or its own key where we have no word for it."""
        return self.entries.get(f"{group}.{key}", key.replace("_", " "))

    def lists(self, key: str) -> list[str]:
        """A text of words divided by spaces, as a list."""
        return self.entries[key].split()


def wording(language: str) -> Wording:
    """The words of the reports in one language.

    Raises InputError for a language we do not write.
    """
    for known in LANGUAGES:
        if language == known:
            entries = {key: texts[known] for key, texts in report_catalogue().items()}
            return Wording(known, entries)
    raise InputError("report", "language", language, "one of " + ", ".join(LANGUAGES))


@cache
def report_catalogue() -> Catalogue:
    """Every text of the reports: key -> language -> text, checked."""
    name = "locale/report.yaml"
    text = files("antagonist.report").joinpath(name).read_text(encoding="utf-8")
    return read_catalogue(text, name)


def read_catalogue(text: str, source: str) -> Catalogue:
    """Read and check a file of texts.

    text: YAML, ``key: {en: ..., ru: ...}``.
    Raises InputError for a missing language, an empty text, or placeholders that differ.
    """
    loaded = yaml.safe_load(text)
    if not isinstance(loaded, dict):
        raise InputError(source, "", loaded, "a mapping of text keys")
    for key, texts in loaded.items():
        _check_entry(source, str(key), texts)
    return loaded


def _check_entry(source: str, key: str, texts: object) -> None:
    if not isinstance(texts, dict) or set(texts) != set(LANGUAGES):
        raise InputError(source, key, texts, "exactly the languages " + ", ".join(LANGUAGES))
    for language in LANGUAGES:
        if not isinstance(texts[language], str) or not texts[language].strip():
            raise InputError(source, f"{key}.{language}", texts[language], "a text, not empty")
    first = LANGUAGES[0]
    for language in LANGUAGES[1:]:
        if placeholders(texts[language]) != placeholders(texts[first]):
            allowed = f"the placeholders of {first}: {sorted(placeholders(texts[first]))}"
            raise InputError(source, f"{key}.{language}", texts[language], allowed)


def placeholders(text: str) -> frozenset[str]:
    """Names of the placeholders in a text."""
    return frozenset(name for _, name, _, _ in Formatter().parse(text) if name is not None)
