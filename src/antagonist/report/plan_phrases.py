"""What every document of a plan says, in words: head, doses, checks, supply, outlook, warnings."""

from __future__ import annotations

import math
from collections.abc import Mapping, Sequence
from dataclasses import dataclass
from datetime import date, timedelta

from antagonist.label.answers import Reason
from antagonist.label.regimens import regimens
from antagonist.planning.plan_model import (
    MissedCost,
    Outlook,
    Plan,
    PlannedCheck,
    PlannedDose,
    Supply,
)
from antagonist.report.label_dates import date_text, local_text, short_date, when_text
from antagonist.report.label_text import amount, in_language, product_title, source_text, units_text
from antagonist.report.numbers import percent
from antagonist.report.phrases import spread
from antagonist.report.screening_text import Rules
from antagonist.report.wording import Wording

WEEK_DAYS = 7
SHA_SHOWN = 12
_NO_BREAK_SPACE = "\u00a0"
# What is handed over with every plan, and the rule of the label that says so.
WARNINGS: Mapping[str, str] = {
    "overcome": "override",
    "tolerance": "lost-tolerance",
    "naloxone": "reversal-agent",
    "jaundice": "jaundice",
    "pain": "emergency-pain",
    "card": "carry-card",
}
Range = tuple[float, float, float]


@dataclass(frozen=True)
class Week:
    """Seven days from a Monday on, each with its doses."""

    monday: date
    days: tuple[tuple[PlannedDose, ...], ...]

    @property
    def sunday(self) -> date:
        """The week's last day."""
        return self.monday + timedelta(days=WEEK_DAYS - 1)

    @property
    def doses(self) -> tuple[PlannedDose, ...]:
        """All doses of the week."""
        return tuple(dose for day in self.days for dose in day)


@dataclass(frozen=True)
class CheckLine:
    """One kind of check with all its days, and where it comes from."""

    title: str
    days: tuple[date, ...]
    source: str


def weeks_of(doses: Sequence[PlannedDose]) -> tuple[Week, ...]:
    """Weeks from the first dose's to the last dose's, those without a dose too."""
    if not doses:
        return ()
    by_day: dict[date, list[PlannedDose]] = {}
    for dose in doses:
        by_day.setdefault(dose.at.date(), []).append(dose)
    monday = min(by_day) - timedelta(days=min(by_day).weekday())
    found = []
    while monday <= max(by_day):
        days = (monday + timedelta(days=i) for i in range(WEEK_DAYS))
        found.append(Week(monday, tuple(tuple(by_day.get(day, ())) for day in days)))
        monday += timedelta(days=WEEK_DAYS)
    return tuple(found)


def regimen_title(regimen: str, words: Wording) -> str:
    """A regimen by its title in the label's data, or its own id."""
    known = regimens().get(regimen)
    return in_language(known.title, words) if known else regimen.replace("_", " ")


def head_rows(plan: Plan, words: Wording) -> list[tuple[str, str]]:
    """Name and content of each line at the head of a plan."""
    start, end = date_text(plan.start, words), date_text(plan.end, words)
    rows = {
        "patient": plan.patient,
        "indication": words.text(f"indication.{plan.indication}"),
        "product": product_title(plan.product, words),
        "regimen": regimen_title(plan.regimen, words),
        "course": words.text("plan.course_dates", start=start, end=end),
        "time": words.text("plan.time_zone", clock=plan.request.clock, zone=plan.timezone),
        "prescriber": plan.request.prescriber or words.text("plan.not_named"),
    }
    return [(words.text(f"plan.{key}"), value) for key, value in rows.items()]


def dose_text(dose: PlannedDose, product: str, words: Wording) -> str:
    """A dose in mg and in units of the product."""
    units = units_text(dose.units, product, words)
    return words.text("plan.dose", dose=amount(dose.dose_mg, "mg", words), units=units)


def dose_notes(dose: PlannedDose, words: Wording) -> list[str]:
    """What else is to be known of a dose."""
    notes = []
    if dose.kind in ("induction", "bridge"):
        notes.append(words.text(f"plan.kind.{dose.kind}"))
    if dose.supervised:
        notes.append(words.text("plan.at_clinic"))
    if dose.side is not None:
        notes.append(words.text(f"plan.side.{dose.side}"))
    if dose.moved_from is not None:
        notes.append(words.text("plan.moved", date=short_date(dose.moved_from, words)))
    if dose.not_before is not None:
        notes.append(words.text("plan.not_before", date=short_date(dose.not_before, words)))
    return notes


def week_text(week: Week, words: Wording) -> str:
    """A week in one line: how often which dose, how many of them at the clinic, what was moved."""
    counts: dict[float, int] = {}
    for dose in week.doses:
        counts[dose.dose_mg] = counts.get(dose.dose_mg, 0) + 1
    parts = [f"{amount(mg, 'mg', words)} × {count}" for mg, count in counts.items()]
    said = [" + ".join(parts) or words.text("plan.no_dose")]
    supervised = sum(dose.supervised for dose in week.doses)
    if supervised:
        said.append(words.text("plan.at_clinic_count", count=supervised))
    for dose in week.doses:
        if dose.moved_from is not None:
            moved = words.text("plan.moved", date=short_date(dose.moved_from, words))
            said.append(f"{short_date(dose.at.date(), words)} {moved}")
    return "; ".join(said)


def check_lines(checks: Sequence[PlannedCheck], words: Wording) -> list[CheckLine]:
    """Checks of one kind and source together, those first that come first."""
    groups: dict[tuple[str, str], list[date]] = {}
    for check in sorted(checks, key=lambda c: c.on):
        source = source_text(check.source, check.provenance, words)
        groups.setdefault((in_language(check.title, words), source), []).append(check.on)
    return [CheckLine(title, tuple(days), source) for (title, source), days in groups.items()]


def days_text(days: Sequence[date], words: Wording) -> str:
    """Several days, the year named once for each year."""
    parts = [
        date_text(day, words)
        if i + 1 == len(days) or days[i + 1].year != day.year
        else short_date(day, words)
        for i, day in enumerate(days)
    ]
    return ", ".join(parts)


def span_text(first: date, last: date, words: Wording) -> str:
    """Two dates and all between them; the year named once where it is one."""
    start = short_date(first, words) if first.year == last.year else date_text(first, words)
    return f"{start} – {date_text(last, words)}"


def supply_lines(plan: Plan, words: Wording) -> list[str]:
    """What is needed and what it costs; a cost without a price is not known, never zero."""
    supply = plan.supply
    units = units_text(supply.units, plan.product, words)
    if supply.packs is None:
        lines = [words.text("plan.needed", units=units)]
    else:
        packs = amount(supply.packs, "pack", words)
        if supply.units_per_pack is not None:
            size = units_text(supply.units_per_pack, plan.product, words)
            packs += " " + words.text("plan.pack_size", units=size)
        lines = [words.text("plan.needed_packs", units=units, packs=packs)]
    lines.append(_cost_line(supply, words))
    if plan.renewal is not None:
        lines.append(words.text("plan.renewal", date=date_text(plan.renewal, words)))
    return lines


def _cost_line(supply: Supply, words: Wording) -> str:
    ends = [cost for cost in (supply.cost_low, supply.cost_high) if cost is not None]
    if not ends:
        return words.text("plan.cost_unknown")
    cost = " – ".join(dict.fromkeys(money_text(end, words) for end in ends))
    on = words.text("plan.price_undated")
    if supply.price_date is not None:
        on = words.text("plan.price_dated", date=when_text(supply.price_date, words))
    line = words.text("plan.cost", cost=f"{cost} {supply.currency or ''}".rstrip(), date=on)
    if supply.price_source is None or supply.price_provenance is None:
        return line
    source = source_text((supply.price_source,), supply.price_provenance, words)
    return f"{line}; {source}"


def money_text(value: float, words: Wording) -> str:
    """An amount of money, thousands apart, cents only where there are any."""
    whole = float(value).is_integer()
    text = f"{value:,.0f}" if whole else f"{value:,.2f}"
    text = text.replace(",", _NO_BREAK_SPACE)
    return text.replace(".", ",") if words.language == "ru" else text


def outlook_lines(plan: Plan, words: Wording) -> list[str]:
    """What the model expects of a plan, or why it says nothing; no dose of an opioid anywhere."""
    found = plan.outlook
    if found is None:
        reason = words.name("no_outlook", plan.no_outlook or "no_data")
        return [words.text("plan.no_outlook", reason=reason)]
    when = local_text(found.weakest_at, words)
    line = percent(found.blocked_fraction)
    lines = [
        words.text("plan.weakest", when=when, share=_shares(found.weakest_blocked)),
        words.text("plan.protected", share=_shares(found.protected_share), line=line),
    ]
    if found.missed is not None:
        lines.append(_missed_line(found, words))
    source = words.text(
        "plan.outlook_source", draws=found.draws, sha=found.parameters_sha256[:SHA_SHOWN]
    )
    return [*lines, words.text("plan.outlook_range"), words.text("plan.not_a_promise"), source]


def lost_hours(missed: MissedCost, words: Wording) -> str:
    """Hours of protection that a missed dose costs: median and interval, rounded outwards."""
    low, median, high = missed.hours_lost
    # outwards, so that printing makes no interval narrower
    hours = {"low": math.floor(low), "median": round(median), "high": math.ceil(high)}
    return words.text("plan.lost_hours", **hours)


def _missed_line(found: Outlook, words: Wording) -> str:
    assert found.missed is not None
    return words.text(
        "plan.missed",
        dose=amount(found.missed.dose_mg, "mg", words),
        when=local_text(found.missed.at, words),
        lost=lost_hours(found.missed, words),
        share=_shares(found.missed.weakest_blocked),
    )


def _shares(values: Range) -> str:
    return spread([percent(value) for value in values])


def warning_lines(rules: Rules, words: Wording) -> list[tuple[str, str]]:
    """Each warning to hand over, and the source of the rule behind it ('' where it has none)."""
    found = []
    for key, name in WARNINGS.items():
        rule = rules.get(name)
        source = source_text(rule.source, rule.provenance, words) if rule else ""
        found.append((words.text(f"warning.{key}"), source))
    return found


def cautions_of(plan: Plan) -> tuple[Reason, ...]:
    """Cautions of the screening and of the limits, each rule once."""
    both = (*plan.screening.cautions, *plan.limits.cautions)
    return tuple({reason.rule: reason for reason in both}.values())


def source_lines(plan: Plan, words: Wording) -> list[str]:
    """Where the regimen comes from, and which rules were asked."""
    lines = []
    regimen = regimens().get(plan.regimen)
    if regimen is not None:
        source = source_text((regimen.source,), regimen.provenance, words)
        lines.append(f"{in_language(regimen.title, words)}: {source}")
    shown = plan.screening.rules_hash[:SHA_SHOWN]
    return [*lines, words.text("screen.rules_hash", hash=shown)]
