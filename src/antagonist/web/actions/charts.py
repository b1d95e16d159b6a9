"""The blockade chart of a patient, made once for what is on record in an hour."""

from __future__ import annotations

import logging
import os
from collections.abc import Mapping
from concurrent.futures import Future, ProcessPoolExecutor
from datetime import UTC
from functools import lru_cache
from multiprocessing import get_context

from antagonist.feedback.acting.learned import Learned, learned
from antagonist.foundation.errors import InputError
from antagonist.pharmacology.settings import settings
from antagonist.planning.treatment import DRAWS
from antagonist.web.actions.keeping import Kept
from antagonist.web.actions.told import Told
from antagonist.web.chart import Chart, WhatIf, chart_of, chart_words, event_text, plain
from antagonist.web.visit import Visit

LOG = logging.getLogger("antagonist.web")
MOST_CHARTS, MOST_OWN = 128, 32  # a chart is about 0.4 MB
Key = tuple[str, int, str]
_CHARTS: Kept[tuple[Key, WhatIf, bool], Chart] = Kept(MOST_CHARTS)
_OWN: Kept[Key, Future[Learned | None]] = Kept(MOST_OWN)
NICE = 10


@lru_cache(maxsize=1)
def _learning() -> ProcessPoolExecutor:
    """A process that gives way to others: an own model takes seconds, and pages are to go on."""
    return ProcessPoolExecutor(1, get_context("spawn"), initializer=os.nice, initargs=(NICE,))


def own_model_of(told: Told) -> Future[Learned | None] | None:
    """The patient's own model, being learnt or learnt; None where no level is on record.

    It is learnt in the background, once a day for what is on record.
    """
    if not told.state.noted("level"):
        return None
    key = (told.patient, len(told.written), f"{told.at.astimezone(UTC):%Y-%m-%d}")
    found = _OWN.get(key)
    if found is None:
        try:
            found = _OWN.put(key, _learning().submit(learnt, told))
        except (RuntimeError, OSError) as error:  # killed, or no process to be had: without it
            LOG.error("own-model", exc_info=error)
            _learning.cache_clear()
    return found


def learnt(told: Told) -> Learned | None:
    """The own model; None where the levels cannot be learnt from, such as of an unknown product."""
    try:
        return learned(told.state, told.held, told.at, settings(draws=DRAWS))
    except InputError:
        return None


def _own(coming: Future[Learned | None] | None) -> Learned | None:
    """The own model, once it is there."""
    if coming is None or not coming.done():
        return None
    if coming.exception() is not None:
        LOG.error("own-model", exc_info=coming.exception())
        return None
    return coming.result()


def charted(visit: Visit, told: Told, asked: WhatIf | None = None) -> Chart:
    """The chart as known in this hour, from the patient's own model as soon as it is learnt.

    Raises InputError for an operation asked about that is before now.
    """
    asked = asked or WhatIf()
    own = _own(own_model_of(told))
    hour = f"{told.at.astimezone(UTC):%Y-%m-%dT%H}"  # the same for readers of every zone
    key = (told.patient, len(told.written), hour), asked, own is not None
    found = _CHARTS.get(key)
    if found is None:
        clinic = visit.clinic
        found = chart_of(
            told.written, told.at, clinic.tz, what_if=asked, learned=own,
            label=clinic.config.jurisdiction,
        )  # fmt: skip
        _CHARTS.put(key, found)
    return found


def is_learning(told: Told) -> bool:
    """Whether the patient's own model is still being learnt."""
    coming = own_model_of(told)
    return coming is not None and not coming.done()


def chart_json(visit: Visit, chart: Chart, quantity: str) -> Mapping[str, object]:
    """The chart for the page's script, with its words.

    Raises InputError for a quantity that is not known.
    """
    words = visit.reader.words
    return plain(
        chart, quantities=[quantity], words=chart_words(visit.say),
        text_of=lambda mark: event_text(mark, visit.say, words),
    )  # fmt: skip
