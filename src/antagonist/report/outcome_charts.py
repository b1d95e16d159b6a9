"""Charts of a program's outcomes besides time in treatment: dots with intervals by product."""

from __future__ import annotations

from antagonist.feedback.outcomes.intervals import Interval
from antagonist.feedback.outcomes.programme_model import ProgrammeOutcomes
from antagonist.feedback.rating_items import rating_items
from antagonist.report.label_text import in_language
from antagonist.report.outcome_drawing import (
    Dot,
    handle,
    legend_below,
    new_figure,
    percent_axis,
    plain_handle,
    rows_of_dots,
)
from antagonist.report.outcome_pages import Chart
from antagonist.report.outcome_phrases import (
    expected_text,
    group_title,
    mean_text,
    number_interval,
    product_name,
    system_title,
)
from antagonist.report.wording import Wording

ROW_IN, FRAME_IN = 0.62, 1.75


def adherence_chart(found: ProgrammeOutcomes, words: Wording) -> Chart | None:
    """Days covered beside hours blocked, by product."""
    covered = {row.group: row for row in found.coverage if row.basis == "doses_by_mg"}
    blocked = {row.group: row for row in found.blocked}
    groups = [name for name in covered if covered[name].ignored.interval is not None]
    if not groups:
        return None
    title = words.text("out.adherence_chart")
    figure = new_figure(FRAME_IN + ROW_IN * len(groups), title)
    axes, dots, described = figure.subplots(), list[Dot](), list[str]()
    for n, name in enumerate(groups):
        here = covered[name].ignored
        dots += _dot(n, 0, here.interval)
        row, told = blocked.get(name), words.text("out.not_known")
        if row is not None:
            for kind, value in ((1, row.whole), (2, row.in_treatment)):
                dots.append(Dot(n, kind, 100 * value.mean, 100 * value.low, 100 * value.high))
            told = expected_text(row.whole, words)
        described.append(
            words.text(
                "out.adherence_words",
                group=group_title(name, words),
                covered=mean_text(here, words),
                blocked=told,
            )
        )
    labels = [group_title(name, words) for name in groups]
    rows_of_dots(axes, labels, dots, 3, words.text("out.share_axis"))
    percent_axis(axes)
    keys = ("legend_covered", "legend_blocked", "legend_blocked_in")
    legend_below(figure, [handle(k) for k in range(3)], [words.text(f"out.{k}") for k in keys], 1)
    return Chart("adherence", title, figure, described)


def _dot(row: int, kind: int, found: Interval | None) -> list[Dot]:
    if found is None:
        return []
    ends = [None if end is None else 100 * end for end in (found.low, found.high)]
    return [Dot(row, kind, 100 * found.value, ends[0], ends[1])]


def urine_chart(found: ProgrammeOutcomes, words: Wording) -> Chart | None:
    """Urine negative: bounds from worst to best case, with both shares that are shown first."""
    rows = [r for r in found.opioid if r.urine_worst.interval and r.urine_best.interval]
    if not rows:
        return None
    title = words.text("out.urine_chart")
    figure = new_figure(FRAME_IN + ROW_IN * len(rows), title)
    axes, dots, described = figure.subplots(), list[Dot](), list[str]()
    for n, row in enumerate(rows):
        assert row.urine_worst.interval is not None
        assert row.urine_best.interval is not None
        ends = (100 * row.urine_worst.interval.value, 100 * row.urine_best.interval.value)
        axes.plot(ends, [n, n], color="#bbbbbb", linewidth=7, solid_capstyle="butt", zorder=1)
        dots += _dot(n, 0, row.urine_worst.interval) + _dot(n, 1, row.urine_observed.interval)
        described.append(
            words.text(
                "out.urine_words",
                group=group_title(row.group, words),
                worst=mean_text(row.urine_worst, words),
                observed=mean_text(row.urine_observed, words),
                best=mean_text(row.urine_best, words),
            )
        )
    labels = [group_title(row.group, words) for row in rows]
    rows_of_dots(axes, labels, dots, 2, words.text("out.share_axis"))
    percent_axis(axes)
    handles = [handle(0), handle(1), plain_handle(color="#bbbbbb", linewidth=7)]
    keys = ("legend_worst", "legend_observed", "legend_bounds")
    legend_below(figure, handles, [words.text(f"out.{key}") for key in keys], 3)
    return Chart("urine", title, figure, described)


def effects_chart(found: ProgrammeOutcomes, words: Wording) -> Chart | None:
    """Events per 100 patient-months by organ system and product."""
    rows = [r for r in found.effects if r.term is None and r.rate and r.rate.interval]
    systems = list(dict.fromkeys(r.system for r in rows))
    groups = [g.group for g in found.groups if any(r.group == g.group for r in rows)]
    if not systems:
        return None
    title = words.text("out.effects_chart")
    figure = new_figure(FRAME_IN + 0.5 * len(systems), title)
    axes, dots, described = figure.subplots(), list[Dot](), list[str]()
    for n, system in enumerate(systems):
        told = []
        for row in rows:
            if row.system != system or row.rate is None or row.rate.interval is None:
                continue
            rate = row.rate.interval
            dots.append(Dot(n, groups.index(row.group), rate.value, rate.low, rate.high))
            told.append(f"{group_title(row.group, words)} {number_interval(rate, words)}")
        described.append(
            words.text(
                "out.effects_words", system=system_title(system, words), list="; ".join(told)
            )
        )
    labels = [system_title(s, words) for s in systems]
    rows_of_dots(axes, labels, dots, len(groups), words.text("out.rate"))
    axes.set_xlim(left=0)
    handles = [handle(k) for k in range(len(groups))]
    legend_below(figure, handles, [group_title(g, words) for g in groups])
    return Chart("effects", title, figure, [words.text("out.bar95") + ".", *described])


def ratings_chart(found: ProgrammeOutcomes, words: Wording) -> Chart | None:
    """Mean ratings on scales, by item and product."""
    rows = [r for r in found.ratings if r.scale is not None and r.scale.mean is not None]
    if not rows:
        return None
    items = list(dict.fromkeys(r.item for r in rows))
    products = list(dict.fromkeys(r.product for r in rows))
    title = words.text("out.ratings_chart")
    figure = new_figure(FRAME_IN + ROW_IN * len(items), title)
    axes, dots, described = figure.subplots(), list[Dot](), list[str]()
    for row in rows:
        assert row.scale is not None
        assert row.scale.mean is not None
        mean = row.scale.mean
        at = (items.index(row.item), products.index(row.product))
        dots.append(Dot(*at, mean.value, mean.low, mean.high))
        described.append(
            words.text(
                "out.ratings_words",
                item=in_language(rating_items().items[row.item].title, words),
                product=product_name(row.product, words),
                value=number_interval(mean, words),
                n=row.scale.n,
            )
        )
    labels = [in_language(rating_items().items[i].title, words) for i in items]
    rows_of_dots(axes, labels, dots, len(products), words.text("out.ratings_axis"))
    axes.set_xlim(-0.2, 10.2)
    handles = [handle(k) for k in range(len(products))]
    legend_below(figure, handles, [product_name(p, words) for p in products])
    return Chart("ratings", title, figure, [words.text("out.bar95") + ".", *described])
