"""Every text has both languages with the same placeholders."""

from __future__ import annotations

import re
from importlib.resources import files

import pytest

from antagonist.foundation.errors import InputError
from antagonist.report.wording import LANGUAGES, read_catalogue, report_catalogue, wording

LATIN_IN_RUSSIAN = {"SHA", "sha", "in", "vivo", "vitro", "out"}


def test_package_catalogue_is_complete() -> None:
    catalogue = report_catalogue()
    assert len(catalogue) > 100
    assert all(set(texts) == {"en", "ru"} for texts in catalogue.values())


def test_no_key_stands_twice() -> None:
    text = files("antagonist.report").joinpath("locale/report.yaml").read_text("utf-8")
    keys = re.findall(r"^([\w.]+):", text, flags=re.MULTILINE)
    assert len(keys) == len(set(keys)) == len(report_catalogue())


def test_russian_is_written_in_russian() -> None:
    for key, texts in report_catalogue().items():
        bare = re.sub(r"\{\w+\}", "", texts["ru"])
        words = re.findall(r"[A-Za-z]{2,}", bare)
        assert set(words) <= LATIN_IN_RUSSIAN, key
        assert not re.search("[А-Яа-я]", texts["en"]), key


def test_no_text_promises() -> None:
    for key, texts in report_catalogue().items():
        assert not re.search(r"\bsafe|безопас", " ".join(texts.values()), re.IGNORECASE), key


@pytest.mark.parametrize(
    ("text", "field"),
    [
        ("a: {en: x}", "a"),
        ("a: {en: x, ru: ''}", "a.ru"),
        ("a: {en: 'x {n}', ru: 'х'}", "a.ru"),
        ("a: {en: x, ru: х, de: y}", "a"),
        ("a: just words", "a"),
        ("- a", ""),
    ],
)
def test_gaps_in_a_catalogue_are_named(text: str, field: str) -> None:
    with pytest.raises(InputError) as caught:
        read_catalogue(text, "some.yaml")
    assert caught.value.source == "some.yaml"
    assert caught.value.field == field


def test_unknown_language_is_refused() -> None:
    with pytest.raises(InputError, match="'de' is not allowed"):
        wording("de")


@pytest.mark.parametrize("language", LANGUAGES)
def test_weekdays_and_months_are_counted(language: str) -> None:
    words = wording(language)
    assert len(words.lists("weekdays")) == 7
    assert len(words.lists("months")) == 12


def test_a_name_without_a_word_is_shown_as_it_is() -> None:
    assert wording("ru").name("agonist", "new_opioid") == "new opioid"
