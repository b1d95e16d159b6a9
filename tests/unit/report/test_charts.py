"""The chart: panels, marks, words, and the same bytes each time."""

from __future__ import annotations

import re
import subprocess
import sys
from dataclasses import replace
from pathlib import Path
from xml.etree import ElementTree

import numpy as np
import pytest
from matplotlib.axes import Axes
from matplotlib.figure import Figure
from tests.support.hostile import WILD
from tests.unit.report.fake_forecast import AS_OF_H, TAKEN_H, fake_forecast

from antagonist.foundation.errors import InputError
from antagonist.foundation.visible import visible
from antagonist.report.charts import forecast_figure, save, svg_text
from antagonist.report.doses import dose_marks
from antagonist.report.panels import STATED_MARKERS, thinned
from antagonist.report.phrases import BLUNTED

SVG = "{http://www.w3.org/2000/svg}"


def _axes(**options: str) -> list[Axes]:
    return forecast_figure(fake_forecast(), **options).axes


def _list(values: object) -> list[float]:
    return [float(value) for value in np.asarray(values)]


def test_panels_name_quantity_and_unit() -> None:
    _, levels, occupancy, blocked, breathing = _axes()
    assert levels.get_ylabel() == "Plasma level, ng/mL"
    assert levels.get_yscale() == "log"
    assert occupancy.get_ylabel() == "Occupancy, %"
    assert blocked.get_ylabel() == "Effect blocked, %"
    dose = "25 mg heroin, intravenous"
    assert blocked.get_title("left") == f"Blocked share of the subjective effect of {dose}"
    title = f"Blocked share of the effect on breathing and pupil of {dose}"
    assert breathing.get_title("left") == title
    assert "Europe/Moscow, MSK" in breathing.get_xlabel()


def test_median_is_drawn_in_percent() -> None:
    forecast = fake_forecast()
    occupancy = forecast_figure(forecast).axes[2]
    thickest = max(occupancy.lines, key=lambda line: line.get_linewidth())
    band = forecast.bands["mu_occupancy"]
    drawn_h, drawn = _list(thickest.get_xdata()), _list(thickest.get_ydata())
    assert drawn == pytest.approx(100.0 * np.interp(drawn_h, band.time_h, band.quantiles[2]))
    assert max(drawn) == pytest.approx(100.0 * band.quantiles[2].max())


def test_now_threshold_and_doses_are_marked() -> None:
    doses, *panels = _axes()
    for axes in panels:
        assert any(_list(line.get_xdata()) == [AS_OF_H, AS_OF_H] for line in axes.lines)
    assert any(_list(line.get_ydata()) == [90.0, 90.0] for line in panels[2].lines)
    assert [text.get_text() for text in panels[2].texts] == ["threshold 90 %"]
    marks = {
        (str(line.get_marker()), str(line.get_markerfacecolor())): _list(line.get_xdata())
        for line in doses.lines
        if line.get_linestyle() == "None"
    }
    assert marks == {
        ("^", "#000000"): list(TAKEN_H),
        ("^", "white"): [144.0],
        ("x", "#000000"): [72.0],
    }


def test_each_stated_time_stands_on_its_own_line() -> None:
    forecast = fake_forecast()
    stated = tuple(
        replace(item, blocked_fraction=0.1) if item.name == BLUNTED else item
        for item in forecast.stated
    )
    panels = forecast_figure(replace(forecast, stated=stated)).axes[3:]
    heights = [
        {
            str(line.get_marker()): _list(line.get_ydata())
            for line in axes.lines
            if line.get_marker() in STATED_MARKERS.values()
        }
        for axes in panels
    ]
    assert heights == [{"D": [90.0], "v": [10.0]}, {"s": [90.0]}]
    assert [text.get_text() for text in panels[0].texts] == ["threshold 90 %", "10 %"]


def test_a_long_band_keeps_its_ends_peaks_and_troughs() -> None:
    median = np.sin(np.arange(9000.0))
    median[4321], median[4322] = 5.0, -5.0
    kept = thinned(np.tile(median, (5, 1)), 800)
    assert len(kept) <= 800
    assert {0, 4321, 4322, 8999} <= set(kept.tolist())
    assert np.all(np.diff(kept) > 0)
    assert len(thinned(np.zeros((5, 800)), 800)) == 800


def test_print_without_colour_tells_the_lines_apart() -> None:
    legend = _axes()[1].get_legend()
    assert legend is not None
    styles = [line.get_linestyle() for line in legend.get_lines()]
    assert len(set(styles)) == len(styles) == 2


def test_additional_doses_are_written_out_up_to_the_horizon() -> None:
    course = replace(fake_forecast().course, horizon_h=100.0, missed_h=(72.0, 120.0))
    marks = dose_marks(course)
    assert [dose.time_h for dose in marks.taken] == list(TAKEN_H)
    assert (marks.planned, marks.missed_h) == ((), (72.0,))


def test_patient_chart_has_no_agonist_dose() -> None:
    title = _axes(audience="patient")[3].get_title("left")
    assert title == "Blocked share of the subjective effect of opioids"


def test_hours_axis_without_an_origin() -> None:
    bottom = forecast_figure(fake_forecast(origin=None)).axes[-1]
    assert bottom.get_xlabel() == "Time since the start of the course, h"
    assert [label.get_text() for label in bottom.get_xticklabels()][:2] == ["0", "24"]


def test_missing_quantities_leave_the_rest_standing(tmp_path: Path) -> None:
    forecast = replace(fake_forecast(), bands={})
    assert save(forecast_figure(forecast), tmp_path / "empty.svg").stat().st_size > 0
    legend = forecast_figure(fake_forecast(metabolite=False)).axes[1].get_legend()
    assert legend is not None
    assert [text.get_text() for text in legend.get_texts()] == ["naltrexone"]


def test_svg_is_the_same_each_time_and_says_nothing_of_the_machine() -> None:
    first, *others = (svg_text(forecast_figure(fake_forecast()), "T", "D") for _ in range(4))
    assert all(other == first for other in others)
    assert "<metadata" not in first
    assert "DOCTYPE" not in first
    assert not re.search(
        r"with matplotlib|matplotlib\.org|\d{4}-\d{2}-\d{2}T|/(home|root|tmp|usr)/", first
    )


def test_svg_announces_itself() -> None:
    root = ElementTree.fromstring(svg_text(forecast_figure(fake_forecast()), "A < B", "x & y"))
    title, description = root.find(f"{SVG}title"), root.find(f"{SVG}desc")
    assert title is not None
    assert description is not None
    assert (title.text, description.text) == ("A < B", "x & y")
    assert root.get("role") == "img"
    assert root.get("aria-labelledby") == f"{title.get('id')} {description.get('id')}"


@pytest.mark.parametrize("text", [WILD, "$\\frac{$ a\x1bb\u202ec"])
def test_a_title_is_text_whatever_it_holds(text: str) -> None:
    """Neither mathematics, nor elements, nor what XML cannot hold; the words are what was typed."""
    figure = forecast_figure(fake_forecast(title=text))
    root = ElementTree.fromstring(svg_text(figure, text, text))
    title, description = root.find(f"{SVG}title"), root.find(f"{SVG}desc")
    assert title is not None
    assert description is not None
    assert title.text == description.text == visible(text)
    assert all(each.tag.startswith(SVG) for each in root.iter())


def test_an_axis_still_writes_its_own_powers_of_ten() -> None:
    figure = Figure()
    axes = figure.add_subplot(title="$a$", xscale="log", xlim=(0.1, 1000))
    axes.set_yticks([0, 1], ["$b$", "c"])
    svg_text(figure, "T", "D")
    powers = axes.get_xticklabels()
    assert "$\\mathdefault{10^{1}}$" in [label.get_text() for label in powers]
    assert all(label.get_parse_math() for label in powers)
    assert not any(text.get_parse_math() for text in (axes.title, *axes.get_yticklabels()))


def test_save_by_suffix(tmp_path: Path) -> None:
    figure = forecast_figure(fake_forecast(), language="ru")
    assert save(figure, tmp_path / "a.png").read_bytes().startswith(b"\x89PNG")
    assert b"<svg" in save(figure, tmp_path / "a.svg").read_bytes()
    with pytest.raises(InputError, match=r"ends in \.svg or \.png"):
        save(figure, tmp_path / "a.bmp")
    assert sorted(path.name for path in tmp_path.iterdir()) == ["a.png", "a.svg"]


def test_matplotlib_waits_until_a_chart_is_drawn() -> None:
    check = (
        "import sys, antagonist.report.charts, antagonist.report.documents,"
        " antagonist.report.console; sys.exit('matplotlib' in sys.modules)"
    )
    assert subprocess.run([sys.executable, "-c", check], check=False).returncode == 0
