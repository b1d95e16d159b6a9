"""Rows of the clinic's own tables and the frozen dataclasses that hold them: the same names."""

from __future__ import annotations

from dataclasses import fields
from typing import TYPE_CHECKING, Any

from sqlalchemy import Column, Table

if TYPE_CHECKING:
    from _typeshed import DataclassInstance


def row_of(made: DataclassInstance, *but: str) -> dict[str, Any]:
    """What is written of a dataclass. but: fields that are no columns."""
    return {f.name: getattr(made, f.name) for f in fields(made) if f.name not in but}


def columns_of(table: Table, kind: type[DataclassInstance]) -> list[Column[Any]]:
    """Columns from which a dataclass is made; others stay unread, such as digests."""
    return [table.c[f.name] for f in fields(kind)]
