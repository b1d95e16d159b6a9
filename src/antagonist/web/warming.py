"""What the first requests would have to wait for, done while a server process starts.

Data files, templates, words and the model's compiled loops are read when they are first needed;
together that takes more than a second. The first person in the morning is not to wait for it.
"""

from __future__ import annotations

import gc
from datetime import datetime, timedelta

from antagonist.feedback.alarms.rules import alarm_book
from antagonist.feedback.events import Event
from antagonist.feedback.state import folded, patient_file
from antagonist.label.assess import assessed
from antagonist.report.label_text import label_words
from antagonist.web.actions.board import board
from antagonist.web.actions.label_rules import rules_of
from antagonist.web.chart import WhatIf, chart_of
from antagonist.web.clinic import Clinic
from antagonist.web.entry.model import kinds
from antagonist.web.language import LANGUAGES, translations
from antagonist.web.rendering import environment

NOBODY = "00000000-0000-4000-8000-000000000000"
# Objects made before the collector looks; and of its looks, how many before it looks further. By
# default it looked through all that is kept in the middle of one request in ten, for 60-130 ms.
SELDOM = (50_000, 20, 20)
DOSE_MG, SINCE = 50.0, timedelta(days=1)


def warm(clinic: Clinic) -> None:
    """Read and compile what every server process needs; no record is read or written.

    What is there then stays, so the collector of garbage need not look at it again, and looks
    seldom at what comes later.
    """
    templates = environment()
    for name in templates.list_templates():
        templates.get_template(name)
    for language in LANGUAGES:
        translations(language)
        label_words(language)
        rules_of(clinic, language)
    board()
    kinds()
    now = clinic.now().astimezone(clinic.tz)
    alarm_book(now.date())
    _forecast(clinic, now)
    gc.collect()
    gc.freeze()
    gc.set_threshold(*SELDOM)


def _forecast(clinic: Clinic, now: datetime) -> None:
    """A chart, a what-if and a screening of nobody: one tablet, taken yesterday."""
    dose = Event(
        NOBODY, NOBODY, 1, "dose", 1, now - SINCE, now, "nobody", "nurse", "visit", None,
        {"dose_mg": DOSE_MG, "status": "supervised"}, "",
    )  # fmt: skip
    chart_of((dose,), now, clinic.tz)
    chart_of((dose,), now, clinic.tz, what_if=WhatIf(inject_now=True))
    file = patient_file(folded((dose,), now), str(clinic.tz), patient=NOBODY)
    assessed(file, now, indication="opioid")
