"""Plans, refusals and regimens side by side as the pages show them."""

from __future__ import annotations

from collections.abc import Mapping, Sequence
from dataclasses import dataclass, replace
from datetime import date, datetime, timedelta
from typing import Any

from antagonist.label.answers import Answer
from antagonist.pharmacology.results import Spread
from antagonist.planning.plan_model import Outlook, Plan, PlannedDose, Refusal
from antagonist.planning.side_by_side import Option
from antagonist.report.compare_text import lasting, shares
from antagonist.report.figures_page import words_of
from antagonist.report.label_dates import date_text, local_text
from antagonist.report.label_text import amount, product_title
from antagonist.report.numbers import percent, plain
from antagonist.report.plan_pdf import dose_row, plan_data
from antagonist.report.plan_phrases import (
    SHA_SHOWN,
    cautions_of,
    lost_hours,
    regimen_title,
    supply_lines,
)
from antagonist.report.reason_words import ReasonWords, next_test_rows, reason_words
from antagonist.report.screening_text import both_verdicts, labels_text, verdict_text
from antagonist.web.actions.naming import names_of
from antagonist.web.actions.plans import OnRecord, rules_for
from antagonist.web.visit import Visit
from antagonist.web.words.decisions import BADGES, product_choices

NEAR = timedelta(days=14)  # as the plan on the terminal: so far each day is shown


@dataclass(frozen=True)
class Told:
    """A plan or a refusal in words. data: as the print's template has it; None for a refusal and
    for a plan of another program, of which ``doses`` is all.

    doses: every dose; near: those of the next two weeks. reasons: of a refusal, or the cautions.
    by, at, event: of a plan on record. to_acknowledge: rules of the cautions, with commas.
    """

    refused: bool
    verdict: str
    badge: str
    lines: Sequence[str] = ()
    reasons: Sequence[ReasonWords] = ()
    tests: Sequence[Sequence[str]] = ()
    data: Mapping[str, Any] | None = None
    doses: Sequence[Mapping[str, str]] = ()
    near: Sequence[Mapping[str, str]] = ()
    event: str | None = None
    by: str | None = None
    at: datetime | None = None
    holds: bool = False
    to_acknowledge: str = ""


@dataclass(frozen=True)
class OptionRow:
    """A regimen beside others. Figures that there are none of are None, never zero.

    absent: why there are no shares: refused, so not planned, or a product without levels.
    """

    regimen: str
    title: str
    products: Sequence[tuple[str, str]]
    verdict: str
    badge: str
    rules: str
    protected: str | None
    weakest: str | None
    after_last: str | None
    missed: str | None
    doses: str | None
    visits: str | None
    supply: Sequence[str]
    absent: str


def preview_words(visit: Visit, made: Plan | Refusal) -> Told:
    """What a plan would be, before anybody made it."""
    return _refusal(visit, made) if isinstance(made, Refusal) else _plan(visit, made)


def kept_words(visit: Visit, found: OnRecord) -> Told:
    """A plan or a refusal on record, with who decided and when."""
    if found.refusal is not None:
        told = _refusal(visit, found.refusal)
    elif found.plan is not None:
        told = _plan(visit, found.plan)
    else:
        told = _others(visit, found.document or {})
    event = found.event
    role = visit.reader.words.text(f"role.{event.role}")
    return replace(
        told, event=event.event_id, by=f"{event.author}, {role}",
        at=event.occurred_at, holds=found.holds,
    )  # fmt: skip


def _plan(visit: Visit, plan: Plan) -> Told:
    words, known = visit.reader.words, rules_for(visit, plan.start)
    named = replace(plan, patient=names_of(visit, [plan.patient])[plan.patient])
    now = visit.clinic.now()
    near = [dose for dose in plan.doses if now <= dose.at < max(now, plan.doses[0].at) + NEAR]
    answer = plan.limits if plan.limits.cautions else plan.screening
    cautions = cautions_of(plan)
    return Told(
        refused=False,
        verdict=verdict_text(answer.verdict, words),
        badge=BADGES[answer.verdict],
        reasons=[reason_words(reason, known, words) for reason in cautions],
        data=plan_data(named, known, words),
        doses=_rows(visit, plan.doses, plan.product),
        near=_rows(visit, near, plan.product),
        to_acknowledge=",".join(reason.rule for reason in cautions),
    )


def _rows(visit: Visit, doses: Sequence[PlannedDose], product: str) -> list[dict[str, str]]:
    return [dose_row(dose, product, visit.reader.words) for dose in doses]


def _refusal(visit: Visit, refusal: Refusal) -> Told:
    words, answer, request = visit.reader.words, refusal.answer, refusal.request
    known = rules_for(visit, date.fromisoformat(answer.as_of[:10]))
    open_ = answer.verdict == "unknown"
    lines = [
        words.text("plan.refused_open" if open_ else f"plan.refused_{refusal.stage}"),
        words.text(
            "plan.refused_asked", product=product_title(request.product, words),
            regimen=regimen_title(request.regimen, words), date=date_text(request.start, words),
        ),
        labels_text(answer, words),
        *_both(answer, visit),
        *_open(answer, visit),
    ]  # fmt: skip
    return Told(
        refused=True,
        verdict=words.text("plan.refused", verdict=verdict_text(answer.verdict, words)),
        badge=BADGES[answer.verdict],
        lines=lines,
        reasons=[
            reason_words(reason, known, words)
            for reason in refusal.reasons
            if reason.result == "true"
        ],
        tests=next_test_rows(answer, words),
    )


def _both(answer: Answer, visit: Visit) -> list[str]:
    both = both_verdicts(answer, visit.reader.words)
    return [] if both is None else [both]


def _open(answer: Answer, visit: Visit) -> list[str]:
    rules = ", ".join(reason.rule for reason in answer.missing)
    return [visit.reader.words.text("screen.open_rules", rules=rules)] if rules else []


def _others(visit: Visit, document: Mapping[str, Any]) -> Told:
    """A plan that another program wrote: its doses, and nothing made up around them."""
    words = visit.reader.words
    rows = [
        {
            "date": visit.reader.time(datetime.fromisoformat(dose["at"])),
            "dose": amount(float(dose["dose_mg"]), "mg", words),
            "note": words.name("plan.kind", str(dose["kind"])),
        }
        for dose in document.get("doses", ())
    ]
    title = product_title(str(document.get("product", "")), words)
    return Told(refused=False, verdict=title, badge="", doses=rows, near=rows)


def option_rows(visit: Visit, options: Sequence[Option]) -> list[OptionRow]:
    """Regimens side by side, in the order of the options."""
    return [_row(visit, option) for option in options]


def option_source(visit: Visit, options: Sequence[Option]) -> str | None:
    """On how many draws the figures rest, of which parameters; None where no figure is shown."""
    outlooks = (o.outcome.outlook for o in options if isinstance(o.outcome, Plan))
    found = next((outlook for outlook in outlooks if outlook is not None), None)
    if found is None:
        return None
    sha = found.parameters_sha256[:SHA_SHOWN]
    return visit.reader.words.text("plan.outlook_source", draws=found.draws, sha=sha)


def _row(visit: Visit, option: Option) -> OptionRow:
    words, made = visit.reader.words, option.outcome
    named = dict(product_choices(visit.reader))
    answer = made.answer if isinstance(made, Refusal) else _stricter(made)
    plan = made if isinstance(made, Plan) else None
    outlook = None if plan is None else plan.outlook
    reasons = made.reasons if isinstance(made, Refusal) else cautions_of(made)
    after = None
    if option.after_last is not None:
        after = " / ".join(lasting(option.after_last, words_of("compare", words.language)))
    return OptionRow(
        regimen=option.regimen,
        title=regimen_title(option.regimen, words),
        products=[(name, named[name]) for name in option.products],
        verdict=verdict_text(answer.verdict, words),
        badge=BADGES[answer.verdict],
        rules=", ".join(dict.fromkeys(reason.rule for reason in reasons)),
        protected=None if outlook is None else _shares(outlook.protected_share),
        weakest=None if outlook is None else _weakest(outlook, visit),
        after_last=after,
        missed=None if outlook is None or outlook.missed is None else _missed(outlook, visit),
        doses=_per_month(option.doses_per_month, visit),
        visits=_per_month(option.clinic_days_per_month, visit),
        supply=[] if plan is None else supply_lines(plan, words),
        absent=visit.say("not planned") if plan is None else visit.say("no data"),
    )


def _stricter(plan: Plan) -> Answer:
    return plan.limits if plan.limits.verdict == "allowed_with_caution" else plan.screening


def _shares(values: tuple[float, float, float]) -> str:
    low, median, high = values
    return shares(Spread(low=low, median=median, high=high))


def _weakest(found: Outlook, visit: Visit) -> str:
    return f"{_shares(found.weakest_blocked)}, {local_text(found.weakest_at, visit.reader.words)}"


def _missed(found: Outlook, visit: Visit) -> str:
    assert found.missed is not None
    dose = amount(found.missed.dose_mg, "mg", visit.reader.words)
    lowest = percent(found.missed.weakest_blocked[1])
    return f"{dose}: {lost_hours(found.missed, visit.reader.words)}; {lowest}"


def _per_month(value: float | None, visit: Visit) -> str | None:
    return None if value is None else plain(round(value, 1), visit.reader.words.language)
