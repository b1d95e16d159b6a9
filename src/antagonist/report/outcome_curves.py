"""Charts of time in treatment: who is still there, and how it ended."""

from __future__ import annotations

from collections.abc import Sequence
from textwrap import fill
from typing import TYPE_CHECKING

from antagonist.feedback.outcomes.disclosure import ALL, least_group
from antagonist.feedback.outcomes.programme_model import ProgrammeOutcomes, RetentionRow
from antagonist.feedback.outcomes.rules import whole
from antagonist.feedback.outcomes.survival import Curve, Step
from antagonist.report.outcome_drawing import (
    COLOURS,
    GREY,
    LINES,
    PLAIN_LEFT_IN,
    framed,
    legend_below,
    new_figure,
    percent_axis,
    plain_handle,
)
from antagonist.report.outcome_pages import Chart
from antagonist.report.outcome_phrases import group_title, interval_text, measure_title
from antagonist.report.wording import Wording

if TYPE_CHECKING:
    from matplotlib.axes import Axes
    from matplotlib.lines import Line2D

WEEK = 7
TICK_WEEKS = 4
TOLD_WEEKS = (4, 12, 24)
RULE_CHARACTERS = 112


def step_near(curve: Curve, week: int) -> Step | None:
    """The last day that is told of up to a week, two weeks before it at most; else None."""
    before = [step for step in curve.steps if (week - 2) * WEEK <= step.day <= week * WEEK]
    return before[-1] if before else None


def step_text(step: Step | None, week: int, words: Wording) -> str:
    """A curve at a week, with the week that it is of where that is another."""
    if step is None:
        return "–"
    value = interval_text(step.estimate, words)
    if step.day == week * WEEK:
        return value
    return words.text("out.at_week", value=value, week=step.day // WEEK)


def rule_text(words: Wording) -> str:
    """The rule of drop-out that the curves go by."""
    return words.text(
        "out.rule_short",
        gap=whole("oral_gap_days"),
        cover=whole("injection_cover_days"),
    )


def retention_chart(found: ProgrammeOutcomes, words: Wording) -> Chart | None:
    """Time in treatment by product, with bands, numbers at risk and the rule of drop-out."""
    rows = [row for row in found.retention if len(row.curve.steps) > 1]
    if not rows:
        return None
    title = measure_title("retention", words)
    figure = new_figure(4.6 + 0.2 * len(rows), title)
    axes = figure.subplots()
    for n, row in enumerate(rows):
        _stairs(axes, row.curve.steps, n)
    last = max(row.curve.steps[-1].day for row in rows) / WEEK
    axes.set_xlim(-0.3, last + 0.6)
    axes.set_xticks(list(range(0, int(last) + 1, TICK_WEEKS)))
    percent_axis(axes, "y")
    framed(axes)
    rule = f"{rule_text(words)} {words.text('out.dots_rule', least=least_group())}"
    axes.set_title(fill(rule, RULE_CHARACTERS), fontsize=7.5, color=GREY, loc="left")
    axes.set_ylabel(words.text("out.retention_axis"), fontsize=8.5)
    axes.set_xlabel(words.text("out.weeks_axis"), fontsize=8.5, labelpad=12 + 11 * (len(rows) + 1))
    _at_risk(axes, rows, words)
    labels = [f"{group_title(row.group, words)} (n {row.curve.n})" for row in rows]
    legend_below(
        figure, _line_handles(len(rows)), labels,
        left_in=PLAIN_LEFT_IN, below_in=0.75 + 0.155 * len(rows), above_in=0.72,
    )  # fmt: skip
    described = [_retention_words(row, words) for row in rows]
    described += [words.text("out.band95") + ".", rule]
    return Chart("retention", title, figure, described)


def _stairs(axes: Axes, steps: Sequence[Step], n: int) -> None:
    weeks = [step.day / WEEK for step in steps]
    colour, line = COLOURS[n % len(COLOURS)], LINES[n % len(LINES)]
    values = [100 * step.estimate.value for step in steps]
    low = [100 * _end(step.estimate.low, step.estimate.value) for step in steps]
    high = [100 * _end(step.estimate.high, step.estimate.value) for step in steps]
    axes.fill_between(weeks, low, high, step="post", color=colour, alpha=0.14, linewidth=0)
    axes.step(weeks, values, where="post", color=colour, linestyle=line, linewidth=1.8)
    axes.plot(weeks, values, ".", color=colour, markersize=4)


def _end(end: float | None, value: float) -> float:
    return value if end is None else end


def _at_risk(axes: Axes, rows: Sequence[RetentionRow], words: Wording) -> None:
    """Numbers at risk under the axis, on days that are told of."""
    last = int(max(row.curve.steps[-1].day for row in rows) / WEEK)
    axes.annotate(
        words.text("out.at_risk"), (0, 0), xycoords="axes fraction", xytext=(-34, -28),
        textcoords="offset points", fontsize=7.5, fontweight="bold", color=GREY,
    )  # fmt: skip
    for n, row in enumerate(rows):
        told = {step.day // WEEK: step.at_risk for step in row.curve.steps}
        for week in range(0, last + 1, TICK_WEEKS):
            if week in told:
                axes.annotate(
                    str(told[week]), (week, 0), xycoords=("data", "axes fraction"),
                    xytext=(0, -40 - 11 * n), textcoords="offset points", ha="center",
                    fontsize=7.5, color=COLOURS[n % len(COLOURS)],
                )  # fmt: skip


def _retention_words(row: RetentionRow, words: Wording) -> str:
    points = []
    for week in TOLD_WEEKS:
        step = step_near(row.curve, week)
        if step is not None:
            value = interval_text(step.estimate, words)
            points.append(words.text("out.point_words", week=step.day // WEEK, value=value))
    median = row.curve.median_days
    told = (
        words.text("out.median_over")
        if median is None
        else words.text("out.median", days=f"{median:.0f}")
    )
    return words.text(
        "out.retention_words",
        group=group_title(row.group, words),
        n=row.curve.n,
        list=", ".join(points) or words.text("out.no_points"),
        median=told,
    )


def competing_chart(found: ProgrammeOutcomes, words: Wording) -> Chart | None:
    """How treatment ended, of everybody: cumulative incidence of every ending."""
    row = next((r for r in found.retention if r.group == ALL), None)
    row = row or (found.retention[0] if found.retention else None)
    if row is None or not row.competing:
        return None
    title = words.text("out.competing_chart", group=group_title(row.group, words))
    figure = new_figure(3.9, title)
    axes = figure.subplots()
    described = []
    for n, (ending, curve) in enumerate(row.competing.items()):
        _stairs(axes, curve.steps, n)
        step = curve.steps[-1]
        value = interval_text(step.estimate, words)
        name = words.text(f"ending.{ending}")
        described.append(
            words.text("out.incidence_words", ending=name, value=value, week=step.day // WEEK)
        )
    framed(axes)
    axes.set_ylim(bottom=0)
    axes.set_ylabel(words.text("out.incidence_axis"), fontsize=8.5)
    axes.set_xlabel(words.text("out.weeks_axis"), fontsize=8.5)
    names = [words.text(f"ending.{e}") for e in row.competing]
    legend_below(figure, _line_handles(len(names)), names, 4, left_in=PLAIN_LEFT_IN)
    return Chart("endings", title, figure, [*described, words.text("out.band95") + "."])


def _line_handles(count: int) -> list[Line2D]:
    return [
        plain_handle(
            color=COLOURS[n % len(COLOURS)],
            linestyle=LINES[n % len(LINES)],
            linewidth=1.8,
            marker=".",
        )
        for n in range(count)
    ]
