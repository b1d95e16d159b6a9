"""The page about security has the numbers and permissions that hold."""

from __future__ import annotations

from pathlib import Path

import pytest

from antagonist.foundation.errors import InputError
from antagonist.web.accounts.rules import rules
from antagonist.web.security_tables import COUNTED, main, renewed

PAGE = Path(__file__).parents[3] / "docs" / "explanation" / "security.md"


def test_the_page_is_current() -> None:
    """If it is not: python -m antagonist.web.security_tables docs/explanation."""
    page = PAGE.read_text(encoding="utf-8")
    assert renewed(page) == page


def test_the_command_renews_a_page(tmp_path: Path) -> None:
    page = PAGE.read_text(encoding="utf-8")
    hours = f"| session ends in any case after | {rules().session.absolute_hours} h |"
    assert hours in page
    (tmp_path / "security.md").write_text(page.replace(hours, "old"), encoding="utf-8")
    assert main([str(tmp_path)]) == 0
    assert (tmp_path / "security.md").read_text(encoding="utf-8") == page
    assert main([]) == 2


def test_a_table_that_is_missing_is_found() -> None:
    with pytest.raises(InputError, match="permissions"):
        renewed("<!-- made: numbers -->\n<!-- end -->\n")


def test_every_limit_is_told() -> None:
    assert set(COUNTED) == set(type(rules().limits).model_fields)
