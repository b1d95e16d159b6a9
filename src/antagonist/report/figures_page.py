"""A page of one chart and tables, as comparisons and study plans need it."""

from __future__ import annotations

from collections.abc import Mapping, Sequence
from dataclasses import dataclass
from functools import cache
from importlib.resources import files
from pathlib import Path
from typing import TYPE_CHECKING, Literal

from antagonist.pharmacology.results import Provenance
from antagonist.report.charts import svg_text
from antagonist.report.files import write_together
from antagonist.report.images import png_bytes
from antagonist.report.limits import Limit
from antagonist.report.numbers import percent
from antagonist.report.rendering import render_page, svg_file
from antagonist.report.wording import Catalogue, Wording, read_catalogue, wording

if TYPE_CHECKING:
    from matplotlib.figure import Figure

Subject = Literal["compare", "study", "learning"]
_SHA_SHOWN = 12


@dataclass(frozen=True)
class Table:
    """A table: its caption, column names, and rows whose first cell is the row's name."""

    caption: str
    headers: Sequence[str]
    rows: Sequence[Sequence[str]]


@dataclass(frozen=True)
class Page:
    """What a page says besides its chart. description: the chart in words."""

    title: str
    lead: Sequence[str]
    tables: Sequence[Table]
    description: Sequence[str]
    notes: Sequence[Limit]
    provenance: str


@cache
def _catalogue(subject: Subject) -> Catalogue:
    name = f"locale/{subject}.yaml"
    text = files("antagonist.report").joinpath(name).read_text(encoding="utf-8")
    return read_catalogue(text, name)


def words_of(subject: Subject, language: str) -> Wording:
    """The words of the reports and of one subject. Raises InputError for a language we lack."""
    common = wording(language)
    own = {key: texts[common.language] for key, texts in _catalogue(subject).items()}
    return Wording(common.language, {**common.entries, **own})


def provenance_text(source: Provenance, words: Wording) -> str:
    """Which numbers made the answer, in one line."""
    return words.text(
        "console.provenance",
        name=source.parameter_set,
        version=source.version,
        sha=source.sha256[:_SHA_SHOWN],
        structures=", ".join(f"{n} {percent(w)}" for n, w in source.structures.items()),
        draws=source.draws,
        seed=source.seed,
    )


def write_page(
    page: Page, figure: Figure, directory: Path, stem: Subject, words: Wording
) -> list[Path]:
    """Write a page with its chart inside, and the chart as SVG and PNG, all or none.

    Returns the paths. Raises InputError for a directory that cannot be written.
    """
    drawn = svg_text(figure, page.title, " ".join(page.description))
    contents: Mapping[str, bytes] = {
        f"{stem}.html": render_page("figures.html", drawn, words, page=page).encode("utf-8"),
        f"{stem}.svg": svg_file(drawn),
        f"{stem}.png": png_bytes(figure),
    }
    return write_together(directory, contents)
