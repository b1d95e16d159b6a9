"""Reports of outcomes as pages: sections of figures with their definitions, HTML and PDF."""

from __future__ import annotations

from collections.abc import Mapping, Sequence
from dataclasses import dataclass
from datetime import date
from functools import cache
from importlib.resources import files
from pathlib import Path
from typing import TYPE_CHECKING, Any

from antagonist import __version__
from antagonist.feedback.outcomes.definitions import PublishedFigure, definitions, published
from antagonist.foundation.errors import InputError
from antagonist.report.figures_page import Table
from antagonist.report.files import write_together
from antagonist.report.images import png_bytes, svg_text
from antagonist.report.label_text import in_language, label_words, provenance_text
from antagonist.report.numbers import plain
from antagonist.report.rendering import render_page
from antagonist.report.typst_templates import pdf
from antagonist.report.wording import Catalogue, Wording, read_catalogue

if TYPE_CHECKING:
    from matplotlib.figure import Figure

FORMATS = ("html", "pdf", "png")


@dataclass(frozen=True)
class Chart:
    """A chart with its name and itself in words."""

    name: str
    title: str
    figure: Figure
    description: Sequence[str]

    @property
    def svg(self) -> str:
        """The chart as one SVG element with title and description."""
        return svg_text(self.figure, self.title, " ".join(self.description))


@dataclass(frozen=True)
class Section:
    """One measure: what it is, where that comes from, and its figures."""

    title: str
    definition: str
    source: str
    charts: Sequence[Chart] = ()
    tables: Sequence[Table] = ()
    lines: Sequence[str] = ()


@dataclass(frozen=True)
class OutcomeReport:
    """A report. head: rows of name and value. on: day that the file says it was made on."""

    title: str
    head: Sequence[tuple[str, str]]
    lead: Sequence[str]
    sections: Sequence[Section]
    limits: Sequence[str]
    provenance: str
    on: date


@cache
def _catalogue() -> Catalogue:
    name = "locale/outcomes.yaml"
    return read_catalogue(files("antagonist.report").joinpath(name).read_text("utf-8"), name)


def outcome_words(language: str) -> Wording:
    """The words of reports on outcomes. Raises InputError for a language we lack."""
    common = label_words(language)
    own = {key: texts[common.language] for key, texts in _catalogue().items()}
    return Wording(common.language, {**common.entries, **own})


def section(
    measure: str,
    words: Wording,
    *,
    charts: Sequence[Chart] = (),
    tables: Sequence[Table] = (),
    lines: Sequence[str] = (),
    compare: bool = False,
    also: Sequence[str] = (),
) -> Section:
    """A section of a measure of the definitions. compare: with published figures beside it.

    also: other measures that it shows; their definitions stand below, their figures beside.
    """
    found = definitions()[measure]
    figures = [f for name in (measure, *also) for f in published().get(name, ())]
    beside = [_published(figures, words)] if compare and figures else []
    return Section(
        in_language(found.title, words),
        in_language(found.text, words),
        _source(measure, words),
        charts,
        [*tables, *beside],
        [*lines, *(_defined(name, words) for name in also)],
    )


def _source(measure: str, words: Wording) -> str:
    found = definitions()[measure]
    read = provenance_text(found.provenance, words)
    return words.text("out.source", source=found.source, provenance=read)


def _defined(measure: str, words: Wording) -> str:
    """A definition in one line."""
    found = definitions()[measure]
    title, text = in_language(found.title, words), in_language(found.text, words)
    return f"{title}: {text} {_source(measure, words)}"


def _published(figures: Sequence[PublishedFigure], words: Wording) -> Table:
    names = ("pub_source", "pub_arm", "pub_what", "pub_value", "pub_read")
    rows = [
        [
            f"{f.source} [{f.row}]",
            f"{f.population}; {f.arm}" + (f"; n {f.n}" if f.n else ""),
            _what(f, words),
            _figure(f, words),
            provenance_text(f.provenance, words),
        ]
        for f in figures
    ]
    return Table(words.text("out.published"), headers(words, *names), rows)


def _what(found: PublishedFigure, words: Wording) -> str:
    if found.weeks is None:
        return found.definition
    weeks = plain(found.weeks, words.language)
    return words.text("out.pub_weeks", what=found.definition, weeks=weeks)


def _figure(found: PublishedFigure, words: Wording) -> str:
    unit = "%" if found.unit == "percent" else found.unit
    value, low, high = (
        None if x is None else plain(x, words.language)
        for x in (found.value, found.low, found.high)
    )
    if low is None or high is None:
        return f"{value} {unit}"
    return words.text("out.share", value=f"{value} {unit}", low=low, high=high)


def charted(chart: Chart | None) -> list[Chart]:
    """A chart where there is one."""
    return [] if chart is None else [chart]


def headers(words: Wording, *names: str) -> list[str]:
    """Column names of a table."""
    return [words.text(f"out.{name}") for name in names]


def limits(words: Wording, *, program: bool) -> list[str]:
    """What the figures are not."""
    names = ["limit_record", "limit_model", "limit_intake"]
    if program:
        names.insert(1, "limit_cause")
    return [words.text(f"out.{name}") for name in names]


def provenance(words: Wording) -> str:
    """Which version and files made the figures."""
    return words.text("out.provenance", version=__version__)


def html_bytes(report: OutcomeReport, words: Wording) -> bytes:
    """A report as one self-contained page."""
    from markupsafe import Markup

    drawn = {chart.name: Markup(chart.svg) for each in report.sections for chart in each.charts}  # noqa: S704
    page = render_page("outcomes.html", "", words, report=report, drawn=drawn)
    return page.encode("utf-8")


def pdf_bytes(report: OutcomeReport, words: Wording) -> bytes:
    """A report as PDF on A4; equal reports give equal bytes."""
    return pdf("outcomes.typ", _typst_data(report, words), report.on)


def _typst_data(report: OutcomeReport, words: Wording) -> dict[str, Any]:
    return {
        "lang": words.language,
        "title": report.title,
        "statement": words.text("doc.statement"),
        "head": [list(row) for row in report.head],
        "lead": list(report.lead),
        "limits_title": words.text("out.limits"),
        "limits": list(report.limits),
        "provenance": report.provenance,
        "sections": [
            {
                "title": each.title,
                "definition": each.definition,
                "source": each.source,
                "lines": list(each.lines),
                "charts": [
                    {"svg": chart.svg, "words": " ".join(chart.description), "title": chart.title}
                    for chart in each.charts
                ],
                "tables": [
                    {
                        "caption": table.caption,
                        "headers": list(table.headers),
                        "rows": [list(row) for row in table.rows],
                    }
                    for table in each.tables
                ],
            }
            for each in report.sections
        ],
    }


def write_outcomes(
    report: OutcomeReport,
    directory: Path,
    stem: str,
    words: Wording,
    formats: Sequence[str] = ("html", "pdf"),
) -> list[Path]:
    """Write a report, all of its files or none.

    formats: any of ``html``, ``pdf``, ``png`` (each chart by itself). Returns the paths.
    Raises InputError for another format, or a directory that cannot be written.
    """
    contents: dict[str, bytes] = {}
    for kind in dict.fromkeys(formats):
        if kind == "html":
            contents[f"{stem}.html"] = html_bytes(report, words)
        elif kind == "pdf":
            contents[f"{stem}.pdf"] = pdf_bytes(report, words)
        elif kind == "png":
            contents |= _pictures(report, stem)
        else:
            raise InputError("report", "formats", kind, "any of " + ", ".join(FORMATS))
    return write_together(directory, contents)


def _pictures(report: OutcomeReport, stem: str) -> Mapping[str, bytes]:
    charts = [chart for each in report.sections for chart in each.charts]
    return {f"{stem}-{chart.name}.png": png_bytes(chart.figure) for chart in charts}
