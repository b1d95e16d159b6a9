"""Published schemas of report and programme: current, named, strict."""

from __future__ import annotations

from pathlib import Path

import pytest

from antagonist.cli.schema_common import printed_schema
from antagonist.cli.schema_outcomes import DOCUMENTS, schema_text

REFERENCE = Path(__file__).parents[3] / "docs" / "reference"


@pytest.mark.parametrize("name", DOCUMENTS)
def test_the_published_schema_is_current_and_named(name: str) -> None:
    kept = (REFERENCE / "schemas" / f"{name}-1.json").read_text(encoding="utf-8")
    hint = f"python -m antagonist.cli.schema_outcomes {name} > docs/reference/schemas/{name}-1.json"
    assert kept == schema_text(name), hint
    row = f"| `antagonist.{name}/1` | [{name}-1.json](schemas/{name}-1.json) |"
    assert (REFERENCE / "cli.md").read_text(encoding="utf-8").count(row) == 1


@pytest.mark.parametrize("name", DOCUMENTS)
def test_every_key_that_is_printed_is_required_and_no_other_comes(name: str) -> None:
    schema = printed_schema(DOCUMENTS[name])
    objects = [s for s in (schema, *schema["$defs"].values()) if "properties" in s]
    assert len(objects) > 5
    for shape in objects:
        assert set(shape["required"]) == set(shape["properties"]), shape["title"]
        assert shape["additionalProperties"] is False, shape["title"]
