"""A server process that has started has read all that its first pages need."""

from __future__ import annotations

import gc
from collections.abc import Iterator

import pytest
from tests.support.clinics import OpenClinic

from antagonist.feedback.alarms.rules import alarm_book
from antagonist.feedback.database import reading
from antagonist.feedback.merging import everybody
from antagonist.label.rulebook import all_rules
from antagonist.pharmacology.parameter_sets import parameter_set
from antagonist.report.label_text import label_words
from antagonist.web.accounts import audit
from antagonist.web.actions.board import board
from antagonist.web.language import translations
from antagonist.web.rendering import environment
from antagonist.web.warming import warm

READ_ONCE = (alarm_book, all_rules, parameter_set, label_words, board, translations)


@pytest.fixture
def warmed(own_clinic: OpenClinic) -> Iterator[OpenClinic]:
    """A clinic that has been warmed in a process that had read nothing."""
    for read in READ_ONCE:
        read.cache_clear()
    environment.cache_clear()
    warm(own_clinic.clinic)
    yield own_clinic
    gc.unfreeze()


def test_first_pages_read_no_file_any_more(warmed: OpenClinic) -> None:
    patient = warmed.patient()
    before = [read.cache_info().misses for read in READ_ONCE]
    kept = environment().cache
    assert kept is not None
    templates = len(kept)
    nurse = warmed.browser("nurse")
    for path in ("/today", f"/patients/{patient}", f"/patients/{patient}/record/dose", "/label"):
        assert nurse.get(path).status_code == 200
    assert [read.cache_info().misses for read in READ_ONCE] == before
    assert len(kept) == templates


def test_it_leaves_no_trace(warmed: OpenClinic) -> None:
    with reading(warmed.clinic.engine) as connection:
        assert not audit.entries(connection, audit.Filter(), 1)
    assert not list(everybody(warmed.clinic.record))
