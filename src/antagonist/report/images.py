"""Figures as files and as SVG text: the same figure always gives the same bytes."""

from __future__ import annotations

import hashlib
import io
import re
from pathlib import Path
from threading import Lock
from typing import TYPE_CHECKING, Literal
from xml.sax.saxutils import escape

from antagonist.foundation.errors import InputError
from antagonist.foundation.visible import visible
from antagonist.report.files import write_together

if TYPE_CHECKING:
    from matplotlib.figure import Figure

PNG_DPI = 160
HASH_SALT = "antagonist"
# matplotlib takes the salt from its settings only; the lock keeps the change to one thread
_SETTINGS = Lock()


def save(figure: Figure, path: Path) -> Path:
    """Write a figure as SVG or PNG, by the path's suffix, whole or not at all.

    Raises InputError for another suffix.
    """
    if path.suffix == ".svg":
        content = _drawn(figure, "svg")
    elif path.suffix == ".png":
        content = png_bytes(figure)
    else:
        raise InputError("report", "chart file", path.name, "a name that ends in .svg or .png")
    return write_together(path.parent, {path.name: content})[0]


def png_bytes(figure: Figure) -> bytes:
    """A figure as PNG without dates, program names or paths."""
    return _drawn(figure, "png")


def svg_text(figure: Figure, title: str, description: str) -> str:
    """A figure as one SVG element that a screen reader can announce.

    title, description: plain text, escaped here.
    Returns an ``svg`` element with role, title and description, without date or paths.
    """
    drawn = _drawn(figure, "svg").decode("utf-8")
    element = drawn[drawn.index("<svg") :]
    element = re.sub(r"\s*<metadata>.*?</metadata>", "", element, flags=re.DOTALL)
    # ids must not meet those of another chart in the same page
    title, description = visible(title), visible(description)
    tag = hashlib.sha256(f"{title}\n{description}".encode()).hexdigest()[:8]
    head = (
        f'<title id="chart-title-{tag}">{escape(title)}</title>\n'
        f'<desc id="chart-desc-{tag}">{escape(description)}</desc>\n'
    )
    opening, rest = element.split(">", 1)
    names = f'role="img" aria-labelledby="chart-title-{tag} chart-desc-{tag}"'
    return f"{opening} {names}>\n{head}{rest.lstrip()}"


def _read_as_text(figure: Figure) -> None:
    """No text of a figure is a formula or holds what XML cannot, whoever wrote it.

    Only the powers of ten that a logarithmic axis writes itself stay formulas.
    """
    from matplotlib.text import Text
    from matplotlib.ticker import LogFormatter

    kept: set[int] = set()
    for axis in (axis for each in figure.axes for axis in (each.xaxis, each.yaxis)):
        for formatter, ticks in (
            (axis.get_major_formatter(), axis.get_major_ticks),
            (axis.get_minor_formatter(), axis.get_minor_ticks),
        ):
            if isinstance(formatter, LogFormatter):
                kept |= {id(label) for tick in ticks() for label in (tick.label1, tick.label2)}
    for text in figure.findobj(Text):
        if isinstance(text, Text) and id(text) not in kept:
            text.set_parse_math(False)
            text.set_text(visible(text.get_text()))


def _drawn(figure: Figure, kind: Literal["svg", "png"]) -> bytes:
    """A figure as bytes; its canvas is asked directly, as savefig draws everything twice."""
    import matplotlib

    _read_as_text(figure)
    buffer = io.BytesIO()
    hidden = ("Date", "Creator", "Format", "Type") if kind == "svg" else ("Software",)
    metadata = dict.fromkeys(hidden)
    with _SETTINGS, matplotlib.rc_context({"svg.hashsalt": HASH_SALT, "svg.fonttype": "path"}):
        if kind == "svg":
            from matplotlib.backends.backend_svg import FigureCanvasSVG

            FigureCanvasSVG(figure).print_svg(buffer, metadata=metadata)  # type: ignore[no-untyped-call]
        else:
            from matplotlib.backends.backend_agg import FigureCanvasAgg

            figure.set_dpi(PNG_DPI)
            FigureCanvasAgg(figure).print_png(buffer, metadata=metadata)  # type: ignore[no-untyped-call]
    return buffer.getvalue()
