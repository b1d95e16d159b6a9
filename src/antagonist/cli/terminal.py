"""A console that shows texts and obeys none of them."""

from __future__ import annotations

from collections.abc import Iterable
from typing import Any

from rich.console import Console, ConsoleOptions, RenderableType
from rich.segment import Segment

from antagonist.foundation.visible import visible


class Terminal(Console):
    """Rich's console without its markup and emoji codes; what acts unseen is written out.

    Colours and movements are the console's own, never a text's: a name on record may hold any
    character.
    """

    def __init__(self, **options: Any) -> None:
        super().__init__(markup=False, emoji=False, **options)

    def render(
        self, renderable: RenderableType, options: ConsoleOptions | None = None
    ) -> Iterable[Segment]:
        """Parts of a line as they are written."""
        for text, style, control in super().render(renderable, options):
            yield Segment(text if control else visible(text), style, control)
