"""A comparison of regimens in words and tables."""

from __future__ import annotations

from math import ceil, floor
from typing import TYPE_CHECKING

from antagonist.pharmacology.results import Spread, Threshold
from antagonist.planning.compare import Compared, Comparison, Lasting, Weakest
from antagonist.report.figures_page import Page, Table, provenance_text
from antagonist.report.limits import Limit
from antagonist.report.numbers import percent, plain
from antagonist.report.phrases import agonist_dose, product_title, spread
from antagonist.report.wording import Wording

if TYPE_CHECKING:
    from rich.console import Console

MONTHLY_INJECTION = "xr_im_380"
_HOURS_SHOWN = 96.0  # longer spans are printed in days


def span(hours: float, words: Wording) -> str:
    """A span in hours or days, rounded down: no figure grows by printing it."""
    if hours <= 0:
        return words.text("compare.none")
    if hours < _HOURS_SHOWN:
        return words.text("compare.h", value=floor(hours + 1e-9))
    return words.text("compare.d", value=floor(hours / 24 + 1e-9))


def shares(values: Spread) -> str:
    """Median and interval of a share, in percent."""
    return spread([percent(values.low), percent(values.median), percent(values.high)])


def lasting(found: Lasting, words: Wording) -> tuple[str, str]:
    """How long protection lasts after the last dose: at least, and median."""
    longer = words.text("compare.longer", time=span(found.searched_h, words))
    least, median = (
        longer if hours is None else span(hours, words)
        for hours in (found.at_least_h, found.median_h)
    )
    return least, median


def _lasting_words(found: Lasting, words: Wording) -> str:
    least, median = lasting(found, words)
    return words.text("compare.lasts", least=least, median=median)


def _when(row: Compared, weakest: Weakest, words: Wording) -> str:
    day = ceil(weakest.at_h / 24) or (row.cycle_days or 1)
    return words.text("compare.day", day=day, after=span(weakest.after_dose_h, words))


def title_of(row: Compared, words: Wording) -> str:
    """A regimen's title in the reader's language."""
    return row.title[words.language]


def amount(row: Compared, words: Wording) -> str:
    """Doses in the period."""
    if row.doses_in_period is None:
        return words.text("compare.dose_unknown")
    doses = plain(round(row.doses_in_period, 1), words.language)
    return words.text("compare.amount", doses=doses, weeks=f"{row.period_weeks:g}")


def chart_amount(row: Compared, words: Wording) -> str:
    """Doses and milligrams in the period, for the chart's row."""
    if row.doses_in_period is None or row.mg_in_period is None:
        return words.text("compare.dose_unknown")
    return words.text(
        "compare.chart_amount",
        doses=plain(round(row.doses_in_period, 1), words.language),
        mg=plain(round(row.mg_in_period), words.language),
        weeks=f"{row.period_weeks:g}",
    )


def protection_table(found: Comparison, words: Wording) -> Table:
    """One row for each regimen and effect."""
    keys = (
        "regimen", "effect", "time_protected", "weakest", "when",
        "after_last", "after_last_median", "reached",
    )  # fmt: skip
    rows: list[list[str]] = []
    for row in found.regimens:
        if not row.protection:
            rows.append([title_of(row, words), words.text("no_data"), *[""] * (len(keys) - 2)])
        for part in row.protection:
            rows.append(
                [
                    title_of(row, words),
                    words.text(f"compare.{part.endpoint}"),
                    shares(part.time_protected),
                    shares(part.weakest.blocked),
                    _when(row, part.weakest, words),
                    *lasting(part.after_last_dose, words),
                    percent(part.after_last_dose.reached),
                ]
            )
    headers = [words.text(f"compare.{key}") for key in keys]
    return Table(words.text("compare.caption"), headers, rows)


def dose_table(found: Comparison, words: Wording) -> Table:
    """Doses, milligrams and sources."""
    rows = []
    for row in found.regimens:
        mg = (row.mg_in_period, row.mg_per_week)
        figures = ["" if x is None else plain(round(x), words.language) for x in mg]
        rows.append([title_of(row, words), amount(row, words), *figures, row.source])
    keys = ("regimen", "doses", "mg", "mg_per_week", "source")
    headers = [words.text(f"compare.{key}") for key in keys]
    return Table(words.text("compare.doses_caption"), headers, rows)


def protected_lines(line: Threshold, words: Wording, *, both: bool = True) -> str:
    """What 'protected' means: the share and the reference dose. both: for both endpoints."""
    found = words.text(
        "compare.protected",
        percent=percent(line.blocked_fraction),
        dose=agonist_dose(line, words),
    )
    return f"{found} {words.text('compare.protected_both')}" if both else found


def _lead(found: Comparison, words: Wording) -> list[str]:
    return [
        protected_lines(found.threshold, words),
        words.text("compare.interval"),
        words.text("doc.breathing"),
    ]


def _notes(found: Comparison, words: Wording) -> list[Limit]:
    single = {f"{row.period_weeks:g}" for row in found.regimens if not row.steady_state}
    keys = ["lasting", "typical"]
    if any(row.product == MONTHLY_INJECTION for row in found.regimens):
        keys.append("not_measured")
    lines = [Limit(words.text("compare.repeated"))]
    lines += [Limit(words.text("compare.single", weeks=weeks)) for weeks in sorted(single)]
    lines += [Limit(words.text(f"compare.{key}")) for key in keys]
    for row in found.regimens:
        title = product_title(row.product, words)
        key = "no_data_line" if row.status == "no_data" else "product_note"
        if row.reason:
            lines.append(Limit(words.text(f"compare.{key}", title=title), row.reason))
    return list(dict.fromkeys(lines))


def _described(row: Compared, words: Wording) -> str:
    if not row.protection:
        return words.text("compare.no_data_line", title=title_of(row, words))
    subjective, physiological = row.protection
    return words.text(
        "compare.described",
        title=title_of(row, words),
        share_s=shares(subjective.time_protected),
        share_p=shares(physiological.time_protected),
        weak_s=shares(subjective.weakest.blocked),
        weak_p=shares(physiological.weakest.blocked),
        last_s=_lasting_words(subjective.after_last_dose, words),
        last_p=_lasting_words(physiological.after_last_dose, words),
    )


def compare_page(found: Comparison, words: Wording) -> Page:
    """The page of a comparison; its description serves as the chart's text alternative."""
    return Page(
        title=words.text("compare.title"),
        lead=_lead(found, words),
        tables=[protection_table(found, words), dose_table(found, words)],
        description=[
            words.text("compare.chart_is"),
            *(_described(row, words) for row in found.regimens),
        ],
        notes=_notes(found, words),
        provenance=provenance_text(found.provenance, words),
    )


def _console_rows(found: Comparison, words: Wording) -> list[list[str]]:
    """One row for each regimen: a line for each effect in its cells."""
    rows = []
    for row in found.regimens:
        name = f"{title_of(row, words)}\n{amount(row, words)}"
        if row.mg_per_week is not None:
            name += f", {plain(round(row.mg_per_week), words.language)} " + words.text(
                "compare.mg_per_week"
            )
        if not row.protection:
            rows.append([name, words.text("no_data"), "", "", ""])
            continue
        parts = row.protection
        rows.append(
            [
                name,
                "\n".join(words.text(f"compare.{p.endpoint}") for p in parts),
                "\n".join(shares(p.time_protected) for p in parts),
                "\n".join(shares(p.weakest.blocked) for p in parts)
                + f"\n{_when(row, parts[0].weakest, words)}",
                "\n".join(" / ".join(lasting(p.after_last_dose, words)) for p in parts),
            ]
        )
    return rows


def print_comparison(found: Comparison, console: Console, words: Wording) -> None:
    """Print the comparison as one table, with its line, notes and provenance."""
    from rich import box
    from rich.table import Table as RichTable
    from rich.text import Text

    table = RichTable(box=box.HORIZONTALS, show_lines=True, title=words.text("compare.title"))
    for key in ("regimen", "effect", "time_protected", "weakest", "after_last_short"):
        table.add_column(words.text(f"compare.{key}"), overflow="fold")
    for cells in _console_rows(found, words):
        table.add_row(*(Text(cell) for cell in cells))
    console.print(table)
    lines = [*_lead(found, words), *map(str, _notes(found, words))]
    for line in [*lines, provenance_text(found.provenance, words), words.text("doc.statement")]:
        console.print(line, markup=False, highlight=False)
