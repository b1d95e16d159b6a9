"""Texts of others as they are shown: none acts unseen, JSON means the same, no cell computes."""

from __future__ import annotations

import csv
import io
import json

import pytest
from hypothesis import example, given
from hypothesis import strategies as st
from tests.support.hostile import ACTING, WILD, unseen

from antagonist.foundation.visible import (
    json_visible,
    plain_cell,
    safe_cell,
    visible,
    visible_line,
)

ANY = st.text(st.characters() | st.sampled_from(ACTING + "'=+-@\t\r\n"))
FORMULA = tuple("=+-@\t\r\n")


@pytest.mark.parametrize(
    ("text", "shown"),
    [
        ("a\u202eb", r"a\u202eb"),
        ("\x1b[31mred", r"\x1b[31mred"),
        ("\x9b31m", r"\x9b31m"),
        ("one\r\ntwo\tthree", "one\ntwo\tthree"),
        ("over\rwritten", r"over\rwritten"),
        ("half \ud800", r"half \ud800"),
        ("tag \U000e0041", r"tag \U000e0041"),
        # what names are written with stays: joiners, marks of direction of one place, old signs
        ("नमस्‍ते می‌خواهم שלום\u200f 👩‍⚕️ e\u0301 Ё", "नमस्‍ते می‌خواهم שלום\u200f 👩‍⚕️ e\u0301 Ё"),
    ],
)
def test_what_acts_unseen_is_written_out(text: str, shown: str) -> None:
    assert visible(text) == shown


@given(ANY)
@example(WILD)
def test_nothing_acts_unseen_and_twice_is_as_once(text: str) -> None:
    shown, line = visible(text), visible_line(text)
    assert not set(shown) & set("\u202a\u202e\u2066\u2069\u200b\ufeff\x1b\x9b\r\x00\x7f\ud800")
    assert visible(shown) == shown
    assert len(line.splitlines()) <= 1
    assert "\t" not in line
    shown.encode("utf-8")


def test_all_that_is_hostile_is_seen() -> None:
    assert unseen(WILD)
    assert unseen(visible(WILD)) == []


@given(ANY)
@example(WILD)
def test_json_means_the_same(text: str) -> None:
    document = json_visible(json.dumps({text: [text]}, ensure_ascii=False))
    assert json.loads(document) == {text: [text]}
    assert not set(document) & set("\u202e\u2066\u200b\x9b\x7f\u2028")


@given(ANY)
@example("=1")
@example("'=1")
@example("''@SUM(1)")
@example("'tis")
def test_no_cell_begins_a_formula_and_each_is_read_again(text: str) -> None:
    cell = safe_cell(text)
    assert not cell.startswith(FORMULA)
    assert plain_cell(cell) == text
    made = io.StringIO(newline="")
    if "\ud800" <= max(text, default="") <= "\udfff" or "\x00" in text:
        return
    csv.writer(made).writerow([cell, "x"])
    assert next(csv.reader(io.StringIO(made.getvalue(), newline=""))) == [cell, "x"]


def test_a_cell_of_nothing_is_empty() -> None:
    assert safe_cell(None) == ""
    assert safe_cell(-5) == "'-5"
