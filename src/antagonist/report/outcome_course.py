"""The chart of a patient's course: doses, hours blocked, urine and use over one time axis."""

from __future__ import annotations

from collections.abc import Mapping, Sequence
from datetime import date, timedelta
from typing import TYPE_CHECKING

from antagonist.feedback.outcomes.course import Course
from antagonist.feedback.outcomes.patient import Measured
from antagonist.feedback.outcomes.rules import number
from antagonist.report.label_dates import date_text, short_date
from antagonist.report.outcome_drawing import (
    COLOURS,
    GREY,
    framed,
    legend_below,
    new_figure,
    percent_axis,
    plain_handle,
)
from antagonist.report.outcome_pages import Chart
from antagonist.report.wording import Wording

if TYPE_CHECKING:
    from matplotlib.axes import Axes
    from matplotlib.lines import Line2D

Look = Mapping[str, object]
MOST_TICKS = 9
COURSE_LEFT_IN = 0.95
BLUE, RED, GREEN = COLOURS[1], COLOURS[2], COLOURS[3]
DOSES: Mapping[str, Look] = {
    "mark_seen": {"marker": "^", "color": "black"},
    "mark_told": {"marker": "^", "color": "black", "markerfacecolor": "white"},
    "mark_no_word": {"marker": "d", "color": GREY, "markerfacecolor": "white"},
    "mark_missed": {"marker": "x", "color": RED},
}
FINDINGS: Mapping[str, Look] = {
    "urine_negative": {"marker": "o", "color": GREEN, "markerfacecolor": "white"},
    "urine_positive": {"marker": "o", "color": RED},
    "urine_unclear": {"marker": "s", "color": GREY, "markerfacecolor": "white"},
    "use_mark": {"marker": "|", "color": RED, "markersize": 9},
}


def course_chart(found: Measured, words: Wording) -> Chart | None:
    """Doses by evidence, hours blocked each day, urine and use; None without a dose."""
    course, start = found.course, found.course.start
    if start is None:
        return None
    with_grams = any(grams for day, grams in course.drinks.items() if day >= start)
    title = words.text("out.course_chart")
    heights = [0.7, 2.0, 0.7, *([1.3] if with_grams else [])]
    figure = new_figure(sum(heights) + 2.2, title)
    rows = figure.subplots(len(heights), 1, sharex=True, height_ratios=heights, squeeze=False)
    panels: list[Axes] = [row[0] for row in rows]
    _draw_doses(panels[0], course, start, words)
    _draw_blocked(panels[1], found, start, words)
    _draw_findings(panels[2], course, start, words)
    if with_grams:
        _draw_grams(panels[3], course, start, words)
    for axes in panels:
        framed(axes, grid="x")
        axes.tick_params(labelbottom=axes is panels[-1])
    _time_axis(panels[-1], start, course.end, words)
    legend_below(figure, *_legend(words), columns=4, left_in=COURSE_LEFT_IN)
    taken = len(course.taken)
    described = words.text(
        "out.course_words",
        start=date_text(start, words),
        end=date_text(course.end, words),
        doses=taken,
        missed=len(course.intakes) - taken,
    )
    return Chart("course", title, figure, [described])


def _x(day: date, start: date) -> int:
    return (day - start).days


def _marks(axes: Axes, days: Sequence[int], look: Look, y: float = 0.0) -> None:
    axes.plot(days, [y] * len(days), linestyle="", **{"markersize": 5.5, **look})  # type: ignore[arg-type]


def _bare(axes: Axes, title: str) -> None:
    axes.set_ylim(-1, 1)
    axes.set_yticks([])
    axes.set_ylabel(title, rotation=0, ha="right", va="center", fontsize=8)
    axes.spines["left"].set_visible(False)


def _draw_doses(axes: Axes, course: Course, start: date, words: Wording) -> None:
    kinds = {
        "given": "mark_seen", "observed": "mark_seen", "observed_mouth_checked": "mark_seen",
        "reported": "mark_told", "no_word": "mark_no_word",
    }  # fmt: skip
    by_kind: dict[str, list[int]] = {}
    for dose in course.intakes:
        day = course.day(dose.at)
        if start <= day <= course.end:
            kind = kinds.get(dose.evidence, "mark_missed")
            by_kind.setdefault(kind, []).append(_x(day, start))
    for kind, days in by_kind.items():
        _marks(axes, days, DOSES[kind])
    _bare(axes, words.text("out.doses_row"))


def _draw_blocked(axes: Axes, found: Measured, start: date, words: Wording) -> None:
    percent_axis(axes, "y")
    axes.set_ylabel(words.text("out.blocked_axis"), fontsize=8)
    if found.blocked is None:
        axes.text(
            0.5, 0.5, words.text("no_data"), transform=axes.transAxes, ha="center", fontsize=9,
            style="italic", color=GREY,
        )  # fmt: skip
        return
    low, mean, high = 100 * found.blocked.by_day
    first = _x(found.blocked.first_day, start)
    days = range(first, first + len(mean))
    axes.fill_between(days, low, high, color=BLUE, alpha=0.18, linewidth=0)
    axes.plot(days, mean, color=BLUE, linewidth=1.8)


def _draw_findings(axes: Axes, course: Course, start: date, words: Wording) -> None:
    for sample in course.samples:
        if start <= sample.on <= course.end:
            _marks(axes, [_x(sample.on, start)], FINDINGS[f"urine_{sample.result}"], 0.45)
    used = [_x(day, start) for day in sorted(course.opioid_use) if start <= day <= course.end]
    _marks(axes, used, FINDINGS["use_mark"], -0.5)
    _bare(axes, words.text("out.findings_row"))


def _draw_grams(axes: Axes, course: Course, start: date, words: Wording) -> None:
    days = [d for d, g in course.drinks.items() if g and start <= d <= course.end]
    grams = [course.drinks[day] or 0.0 for day in days]
    axes.bar([_x(day, start) for day in days], grams, width=0.8, color=COLOURS[5])
    if course.sex is not None:
        limit = number(f"heavy_us_{course.sex}_g")
        axes.axhline(limit, color="black", linestyle=":", linewidth=1.2)
        axes.annotate(
            words.text("out.heavy_line"), (1.0, limit), xycoords=("axes fraction", "data"),
            xytext=(-2, 2), textcoords="offset points", ha="right", fontsize=7.5,
        )  # fmt: skip
    axes.set_ylabel(words.text("out.grams_axis"), fontsize=8)


def _time_axis(axes: Axes, start: date, end: date, words: Wording) -> None:
    span = max((end - start).days, 1)
    step = max(-(-span // MOST_TICKS), 1)
    ticks = list(range(0, span + 1, step))
    days = [short_date(start + timedelta(days=t), words) for t in ticks]
    axes.set_xticks(ticks, days, fontsize=7.5)
    axes.set_xlim(-0.02 * span - 0.5, 1.02 * span + 0.5)
    years = "–".join(dict.fromkeys((str(start.year), str(end.year))))
    axes.set_xlabel(f"{words.text('out.date_axis')}, {years}", fontsize=8.5)


def _legend(words: Wording) -> tuple[list[Line2D], list[str]]:
    looks: dict[str, Look] = {
        **{key: {"linestyle": "", **look} for key, look in DOSES.items()},
        "mean_line": {"color": BLUE, "linewidth": 1.8},
        "band90": {"color": BLUE, "linewidth": 7, "alpha": 0.18},
        **{key: {"linestyle": "", **look} for key, look in FINDINGS.items()},
    }
    handles = [plain_handle(**look) for look in looks.values()]
    return handles, [words.text(f"out.{key}") for key in looks]
