"""A study plan in words and tables."""

from __future__ import annotations

from typing import TYPE_CHECKING

from antagonist.pharmacology.results import Note, Spread
from antagonist.pharmacology.study_results import Answer, Hours, Study, Units
from antagonist.report.figures_page import Page, Table, provenance_text
from antagonist.report.limits import Limit
from antagonist.report.numbers import percent, plain, two_digits
from antagonist.report.phrases import product_title, spread
from antagonist.report.wording import Wording

if TYPE_CHECKING:
    from rich.console import Console

_HOURS_SHOWN = 96.0  # longer times are printed in days


def dose(dose_mg: float, words: Wording) -> str:
    """A naltrexone dose with its unit."""
    return words.text("dose_mg", dose=plain(round(dose_mg, 2), words.language))


def hour(time_h: float, words: Wording) -> str:
    """A time after the dose."""
    key, value = ("h", time_h) if time_h < _HOURS_SHOWN else ("d", time_h / 24)
    shown = plain(float(f"{value:.3g}"), words.language)
    return words.text(f"study.{key}", value=shown)


def shares(values: Spread) -> str:
    """Median and interval of an occupancy."""
    return spread([percent(values.low), percent(values.median), percent(values.high)])


def bare_shares(values: Spread) -> str:
    """As ``shares`` without percent signs, for a table whose caption has them."""
    low, median, high = (
        percent(x).removesuffix(" %") for x in (values.low, values.median, values.high)
    )
    return f"{median} ({low}–{high})"


def title(found: Study, words: Wording) -> str:
    """What was asked, in one line."""
    asked = found.asked
    return words.text(
        "study.title",
        receptor=words.text(f"study.receptor.{asked.receptor}"),
        percent=percent(asked.occupancy),
        start=hour(asked.window_h[0], words),
        end=hour(asked.window_h[1], words),
    )


def share_text(answer: Answer, words: Wording) -> str:
    """The share of people an answer is for."""
    return words.text("study.share", share=percent(answer.people_share))


def exact(answer: Answer, words: Wording) -> str:
    """The exact dose, two digits: it is rounded up to units, not used as it stands."""
    if answer.exact_dose_mg is None:
        return words.text("study.unreachable")
    return words.text("dose_mg", dose=two_digits(answer.exact_dose_mg, words.language))


def _units(units: Units | None, found: Study, words: Wording, missing: str) -> str:
    if units is None:
        return words.text(f"study.{missing}")
    return words.text(
        "study.units",
        units=plain(units.units, words.language),
        strength=dose(found.asked.strength_mg, words),
        dose=dose(units.dose_mg, words),
    )


def planned(answer: Answer, found: Study, words: Wording) -> str:
    """The planned dose, or why there is none."""
    limit = dose(found.dose_limit_mg, words)
    if answer.status == "over_limit":
        return words.text("study.not_planned", limit=limit)
    if answer.status == "no_unit_fits":
        return words.text("study.no_unit", limit=limit)
    return _units(answer.planned, found, words, "unreachable")


def _hours(span: Hours | None, words: Wording) -> str:
    if span is None:
        return words.text("study.never")
    if span.to_end:
        return words.text("study.onwards", start=hour(span.from_h, words))
    start, end = hour(span.from_h, words), hour(span.to_h, words)
    return words.text("study.hours", start=start, end=end)


def _plan_rows(answer: Answer, found: Study, words: Wording) -> dict[str, str]:
    schedule, supply = answer.schedule, answer.supply
    if schedule is None or supply is None:
        keys = ("lowest", "top", "near_top", "above", "washed_out", "supply", "cost")
        return dict.fromkeys(keys, "–")
    washed_out = schedule.washed_out_h
    cost = words.text("study.cost_missing")
    if supply.cost is not None:
        cost = f"{plain(round(supply.cost, 2), words.language)} {found.asked.currency}"
    later = words.text("study.later", time=hour(schedule.searched_h, words))
    return {
        "lowest": shares(schedule.lowest_in_window),
        "top": percent(schedule.top_median),
        "near_top": _hours(schedule.near_top, words),
        "above": _hours(schedule.above_wanted, words),
        "washed_out": later if washed_out is None else hour(washed_out, words),
        "supply": plain(supply.units, words.language),
        "cost": cost,
    }


def answer_table(found: Study, words: Wording) -> Table:
    """The doses side by side, one column for each share of people."""
    columns = []
    for answer in found.answers:
        # halves of an unreachable dose do not exist either
        missing = "unreachable" if answer.exact_dose_mg is None else "not_divisible"
        columns.append(
            {
                "exact": exact(answer, words),
                "parts": _units(answer.in_parts, found, words, missing),
                "whole": _units(answer.in_whole, found, words, "unreachable"),
                "planned": planned(answer, found, words),
                **_plan_rows(answer, found, words),
            }
        )
    rows = [[words.text(f"study.{key}"), *(c[key] for c in columns)] for key in columns[0]]
    headers = [words.text("study.what"), *(share_text(a, words) for a in found.answers)]
    return Table(words.text("study.answers"), headers, rows)


def occupancy_table(found: Study, words: Wording) -> Table:
    """Dose against occupancy at hours of the window."""
    hours = [hour(cell.time_h, words) for cell in found.table[0].cells]
    rows = [
        [
            dose(row.dose_mg, words),
            *(bare_shares(cell.occupancy) for cell in row.cells),
            bare_shares(row.lowest_in_window),
        ]
        for row in found.table
    ]
    headers = [words.text("study.dose"), *hours, words.text("study.lowest_short")]
    return Table(words.text("study.table"), headers, rows)


def _note(note: Note, found: Study, words: Wording) -> Limit:
    if note.key.startswith("receptor_"):
        key = f"study.basis.{found.receptor_basis}"
        return Limit(words.text(key, source=found.receptor_source))
    values = note.values
    ready: dict[str, str] = {}
    if "share" in values:
        ready["share"] = percent(float(values["share"]))
    for name in ("limit", "strength"):
        if f"{name}_mg" in values:
            ready[name] = dose(float(values[f"{name}_mg"]), words)
    if "product" in values:
        ready["product"] = product_title(str(values["product"]), words)
    return Limit(words.text(f"study.note.{note.key}", **ready), str(values.get("note", "")))


def _lead(found: Study, words: Wording) -> list[str]:
    asked = found.asked
    return [
        words.text(
            "study.lead",
            product=product_title(asked.product, words),
            strength=dose(asked.strength_mg, words),
            people=asked.people,
            sessions=asked.sessions,
        ),
        words.text("study.interval"),
        words.text(
            "study.at_limit",
            limit=dose(found.dose_limit_mg, words),
            share=percent(found.share_at_limit),
        ),
    ]


def study_page(found: Study, words: Wording) -> Page:
    """The page of a plan; its description serves as the chart's text alternative."""
    described = [words.text("study.chart_is")]
    described += [
        words.text(
            "study.described_answer",
            share=percent(answer.people_share),
            exact=exact(answer, words),
            planned=planned(answer, found, words),
        )
        for answer in found.answers
    ]
    described += [
        words.text(
            "study.described_row",
            dose=dose(row.dose_mg, words),
            lowest=shares(row.lowest_in_window),
        )
        for row in found.table
    ]
    return Page(
        title=title(found, words),
        lead=_lead(found, words),
        tables=[answer_table(found, words), occupancy_table(found, words)],
        description=described,
        notes=[_note(note, found, words) for note in found.warnings],
        provenance=provenance_text(found.provenance, words),
    )


def print_study(found: Study, console: Console, words: Wording) -> None:
    """Print a plan: the doses, the table of occupancies, warnings and provenance."""
    from rich import box
    from rich.table import Table as RichTable
    from rich.text import Text

    page = study_page(found, words)
    console.print(Text(page.title, style="bold"))
    for line in page.lead:
        console.print(line, markup=False, highlight=False)
    for table in page.tables:
        drawn = RichTable(box=box.HORIZONTALS, title=table.caption)
        for header in table.headers:
            drawn.add_column(header, overflow="fold")
        for row in table.rows:
            drawn.add_row(*(Text(cell) for cell in row))
        console.print(drawn)
    for note in page.notes:
        console.print(f"- {note}", markup=False, highlight=False)
    for line in (page.provenance, words.text("doc.statement")):
        console.print(line, markup=False, highlight=False)
