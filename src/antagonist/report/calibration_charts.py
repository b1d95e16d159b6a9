"""The charts of a calibration: targets, three key studies, left-out studies, profiles."""

from __future__ import annotations

from collections.abc import Sequence
from typing import TYPE_CHECKING, Any

import numpy as np

from antagonist.pharmacology.calibration.observations import Question
from antagonist.pharmacology.calibration.run import evidence_questions
from antagonist.report.calibration_rows import Report, best_structure
from antagonist.report.calibration_studies import STUDIES, Study, study_curve, study_points
from antagonist.report.panels import BLACK

if TYPE_CHECKING:
    from matplotlib.axes import Axes
    from matplotlib.figure import Figure

GREY = "#666666"
BAND = "#e4e4e4"
# Okabe-Ito colours; line and marker tell the structures apart without colour.
LOOKS = (
    ("#D55E00", (0, (6, 2)), "s"),
    ("#0072B2", (0, (1, 1.2)), "^"),
    (BLACK, "-", "o"),
    ("#CC79A7", (0, (4, 1, 1, 1)), "D"),
)
PANELS = (("with the study's own effects", True), ("for an average new study", False))
# How far a target's marker may leave its bounds, in widths of the bounds.
_REACH = 0.75


def _figure(width: float, height: float, title: str) -> Figure:
    from matplotlib.backends.backend_agg import FigureCanvasAgg
    from matplotlib.figure import Figure

    figure = Figure(figsize=(width, height))
    FigureCanvasAgg(figure)
    figure.suptitle(title, fontsize=11, fontweight="bold", y=1 - 0.12 / height, va="top")
    return figure


def _looks(report: Report) -> dict[str, tuple[str, Any, str]]:
    return {name: LOOKS[i % len(LOOKS)] for i, name in enumerate(report["structures"])}


def _key(figure: Figure, report: Report, lines: bool, extra: Sequence[Any] = ()) -> None:
    """One legend under the chart."""
    from matplotlib.lines import Line2D

    handles = [
        Line2D(
            [],
            [],
            color=colour,
            linestyle=line if lines else "",
            linewidth=2,
            marker="" if lines else marker,
            label=name,
        )
        for name, (colour, line, marker) in _looks(report).items()
    ]
    figure.legend(
        handles=[*handles, *extra],
        loc="lower center",
        ncols=3 if extra else 4,
        fontsize=8,
        frameon=False,
        handlelength=3.4,
        columnspacing=1.2,
        bbox_to_anchor=(0.5, 0.0),
    )


def _study_figure(report: Report, questions: Sequence[Question], study: Study) -> Figure:
    """Two panels: every structure with the study's own effects, and for an average new study."""
    from matplotlib.lines import Line2D

    figure = _figure(8.3, 4.2, study.title)
    axes = figure.subplots(1, 2, sharey=True)
    figure.subplots_adjust(left=0.085, right=0.985, top=0.85, bottom=0.265, wspace=0.06)
    at, value, bars = study_points(report, questions, study)
    for panel, (words, own) in zip(axes, PANELS, strict=True):
        for name, (colour, line, _) in _looks(report).items():
            seen = 100 * study_curve(report, name, study, own)
            width = 3.2 if line == "-" else 2.0
            panel.plot(study.grid, seen, color=colour, linestyle=line, linewidth=width)
        panel.errorbar(
            at, 100 * value, yerr=100 * bars, fmt="o", color=BLACK, markerfacecolor="white",
            markersize=6, capsize=3, linewidth=1.2, zorder=5,
        )  # fmt: skip
        panel.set_title(words, loc="left", fontsize=9)
        panel.set_xlabel(study.x_label, fontsize=9)
        panel.set_ylim(-2, 118)
        panel.set_yticks(range(0, 101, 20))
        if study.dose_mg is None:
            panel.set_xscale("log")
        _plain_ticks(panel, study.ticks)
    axes[0].set_ylabel(study.y_label, fontsize=9)
    seen_mark = Line2D([], [], marker="o", color=BLACK, markerfacecolor="white", linewidth=1.2)
    seen_mark.set_label(f"{study.name}: published, ± 1 sd as fitted")
    _key(figure, report, True, [seen_mark])
    return figure


def _plain_ticks(axes: Axes, ticks: Sequence[float]) -> None:
    """Ticks written as plain numbers, on a linear or logarithmic axis, over a light grid."""
    axes.minorticks_off()
    axes.set_xticks(ticks, [f"{t:g}" for t in ticks])
    axes.tick_params(labelsize=8)
    axes.grid(True, color="#dddddd", linewidth=0.5)
    axes.set_axisbelow(True)


def _targets(report: Report) -> Figure:
    names = list(report["structures"])
    ids = list(report["structures"][names[0]]["targets"])
    figure = _figure(8.3, 0.27 * len(ids) + 1.75, "What must come out, scaled to its bounds")
    height = figure.get_figheight()
    axes = figure.subplots(1, 2, sharey=True)
    figure.subplots_adjust(
        left=0.47, right=0.985, top=1 - 0.6 / height, bottom=1.05 / height, wspace=0.05
    )
    first = report["structures"][names[0]]["targets"]
    labels = [f"{first[t]['what']}  ({first[t]['low']:g}–{first[t]['high']:g})" for t in ids]
    for panel, (words, own) in zip(axes, PANELS, strict=True):
        panel.axvspan(0, 1, color=BAND, zorder=0)
        for i, (name, (colour, _, marker)) in enumerate(_looks(report).items()):
            found = report["structures"][name]["targets"]
            key = "in_study" if own else "average"
            low, high = (np.array([found[t][end] for t in ids]) for end in ("low", "high"))
            scaled = (np.array([found[t][key] for t in ids]) - low) / (high - low)
            shown = np.clip(scaled, -_REACH, 1 + _REACH)
            rows = np.arange(len(ids)) + (i - (len(names) - 1) / 2) * 0.17
            panel.plot(shown, rows, linestyle="", marker=marker, color=colour, markersize=4.2)
        panel.set_title(words, loc="left", fontsize=9)
        panel.set_xlim(-_REACH - 0.1, 1 + _REACH + 0.1)
        panel.set_xticks([-0.45, 0.5, 1.45], ["below\nbounds", "within\nbounds", "above\nbounds"])
        panel.tick_params(labelsize=8, length=0)
        panel.hlines(np.arange(len(ids)) + 0.5, -2, 3, color="#dddddd", linewidth=0.5)
    axes[0].set_yticks(range(len(ids)), labels, fontsize=7)
    axes[0].set_ylim(len(ids) - 0.5, -0.5)
    figure.text(
        0.5, 0.47 / height, "Grey: within the bounds. A marker at an edge lies beyond it.",
        ha="center", fontsize=8, color=GREY,
    )  # fmt: skip
    _key(figure, report, False)
    return figure


def study_gains(report: Report, name: str) -> dict[str, tuple[float, int]]:
    """Left-out log score minus the reference's, and rows, by study that has a reference."""
    left = report["structures"][name]["left_out"]
    found: dict[str, tuple[float, int]] = {}
    for row, score in report["reference"].items():
        if row in left:
            study = report["questions"][row]["study"]
            gain, rows = found.get(study, (0.0, 0))
            found[study] = (gain + left[row]["log_score"] - score, rows + 1)
    return found


def _left_out(report: Report) -> Figure:
    best = study_gains(report, best_structure(report))
    studies = sorted(best, key=lambda study: -best[study][0])
    figure = _figure(8.3, 0.34 * len(studies) + 1.6, "Left-out studies: log score minus reference")
    height = figure.get_figheight()
    axes = figure.subplots()
    figure.subplots_adjust(left=0.42, right=0.975, top=1 - 0.65 / height, bottom=0.95 / height)
    axes.axvspan(0, 1e3, color=BAND, zorder=0)
    axes.axvline(0, color=BLACK, linewidth=1)
    ends = [0.0]
    for i, (name, (colour, _, marker)) in enumerate(_looks(report).items()):
        gains = study_gains(report, name)
        x = np.array([gains[s][0] for s in studies])
        ends += [float(x.min()), float(x.max())]
        y = np.arange(len(studies)) + (i - (len(report["structures"]) - 1) / 2) * 0.17
        axes.plot(x, y, linestyle="", marker=marker, color=colour, markersize=5)
    room = 0.04 * (max(ends) - min(ends)) + 0.5
    axes.set_xlim(min(ends) - room, max(ends) + room)
    axes.set_yticks(range(len(studies)), [_rows_of(s, best[s][1]) for s in studies], fontsize=7.5)
    axes.set_ylim(len(studies) - 0.5, -0.5)
    axes.hlines(np.arange(len(studies)) + 0.5, -1e3, 1e3, color="#dddddd", linewidth=0.5)
    axes.set_xlabel("Sum over the study's rows, natural logarithm", fontsize=9)
    axes.tick_params(axis="x", labelsize=8)
    axes.set_title("worse than the reference", loc="left", fontsize=9)
    axes.set_title("better than the reference", loc="right", fontsize=9)
    _key(figure, report, False)
    return figure


def _rows_of(study: str, rows: int) -> str:
    return f"{study} ({rows} row{'' if rows == 1 else 's'})"


def _ladder(low: float, high: float) -> list[float]:
    """Round numbers for a logarithmic axis, denser on a short one."""
    steps = (1.0, 2.0, 5.0) if high / low > 12 else (1.0, 1.5, 2.0, 3.0, 5.0, 7.0)
    return [step * 10.0**power for power in range(-5, 4) for step in steps]


def _profiles(report: Report) -> Figure:
    found = report["structures"]
    names = list(dict.fromkeys(p for s in found.values() for p in s["profiles"]))
    figure = _figure(8.3, 6.0, "Profile likelihoods")
    grid = figure.subplots(2, 2, sharey=True, squeeze=False).ravel()
    figure.subplots_adjust(left=0.085, right=0.985, top=0.88, bottom=0.13, wspace=0.06, hspace=0.36)
    for axes, parameter in zip(grid, names, strict=False):
        for height, words in ((0.5, "1 sd"), (2.0, "2 sd")):
            axes.axhline(height, color=GREY, linewidth=0.9, linestyle=":")
            axes.annotate(words, (0.5, height), xycoords=("axes fraction", "data"), ha="center",
                          va="center", fontsize=7.5, color=GREY,
                          bbox={"facecolor": "white", "edgecolor": "none", "pad": 0.5})  # fmt: skip
        unit = ""
        for name, (colour, line, marker) in _looks(report).items():
            if parameter in found[name]["profiles"]:
                estimate = found[name]["parameters"][parameter]
                unit = estimate["unit"]
                pairs = sorted([*found[name]["profiles"][parameter], [estimate["estimate"], 0.0]])
                x, y = np.array(pairs).T
                axes.plot(x, y, color=colour, linestyle=line, marker=marker, markersize=5)
        axes.set_xscale("log")
        axes.set_title(f"{parameter}, {unit} (logarithmic)", loc="left", fontsize=9)
        low, high = axes.get_xlim()
        _plain_ticks(axes, [t for t in _ladder(low, high) if low <= t <= high])
    for axes in grid[len(names) :]:
        axes.set_visible(False)
    for axes in grid[::2]:
        axes.set_ylabel("Rise of the cost", fontsize=9)
    _key(figure, report, True)
    return figure


def calibration_figures(
    report: Report, questions: Sequence[Question] | None = None
) -> dict[str, Figure]:
    """Every chart of a calibration, by name; their files are ``calibration-NAME.svg``.

    report: as ``calibration.publish.report`` makes it. questions: the evidence, default the
    project's own. Figures belong to no window and no global state.
    Raises InputError where the evidence is not at hand.
    """
    rows = questions if questions is not None else evidence_questions()
    return {
        "targets": _targets(report),
        **{name: _study_figure(report, rows, study) for name, study in STUDIES.items()},
        "left_out": _left_out(report),
        "profiles": _profiles(report),
    }


_OWN = "Two panels: with the study's own effects, and for an average new study. "
_DESCRIPTIONS = {
    "targets": "Every figure that must come out, one line each, as a marker of every structure "
    "between the words below, within and above its bounds. " + _OWN,
    "lee1988": "mu occupancy in percent of the 1 h scan over seven days after one 50 mg tablet: "
    "a curve for every structure and the points of Lee 1988 with their standard errors. " + _OWN,
    "rabiner2011": "mu occupancy in percent 4 h after one dose, against the dose from 1 to 100 mg: "
    "a curve for every structure and the scans of Rabiner 2011 with error bars. " + _OWN,
    "verebey1976": "Share of the subjective effect of 25 mg intravenous heroin that is blocked, in "
    "percent over four days after 100 mg by mouth: a curve for every structure and the points of "
    "Verebey 1976 with error bars. " + _OWN,
    "left_out": "For every study that has a reference: log score of each structure fitted without "
    "the study, minus the reference's. To the right of zero the model predicts better.",
    "profiles": "Rise of the cost as one parameter is held away from its estimate, for every "
    "structure, with lines at the rises of 1 and 2 standard deviations of a normal posterior.",
}


def description(name: str) -> str:
    """Text alternative of a chart by its name; every number stands in the generated tables.

    Raises KeyError for another name.
    """
    return f"{_DESCRIPTIONS[name].strip()} The numbers are in calibration-tables.md."
