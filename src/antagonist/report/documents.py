"""Reports as files: one self-contained page, with its chart beside it."""

from __future__ import annotations

from collections.abc import Mapping, Sequence
from pathlib import Path
from typing import TYPE_CHECKING

from antagonist.foundation.errors import InputError
from antagonist.pharmacology.results import Forecast
from antagonist.report.charts import forecast_figure, svg_text
from antagonist.report.content import Report, report_content
from antagonist.report.files import write_together
from antagonist.report.images import png_bytes
from antagonist.report.phrases import Audience, checked_audience
from antagonist.report.rendering import render_page, svg_file
from antagonist.report.wording import Wording, wording

if TYPE_CHECKING:
    from matplotlib.figure import Figure

FORMATS = ("html", "svg", "png")
STEMS: Mapping[Audience, str] = {"professional": "forecast", "patient": "forecast-patient"}


def write_report(
    forecast: Forecast,
    directory: Path,
    *,
    language: str = "en",
    formats: Sequence[str] = ("html", "svg"),
    audience: str = "professional",
) -> list[Path]:
    """Write a forecast as a page and charts, all or none of them.

    directory: made if it is missing. language: ``en`` or ``ru``.
    formats: any of ``html``, ``svg``, ``png``.
    audience: ``professional``, or ``patient`` (no agonist dose of any kind).
    Returns the paths, in the order of ``formats``.
    Raises InputError for an unknown language, format, audience or time zone, or a
    directory that cannot be written.
    """
    for kind in formats:
        if kind not in FORMATS:
            raise InputError("report", "formats", kind, "any of " + ", ".join(FORMATS))
    words, reader = wording(language), checked_audience(audience)
    report = report_content(forecast, words, reader)
    figure = forecast_figure(forecast, language=language, audience=audience)
    drawn = svg_text(figure, report.title, " ".join(report.description))
    contents = {
        f"{STEMS[reader]}.{kind}": _content(kind, report, drawn, figure, words)
        for kind in dict.fromkeys(formats)
    }
    return write_together(directory, contents)


def _content(kind: str, report: Report, drawn: str, figure: Figure, words: Wording) -> bytes:
    if kind == "html":
        return render_page("report.html", drawn, words, report=report).encode("utf-8")
    if kind == "svg":
        return svg_file(drawn)
    return png_bytes(figure)
