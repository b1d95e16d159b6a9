"""Data files: errors that name file, line and field; near names; hashes."""

from __future__ import annotations

from pathlib import Path
from typing import Annotated, Any, Literal

import pytest
import yaml
from pydantic import BaseModel, ConfigDict, Field, model_validator

from antagonist.foundation.data import (
    Lines,
    content_hash,
    near_match,
    read_lines,
    read_yaml,
    validated,
)
from antagonist.foundation.errors import InputError

RULES = """\
# a comment, so that lines and items differ
category: limits

rules:
  - id: one
    severity: stop
  - id: two
    severity: warn
    when:
      kind: at_least
      value: 3
  - {id: three, severity: loud}
"""


class AtLeast(BaseModel):
    model_config = ConfigDict(extra="forbid")
    kind: Literal["at_least"]
    value: float


class Known(BaseModel):
    model_config = ConfigDict(extra="forbid")
    kind: Literal["known"]


class Rule(BaseModel):
    model_config = ConfigDict(extra="forbid")
    id: str
    severity: Literal["stop", "warn"]
    when: Annotated[AtLeast | Known, Field(discriminator="kind")] | None = None


class Rules(BaseModel):
    model_config = ConfigDict(extra="forbid")
    category: str
    rules: list[Rule]


def write(path: Path, content: Any) -> Path:
    path.write_text(yaml.safe_dump(content, sort_keys=False), encoding="utf-8")
    return path


def rules_file(folder: Path, text: str) -> Path:
    path = folder / "rules.yaml"
    path.write_text(text, encoding="utf-8")
    return path


def refused(path: Path, *, with_lines: bool = True) -> InputError:
    lines = Lines(path) if with_lines else None
    with pytest.raises(InputError) as caught:
        validated(Rules, read_yaml(path), path.name, lines)
    return caught.value


def test_every_key_and_item_has_its_line(tmp_path: Path) -> None:
    """Checked by counting lines of the text above by eye."""
    lines = read_lines(rules_file(tmp_path, RULES))
    assert lines[("category",)] == 2
    assert lines[("rules",)] == 4
    assert lines[("rules", 0)] == 5
    assert lines[("rules", 0, "severity")] == 6
    assert lines[("rules", 1, "when")] == 9
    assert lines[("rules", 1, "when", "value")] == 11
    assert lines[("rules", 2, "severity")] == 12


def test_a_wrong_value_names_its_field_and_line(tmp_path: Path) -> None:
    error = refused(rules_file(tmp_path, RULES))
    assert (error.source, error.field) == ("rules.yaml", "rules[2].severity (line 12)")
    assert error.value == "loud"


def test_without_lines_the_field_stands_alone(tmp_path: Path) -> None:
    assert refused(rules_file(tmp_path, RULES), with_lines=False).field == "rules[2].severity"


def test_a_missing_field_gets_the_line_of_what_lacks_it(tmp_path: Path) -> None:
    text = RULES.replace("id: three, severity: loud", "severity: stop")
    assert refused(rules_file(tmp_path, text)).field == "rules[2].id (line 12)"


def test_an_unknown_key_gets_its_own_line(tmp_path: Path) -> None:
    text = RULES.replace("severity: warn", "severity: warn\n    colour: red")
    assert refused(rules_file(tmp_path, text)).field == "rules[1].colour (line 9)"


def test_the_name_of_a_union_branch_is_no_part_of_the_field(tmp_path: Path) -> None:
    error = refused(rules_file(tmp_path, RULES.replace("value: 3", "value: many")))
    assert error.field == "rules[1].when.value (line 11)"


def test_strictly_a_number_is_no_text_and_text_no_number() -> None:
    when = {"kind": "at_least", "value": "3"}
    rules = {"category": "x", "rules": [{"id": "one", "severity": "stop", "when": when}]}
    assert validated(Rules, rules, "body").rules[0].when == AtLeast(kind="at_least", value=3)
    with pytest.raises(InputError) as caught:
        validated(Rules, rules, "body", strict=True)
    assert (caught.value.field, caught.value.value) == ("rules[0].when.value", "3")


def test_a_check_of_several_fields_names_one_of_them() -> None:
    class Stay(BaseModel):
        first: int
        last: int

        @model_validator(mode="after")
        def _ordered(self) -> Stay:
            if self.last < self.first:
                raise InputError("", "last", self.last, "not before the first")
            return self

    with pytest.raises(InputError) as caught:
        validated(Stay, {"first": 2, "last": 1}, "stay")
    error = caught.value
    assert (error.source, error.field, error.value) == ("stay", "last", 1)
    assert error.allowed == "not before the first"


def test_an_alias_inside_its_own_anchor_ends(tmp_path: Path) -> None:
    lines = read_lines(rules_file(tmp_path, "rules: &all\n  - one\n  - *all\n"))
    assert lines[("rules", 0)] == 2
    assert ("rules", 1) in lines


def test_an_empty_file_has_no_lines_and_broken_yaml_names_one(tmp_path: Path) -> None:
    assert read_lines(rules_file(tmp_path, "")) == {}
    with pytest.raises(InputError, match="valid YAML") as caught:
        read_lines(rules_file(tmp_path, "id: x\ntitle: [1, 2\nroute: y\n"))
    assert caught.value.field.startswith("line ")
    with pytest.raises(InputError, match="a readable file"):
        read_lines(tmp_path / "absent.yaml")


def test_what_is_no_mapping_or_no_yaml_or_no_file(tmp_path: Path) -> None:
    with pytest.raises(InputError, match="a mapping of keys to values"):
        read_yaml(write(tmp_path / "list.yaml", [1, 2]))
    broken = tmp_path / "broken.yaml"
    broken.write_text("id: x\ntitle: [1, 2\nroute: y\n", encoding="utf-8")
    with pytest.raises(InputError, match="valid YAML") as caught:
        read_yaml(broken)
    assert caught.value.source == "broken.yaml"
    assert caught.value.field.startswith("line ")
    with pytest.raises(InputError, match="a readable file"):
        read_yaml(tmp_path / "absent.yaml")


def test_near_match_lists_all_when_none_is_near() -> None:
    assert near_match("zzz", ["apple", "pear"]) == "known: apple, pear"
    assert near_match("aple", ["apple", "pear"]) == "did you mean apple? known: apple, pear"


def test_the_hash_does_not_depend_on_the_order_of_files(tmp_path: Path) -> None:
    first, second = tmp_path / "a.yaml", tmp_path / "b.yaml"
    first.write_text("one", encoding="utf-8")
    second.write_text("two", encoding="utf-8")
    assert content_hash([first, second]) == content_hash([second, first])
    assert content_hash([first]) != content_hash([first, second])


def test_the_hash_depends_on_names_and_contents(tmp_path: Path) -> None:
    first, second = tmp_path / "a.yaml", tmp_path / "b.yaml"
    first.write_text("one", encoding="utf-8")
    second.write_text("two", encoding="utf-8")
    before = content_hash([first, second])
    first.write_text("two", encoding="utf-8")
    second.write_text("one", encoding="utf-8")
    assert content_hash([first, second]) != before
    second.write_text("ane", encoding="utf-8")
    assert content_hash([first, second]) != before
    here = content_hash([first])
    assert content_hash([first.rename(tmp_path / "c.yaml")]) != here
