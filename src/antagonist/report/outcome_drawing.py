"""What the charts of outcomes share: colours, frames, rows of intervals, legends."""

from __future__ import annotations

from collections.abc import Sequence
from dataclasses import dataclass
from textwrap import fill
from typing import TYPE_CHECKING

if TYPE_CHECKING:
    from matplotlib.axes import Axes
    from matplotlib.figure import Figure
    from matplotlib.lines import Line2D

WIDTH_IN = 8.3
GREY = "#666666"
# Okabe and Ito 2008, told apart by eyes of every kind; each with a marker and a line of its own.
COLOURS = ("#000000", "#0072B2", "#D55E00", "#009E73", "#CC79A7", "#E69F00")
MARKERS = ("o", "s", "^", "D", "v", "P")
LINES = ("-", "--", "-.", ":", (0, (5, 1)), (0, (1, 1)))
TITLE_CHARACTERS = 92
LABEL_CHARACTERS = 30
# Inches: labels of rows, right edge, axis with its title, title above, a line of the legend.
LABELS_IN, RIGHT_IN, AXIS_IN, ABOVE_IN, LINE_IN = 2.25, 0.16, 0.5, 0.36, 0.19
PLAIN_LEFT_IN = 0.75


@dataclass(frozen=True)
class Dot:
    """A figure with its interval on a row. kind: which of the legend's it is."""

    row: int
    kind: int
    value: float
    low: float | None
    high: float | None


def new_figure(height_in: float, title: str) -> Figure:
    """An empty figure that belongs to no window and no global state.

    Places are fixed by ``legend_below``: a layout solver's last digits change from run to run.
    """
    from matplotlib.figure import Figure

    figure = Figure(figsize=(WIDTH_IN, height_in))
    figure.suptitle(
        fill(title, TITLE_CHARACTERS), fontsize=10.5, fontweight="bold", y=1 - 0.06 / height_in
    )
    return figure


def framed(axes: Axes, *, grid: str = "both") -> None:
    """Light grid behind the figures, no box around them."""
    axes.grid(True, axis=grid, color="#dddddd", linewidth=0.5)  # type: ignore[arg-type]
    axes.set_axisbelow(True)
    axes.tick_params(labelsize=8)
    for side in ("top", "right"):
        axes.spines[side].set_visible(False)


def rows_of_dots(
    axes: Axes, labels: Sequence[str], dots: Sequence[Dot], kinds: int, x_label: str
) -> None:
    """Dots with bars, one row for each label, first on top. kinds: how many stand in a row."""
    for dot in dots:
        y = dot.row + (dot.kind - (kinds - 1) / 2) * min(0.7 / max(kinds, 1), 0.24)
        colour, marker = COLOURS[dot.kind % len(COLOURS)], MARKERS[dot.kind % len(MARKERS)]
        if dot.low is not None and dot.high is not None:
            axes.plot([dot.low, dot.high], [y, y], "-|", color=colour, linewidth=1.5, markersize=6)
        axes.plot([dot.value], [y], marker, color=colour, markersize=5.5, zorder=4)
    count = len(labels)
    axes.set_yticks(range(count), [fill(label, LABEL_CHARACTERS) for label in labels], fontsize=8)
    axes.set_ylim(count - 0.5, -0.5)
    for n in range(1, count, 2):
        axes.axhspan(n - 0.5, n + 0.5, color="#f4f4f4", zorder=0, linewidth=0)
    framed(axes, grid="x")
    axes.tick_params(axis="y", length=0)
    axes.set_xlabel(x_label, fontsize=8.5)


def handle(kind: int, *, line: bool = True) -> Line2D:
    """How the legend shows a kind."""
    from matplotlib.lines import Line2D

    colour, marker = COLOURS[kind % len(COLOURS)], MARKERS[kind % len(MARKERS)]
    return Line2D(
        [], [], color=colour, marker=marker, linestyle="-" if line else "", markersize=5.5
    )


def plain_handle(**look: object) -> Line2D:
    """A mark of the legend with a look of its own."""
    from matplotlib.lines import Line2D

    return Line2D([], [], **look)  # type: ignore[arg-type]


def legend_below(
    figure: Figure,
    handles: Sequence[Line2D],
    labels: Sequence[str],
    columns: int = 2,
    *,
    left_in: float = LABELS_IN,
    below_in: float = AXIS_IN,
    above_in: float = ABOVE_IN,
) -> None:
    """A legend under the figure, so that it hides nothing; the rest takes the room above it.

    left_in, below_in, above_in: room for the labels of rows, of the axis below, and for titles.
    """
    height_in = figure.get_figheight()
    lines = -(-len(labels) // columns)
    figure.legend(
        handles,
        labels,
        loc="lower center",
        bbox_to_anchor=(0.5, 0.0),
        borderaxespad=0.4,
        ncols=columns,
        fontsize=8,
        frameon=False,
        handlelength=3.2,
    )
    figure.subplots_adjust(
        left=left_in / WIDTH_IN,
        right=1 - RIGHT_IN / WIDTH_IN,
        bottom=(below_in + LINE_IN * lines + 0.1) / height_in,
        top=1 - above_in / height_in,
        hspace=0.12,
    )


def percent_axis(axes: Axes, which: str = "x") -> None:
    """An axis from 0 to 100 %."""
    getattr(axes, f"set_{which}lim")(-2, 102)
    getattr(axes, f"set_{which}ticks")(range(0, 101, 20))
