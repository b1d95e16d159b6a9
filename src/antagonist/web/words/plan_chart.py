"""The chart of regimens side by side, as a picture of its own: no page waits for its drawing."""

from __future__ import annotations

from collections.abc import Sequence

from antagonist.pharmacology.results import Spread
from antagonist.pharmacology.settings import settings
from antagonist.planning.plan_model import Plan
from antagonist.planning.side_by_side import Option
from antagonist.report.compare_chart import Bar, Row, regimens_figure, size_inches
from antagonist.report.figures_page import words_of
from antagonist.report.images import svg_text
from antagonist.web.visit import Visit
from antagonist.web.words.plans import OptionRow, option_rows

CSS_PX = 96  # of an inch


def options_svg(visit: Visit, options: Sequence[Option], *, narrow: bool = False) -> str:
    """Regimens as ``option_rows`` has them, drawn as ``antagonist compare`` draws its own.

    narrow: for a phone. Returns one SVG element with title and description.
    """
    told = option_rows(visit, options)
    words, line = words_of("compare", visit.reader.language), settings().threshold
    rows = [_row(option, row, line.endpoint) for option, row in zip(options, told, strict=True)]
    description = " ".join(_described(row, visit) for row in told)
    title = visit.say("Regimens side by side")
    figure = regimens_figure(rows, line, words, title, narrow=narrow)
    return svg_text(figure, title, description)


def sizes_px(rows: int) -> tuple[tuple[int, int], tuple[int, int]]:
    """Width and height of the picture, wide and narrow, so that the page does not jump."""
    wide, narrow = (size_inches(rows, narrow=n) for n in (False, True))
    return _px(wide), _px(narrow)


def _px(inches: tuple[float, float]) -> tuple[int, int]:
    return round(inches[0] * CSS_PX), round(inches[1] * CSS_PX)


def drawable(options: Sequence[Option]) -> bool:
    """Whether there is any figure to draw."""
    return any(
        option.after_last is not None
        or (isinstance(option.outcome, Plan) and option.outcome.outlook is not None)
        for option in options
    )


def _row(option: Option, told: OptionRow, endpoint: str) -> Row:
    made = option.outcome
    outlook = made.outlook if isinstance(made, Plan) else None
    bars: tuple[Bar, ...] = ()
    if outlook is not None or option.after_last is not None:
        shares: tuple[Spread | None, Spread | None] = (None, None)
        if outlook is not None:
            shares = (_spread(outlook.protected_share), _spread(outlook.weakest_blocked))
        bars = (Bar(endpoint, *shares, option.after_last),)
    return Row(told.title, told.verdict, bars, told.absent)


def _spread(values: tuple[float, float, float]) -> Spread:
    low, median, high = values
    return Spread(low=low, median=median, high=high)


def _described(row: OptionRow, visit: Visit) -> str:
    none = visit.say("no data")
    figures = (
        (visit.say("Time protected"), row.protected or row.absent),
        (visit.say("Weakest hour: blocked, when"), row.weakest or row.absent),
        (visit.say("Protection after the last dose: at least / median"), row.after_last or none),
    )
    said = "; ".join(f"{name}: {figure}" for name, figure in figures)
    return f"{row.title}: {row.verdict}. {said}."
