"""The blockade chart of a patient, made once for what is on record in an hour."""

from __future__ import annotations

import logging
from collections.abc import Mapping
from concurrent.futures import Future, ThreadPoolExecutor

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
# One at a time: an own model takes seconds of a processor, and pages are to go on.
_LEARNING = ThreadPoolExecutor(max_workers=1, thread_name_prefix="own-model")


def own_model_of(told: Told) -> Future[Learned | None] | None:
    """The patient's own model, being learnt or learnt; None where no level is on record.

    It is learnt in the background, once a day for what is on record.
    """
    if not told.state.noted("level"):
        return None
    key = (told.patient, len(told.written), f"{told.at:%Y-%m-%d}")
    return _OWN.get(key) or _OWN.put(key, _LEARNING.submit(_learnt, told))


def _learnt(told: Told) -> Learned | None:
    try:
        return learned(told.state, told.held, told.at, settings(draws=DRAWS))
    except InputError as error:  # such as a level of a product that nobody modelled
        LOG.warning("no own model", extra={"field": error.field})
        return None


def charted(visit: Visit, told: Told, asked: WhatIf | None = None) -> Chart:
    """The chart as known in this hour, from the patient's own model as soon as it is learnt.

    Raises InputError for an operation asked about that is before now.
    """
    asked = asked or WhatIf()
    coming = own_model_of(told)
    own = coming.result() if coming is not None and coming.done() else None
    hour = f"{told.at:%Y-%m-%dT%H}"
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
