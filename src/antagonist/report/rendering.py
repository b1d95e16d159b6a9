"""Pages from templates, and an SVG as a file of its own."""

from __future__ import annotations

from importlib.resources import files

from antagonist.foundation.visible import visible
from antagonist.report.wording import Wording

_XML_DECLARATION = '<?xml version="1.0" encoding="utf-8"?>\n'


def shown(value: object) -> object:
    """A value as a page shows it: of a text, what acts unseen is written out. Marks stay."""
    # marks are a kind of str
    return visible(value) if type(value) is str else value


def render_page(template: str, chart: str, words: Wording, **content: object) -> str:
    """A whole HTML document from a template of this room, its style inside.

    chart: one SVG element, trusted as drawn here. content: what the template names besides
    ``text``, ``language``, ``chart`` and ``style``.
    """
    import jinja2
    from markupsafe import Markup

    environment = jinja2.Environment(
        loader=jinja2.PackageLoader("antagonist.report"),
        autoescape=True,
        finalize=shown,
        undefined=jinja2.StrictUndefined,
        trim_blocks=True,
        lstrip_blocks=True,
    )
    style = files("antagonist.report").joinpath("templates/report.css").read_text("utf-8")
    return environment.get_template(template).render(
        text=words.text,
        language=words.language,
        chart=Markup(chart),  # noqa: S704 - our own drawing
        style=Markup(style),  # noqa: S704 - our own file
        **content,
    )


def svg_file(chart: str) -> bytes:
    """An SVG element as the content of a file."""
    return f"{_XML_DECLARATION}{chart}".encode()
