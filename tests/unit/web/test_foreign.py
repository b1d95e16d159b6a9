"""English within another language is marked."""

from __future__ import annotations

import pytest

from antagonist.web.foreign import cited


@pytest.mark.parametrize(
    ("text", "marked"),
    [
        ("И: SmPC 4.3, read in May (да)", 'И: <span lang="en">SmPC 4.3, read in May (</span>да)'),
        ("Sm<b> & the rest of it", '<span lang="en">Sm&lt;b&gt; &amp; the rest of it</span>'),
        ("50 мг/сут, Vivitrol", "50 мг/сут, Vivitrol"),
        ("<b>", "&lt;b&gt;"),
        (None, ""),
    ],
)  # fmt: skip
def test_runs_of_english_are_marked_and_all_is_escaped(text: str | None, marked: str) -> None:
    assert str(cited(text)) == marked
