"""Prints of a plan as bytes: the paper, the card, the calendar; in the reader's language."""

from __future__ import annotations

from collections.abc import Callable, Mapping
from dataclasses import dataclass

from antagonist.planning.plan_model import Plan
from antagonist.report.plan_calendar import calendar
from antagonist.report.plan_pdf import plan_pdf, wallet_card_pdf
from antagonist.web.actions.naming import names_of
from antagonist.web.actions.plans import full_plan, rules_for
from antagonist.web.visit import Visit

PDF, CALENDAR = "application/pdf", "text/calendar; charset=utf-8"


@dataclass(frozen=True)
class Print:
    """A file for somebody to keep. name: the same for every patient."""

    name: str
    media_type: str
    content: bytes

    @property
    def headers(self) -> dict[str, str]:
        """What makes a browser save it."""
        return {"Content-Disposition": f'attachment; filename="{self.name}"'}


def printed(visit: Visit, patient: str, event: str, name: str) -> Print:
    """A print of a plan on record. name: one of PRINTS.

    Raises NotFoundError for what is no plan of this patient, or not one of the planner's.
    """
    media_type, make = PRINTS[name]
    plan = full_plan(visit, patient, event)
    return Print(name, media_type, make(visit, patient, plan))


def _paper(visit: Visit, patient: str, plan: Plan) -> bytes:
    holder = names_of(visit, [patient])[patient]
    return plan_pdf(plan, visit.reader.language, rules_for(visit, plan.start), holder)


def _card(visit: Visit, patient: str, plan: Plan) -> bytes:
    holder = names_of(visit, [patient])[patient]
    return wallet_card_pdf(plan, visit.reader.language, rules_for(visit, plan.start), holder)


def _calendar(visit: Visit, _patient: str, plan: Plan) -> bytes:
    return calendar(plan, visit.reader.language, visit.clinic.now())


PRINTS: Mapping[str, tuple[str, Callable[[Visit, str, Plan], bytes]]] = {
    "plan.pdf": (PDF, _paper),
    "card.pdf": (PDF, _card),
    "plan.ics": (CALENDAR, _calendar),
}
