"""PDF from the room's Typst templates: data as JSON beside the template, never inside its code."""

from __future__ import annotations

import json
import re
from collections.abc import Mapping
from datetime import UTC, date, datetime
from functools import lru_cache
from importlib.resources import files
from pathlib import Path
from typing import TYPE_CHECKING, Any

from antagonist.foundation.visible import visible

if TYPE_CHECKING:
    from typst import Fonts

# A word longer than any real one would run over what stands beside it.
_LONG, _PART = re.compile(r"[^\s\u00a0]{33,}"), re.compile(r".{10}(?=.)")
PICTURE = "svg"  # key of what a template draws
_UNIT = re.compile(r"(?<=\d) (?=%|mg\b|мг\b|г\.|h\b|ч\b|×)")


@lru_cache(maxsize=1)
def embedded_fonts() -> Fonts:
    """DejaVu Sans, which has Cyrillic and comes with matplotlib; no font of the system."""
    import matplotlib
    from typst import Fonts

    folder = Path(matplotlib.get_data_path()) / "fonts" / "ttf"
    return Fonts(include_system_fonts=False, include_embedded_fonts=False, font_paths=[str(folder)])


def tied(text: str) -> str:
    """A text whose figures are not parted from their units at the end of a line."""
    return _UNIT.sub("\u00a0", text)


def _breakable(word: re.Match[str]) -> str:
    return _PART.sub("\\g<0>\u200b", word[0])


def _tied_all(value: Any) -> Any:
    if isinstance(value, str):
        return _LONG.sub(_breakable, tied(visible(value)))
    if isinstance(value, Mapping):
        # a picture is no text
        return {k: item if k == PICTURE else _tied_all(item) for k, item in value.items()}
    return [_tied_all(item) for item in value] if isinstance(value, list | tuple) else value


def pdf(template: str, data: Mapping[str, Any], made_on: date) -> bytes:
    """A PDF from a template of this room.

    data: what the template shows, plain values; texts come out as they are, never as markup, with
    what acts unseen written out.
    made_on: the date that the file says it was made on, so that equal plans give equal bytes.
    """
    import typst

    source = files("antagonist.report").joinpath(f"templates/{template}").read_bytes()
    stamp = datetime(made_on.year, made_on.month, made_on.day, tzinfo=UTC)
    return typst.compile(
        source,
        font_paths=embedded_fonts(),
        ignore_system_fonts=True,
        format="pdf",
        sys_inputs={"data": json.dumps(_tied_all(data), ensure_ascii=False)},
        timestamp=int(stamp.timestamp()),
    )
