"""The place of the patient's own model in the report: the forecast before and after the level.

Nothing fits a patient's own model to levels yet. Whoever brings one fills ``model_section`` and
nothing else: the report shows what it returns, first of all sections.
"""

from __future__ import annotations

from antagonist.feedback.outcomes.patient import Measured
from antagonist.report.outcome_pages import Section
from antagonist.report.wording import Wording


def model_section(_found: Measured, _words: Wording) -> Section | None:
    """Forecast before and after the level, with the doses inferred; None = no such model."""
    return None
