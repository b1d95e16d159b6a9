"""What stands for each row of the base text: rules, products, regimens, terms, model outputs."""

from __future__ import annotations

from collections.abc import Collection, Iterator, Mapping
from dataclasses import dataclass
from functools import lru_cache
from pathlib import Path
from types import MappingProxyType
from typing import Annotated, Literal, get_args

from pydantic import BaseModel, ConfigDict, Field, StringConstraints, model_validator

from antagonist.foundation.data import Lines, check_known, read_yaml, validated
from antagonist.foundation.errors import InputError
from antagonist.label.facts import DATA, Both
from antagonist.label.formulary.catalogue import (
    brands,
    excipient_sets,
    forms,
    prices,
    products,
)
from antagonist.label.regimens import RowId, regimens
from antagonist.label.rulebook import all_rules
from antagonist.label.scores import instrument_catalogue
from antagonist.label.side_effects import side_effects

Kind = Literal[
    "rule",
    "product",
    "regimen",
    "form",
    "excipient_set",
    "price",
    "brand",
    "side_effect",
    "workflow",
    "instrument",
    "model",
    "model_output",
    "information",
]
KINDS: tuple[Kind, ...] = get_args(Kind)
TestId = Annotated[str, StringConstraints(pattern=r"^tests/[\w/]+\.py::test_\w+$")]


class _Entry(BaseModel):
    model_config = ConfigDict(frozen=True, extra="forbid")


class Named(_Entry):
    """What stands for a row and does not name it in its own file."""

    kind: Kind
    id: str
    text: Both | None = None
    tests: tuple[TestId, ...] = ()

    @model_validator(mode="after")
    def _said(self) -> Named:
        if self.kind == "information" and self.text is None:
            raise ValueError("information needs its text")
        return self


class Row(_Entry):
    """A row of the base text. Field meanings stand at the head of data/coverage.yaml."""

    statement: Both
    refs: tuple[Named, ...] = ()
    tests: tuple[TestId, ...] = ()


class CoverageFile(_Entry):
    """The file of rows, and of what nothing stands for."""

    tests: Mapping[Kind, Annotated[tuple[TestId, ...], Field(min_length=1)]]
    rows: Mapping[RowId, Row]
    left_out: Mapping[RowId, Both]
    rules_left_out: Mapping[str, Both]


@dataclass(frozen=True)
class Reference:
    """One thing that stands for a row. text: what the row becomes there; tests: what shows it."""

    kind: Kind
    id: str
    text: Both | None
    tests: tuple[str, ...]


def load_coverage(path: Path) -> CoverageFile:
    """The file of rows. Raises InputError naming file, line and field, or an id of nothing."""
    found = validated(CoverageFile, read_yaml(path), path.name, Lines(path))
    for kind in KINDS:
        if kind not in found.tests:
            raise InputError(path.name, "tests", None, f"tests of the kind {kind}")
    for row in found.left_out:
        check_known(row, found.rows, path.name, "left_out")
    ids = _ids()
    for row, entry in found.rows.items():
        for index, named in enumerate(entry.refs):
            known = ids.get(named.kind)
            if known is not None:
                check_known(named.id, known, path.name, f"rows.{row}.refs[{index}].id")
    return found


def _ids() -> Mapping[Kind, Collection[str]]:
    """Ids by kind; those of the pharmacology are not this room's to check (a test does)."""
    return {
        "rule": {rule.id for rule in all_rules()},
        "product": products(),
        "regimen": regimens(),
        "form": forms(),
        "excipient_set": excipient_sets(),
        "price": {price.product for price in prices()},
        "brand": brands(),
        "side_effect": side_effects().terms,
        "workflow": {path.stem for path in DATA.glob("*.yaml")},
        "instrument": instrument_catalogue(),
    }


@lru_cache(maxsize=1)
def _file() -> CoverageFile:
    return load_coverage(DATA / "coverage.yaml")


def _naming_rows() -> Iterator[tuple[str, Kind, str]]:
    """Row, kind and id of everything that names its rows in its own file."""
    for rule in all_rules():
        yield from ((row, "rule", rule.id) for row in rule.rows)
    for product in products().values():
        yield from ((row, "product", product.id) for row in product.seed_rows)
    for name, regimen in regimens().items():
        yield from ((row, "regimen", name) for row in regimen.rows)
    for name, form in forms().items():
        yield from ((row, "form", name) for row in form.rows)
    for name, members in excipient_sets().items():
        yield from ((row, "excipient_set", name) for row in members.rows)
    for price in prices():
        yield from ((row, "price", price.product) for row in price.rows)
    for name, brand in brands().items():
        yield from ((row, "brand", name) for row in brand.rows)
    for row in dict.fromkeys(word.row for word in side_effects().words if word.row is not None):
        yield from ((row, "side_effect", term) for term in side_effects().terms_of(row))


@lru_cache(maxsize=1)
def coverage() -> Mapping[str, tuple[Reference, ...]]:
    """What stands for each row of the base text, by row id; nothing for one that is left out.

    Raises InputError for a row that is named somewhere and is none of the base text.
    """
    content = _file()
    found: dict[str, dict[tuple[Kind, str], Reference]] = {row: {} for row in content.rows}
    for row, kind, name in _naming_rows():
        check_known(row, found, f"{kind} {name}", "rows")
        tests = (*content.tests[kind], *content.rows[row].tests)
        found[row].setdefault((kind, name), Reference(kind, name, None, _once(tests)))
    for row, entry in content.rows.items():
        for named in entry.refs:
            tests = (*content.tests[named.kind], *named.tests, *entry.tests)
            reference = Reference(named.kind, named.id, named.text, _once(tests))
            found[row][named.kind, named.id] = reference
    return MappingProxyType({row: _in_order(named.values()) for row, named in found.items()})


def _once(tests: Collection[str]) -> tuple[str, ...]:
    return tuple(dict.fromkeys(tests))


def _in_order(references: Collection[Reference]) -> tuple[Reference, ...]:
    return tuple(sorted(references, key=lambda reference: KINDS.index(reference.kind)))


def statements() -> Mapping[str, Both]:
    """What each row of the base text says, by row id, in the order of the text."""
    return {row: entry.statement for row, entry in _file().rows.items()}


def left_out() -> Mapping[str, Both]:
    """Why nothing stands for a row of the base text, by row id."""
    return _file().left_out


def rules_left_out() -> Mapping[str, Both]:
    """Why a rule of the collected labels and guidelines has no rule here, by its id there."""
    return _file().rules_left_out
