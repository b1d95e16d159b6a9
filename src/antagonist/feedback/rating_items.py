"""What patients and clinicians are asked about a product: items and scales, checked on load."""

from __future__ import annotations

from collections.abc import Mapping
from functools import lru_cache
from typing import Literal

from pydantic import BaseModel, ConfigDict, Field, model_validator

from antagonist.feedback.contents import FEEDBACK_DATA
from antagonist.foundation.data import Lines, near_match, read_yaml, validated
from antagonist.foundation.errors import InputError
from antagonist.label.facts import Both, Provenance
from antagonist.label.regimens import RowId

ITEMS = FEEDBACK_DATA / "rating_items.yaml"
Rater = Literal["patient", "clinician"]


class RatingItem(BaseModel):
    """One item. row: of the seed that it stands for. low, high: ends of a scale."""

    model_config = ConfigDict(frozen=True, extra="forbid")

    row: RowId
    by: tuple[Rater, ...] = Field(min_length=1)
    kind: Literal["scale", "yes_no"]
    low: float | None = None
    high: float | None = None
    good: Literal["low", "high", "no", "neither"]
    title: Both

    @model_validator(mode="after")
    def _ends(self) -> RatingItem:
        if (self.kind == "scale") != (self.low is not None and self.high is not None):
            raise ValueError("a scale has low and high, a yes or no has neither")
        return self


class RatingItems(BaseModel):
    """All items with their source."""

    model_config = ConfigDict(frozen=True, extra="forbid")

    source: str
    provenance: Provenance
    items: Mapping[str, RatingItem]


@lru_cache(maxsize=1)
def rating_items() -> RatingItems:
    """The items that come with the package. Raises InputError naming file, line and field."""
    return validated(RatingItems, read_yaml(ITEMS), ITEMS.name, Lines(ITEMS))


def check_rating(item: str, by: str, value: bool | float) -> None:
    """Whether a rating is one of the items. Raises InputError naming the field."""
    known = rating_items().items
    if item not in known:
        raise InputError("", "item", item, near_match(item, known))
    found = known[item]
    if by not in found.by:
        raise InputError("", "by", by, "one of " + ", ".join(found.by))
    if found.kind == "yes_no":
        if not isinstance(value, bool):
            raise InputError("", "value", value, "true or false")
        return
    assert found.low is not None
    assert found.high is not None
    if isinstance(value, bool) or not found.low <= value <= found.high:
        raise InputError("", "value", value, f"{found.low:g} to {found.high:g}")
