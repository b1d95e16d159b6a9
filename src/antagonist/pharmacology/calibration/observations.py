"""Published rows as questions to the model: what was seen, when, after what, on which scale."""

from __future__ import annotations

import math
import re
from collections.abc import Mapping
from pathlib import Path
from typing import Any, Literal

from pydantic import BaseModel, ConfigDict

from antagonist.foundation.data import near_match, read_yaml, validated
from antagonist.foundation.errors import InputError
from antagonist.pharmacology.agonists import agonist
from antagonist.pharmacology.calibration.scales import Scale
from antagonist.pharmacology.calibration.table import number, read_rows, regimen, unit_factor
from antagonist.pharmacology.catalogue import DATA
from antagonist.pharmacology.models import Formula

Use = Literal["calibrates", "validates", "not_modelled"]
# Where a source gives no number of subjects.
ASSUMED_SUBJECTS = 12
# What does not depend on the dose in a linear model.
_DOSE_FREE = ("half_life", "peak_time", "cv", "fold_range")


class _Data(BaseModel):
    model_config = ConfigDict(frozen=True, extra="forbid")


class Agonist(_Data):
    """The challenge dose of a row."""

    name: str
    route: str
    dose_mg: float


class Reference(_Data):
    """Another course whose area the row's area is divided by; what is absent is as in the row."""

    product: str | None = None
    dose_mg: float | None = None
    interval_h: float | None = None
    count: int = 1
    until_h: float | None = None
    start: Literal["first", "last"] = "last"


class Question(_Data):
    """One row as the model sees it. Field meanings stand in data/quantities.yaml."""

    row_id: str
    study: str
    quantity: str
    use: Use = "calibrates"
    reason: str = ""
    assumed: str = ""
    kind: Literal[
        "parameter", "level", "relative", "peak", "peak_time", "area", "half_life",
        "duration", "range", "cv", "fold_range", "none",
    ]  # fmt: skip
    of: Literal["level", "area", "peak"] | None = None
    signal: Formula = "0"
    formula: Formula = "0"
    scale: Scale = "log"
    sd: float = 0.0
    sd_is_total: bool = False
    weight: float = 1.0
    unit: str = ""
    product: str = ""
    dose_mg: float = 0.0
    count: int = 1
    interval_h: float = 24.0
    time_h: float = 0.0
    reference_h: float = 1.0
    window_h: tuple[float, float] = (0.0, 24.0)
    until_h: float = 24.0
    above: float = 0.0
    hours: bool = False
    share_of_dose: bool = False
    covariates: Mapping[str, str] = {}
    relative_to: Reference | None = None
    agonist: Agonist | None = None
    statement: Literal["above", "below", "within"] | None = None
    threshold: float = 0.0
    statistic: str = ""
    provenance: str = ""
    subjects: int = ASSUMED_SUBJECTS
    value: float | None = None
    conversion: float = 1.0

    @property
    def numeric(self) -> bool:
        """Whether a number was published, rather than that something holds."""
        return self.statement is None

    @property
    def typical(self) -> bool:
        """Whether the row has no between-subject part of its own to add."""
        fixed = self.statistic in ("typical", "slope", "fold")
        return self.kind == "parameter" or self.sd_is_total or fixed


def transform(value: float, scale: Scale) -> float:
    """A value on its comparison scale; fractions are kept inside (0, 1) for logit."""
    if scale == "identity":
        return value
    if scale == "log":
        return math.log(max(value, 1e-12))
    kept = min(max(value, 1e-4), 1 - 1e-4)
    return math.log(kept / (1 - kept))


def _agonist(text: str) -> Agonist | None:
    match = re.fullmatch(r"(\w+) (?:[\d.]+-)?([\d.]+) mg (iv|im|sc|oral|intranasal)", text)
    return Agonist(name=match[1], dose_mg=float(match[2]), route=match[3]) if match else None


def _target(row: Mapping[str, str], scale: Scale, source: str) -> tuple[float | None, float]:
    """Published value, or the middle of its range, and the sd that a range implies on the scale."""
    value, low, high = (number(row, name, source) for name in ("value", "low", "high"))
    if value is not None:
        return value, 0.0
    if low is None or high is None:
        return None, 0.0
    ends = [transform(end, scale) for end in (max(low, 1e-6), high)]
    middle = sum(ends) / 2
    if scale == "log":
        middle = math.exp(middle)
    elif scale == "logit":
        middle = 1 / (1 + math.exp(-middle))
    return middle, (ends[1] - ends[0]) / (2 * 1.645)


def _skipped(row: Mapping[str, str], reason: str) -> Question:
    return Question(
        row_id=row["row_id"], study=row["source"], quantity=row["quantity"],
        use="not_modelled", reason=reason, kind="none", statistic=row["statistic"],
        statement="above" if row["statistic"] == "statement" else None,
    )  # fmt: skip


def question(
    row: Mapping[str, str],
    quantities: Mapping[str, Any],
    overrides: Mapping[str, Any],
    products: Mapping[str, Any],
    source: str,
) -> Question:
    """One row with the meaning of its quantity and what had to be assumed for it.

    A row the model cannot speak to comes back as not modelled, with the reason.
    Raises InputError for a row that is malformed.
    """
    meaning = {**quantities.get(row["quantity"], {}), **overrides}
    if meaning.get("use") == "not_modelled" or meaning.get("kind") == "none":
        return _skipped(row, meaning["reason"])
    if row["quantity"] not in quantities and "kind" not in meaning:
        known = near_match(row["quantity"], quantities)
        return _skipped(row, f"no model output for this quantity ({known[:90]})")
    product = meaning.get("product", row["product"])
    if product not in products:
        return _skipped(row, f"unknown product {product!r}")
    if products[product].status == "no_data":
        return _skipped(row, "no published levels for the product")
    doses = regimen(row["regimen"])
    if doses is None and "count" not in meaning:
        return _skipped(row, f"unknown regimen {row['regimen']!r}")
    count, interval_h = doses or (1, 24.0)
    factor = unit_factor(meaning.get("unit", ""), row["unit"])
    if factor is None:
        return _skipped(row, f"unit {row['unit']!r} where {meaning['unit']!r} is predicted")
    challenge = meaning.get("agonist") or _agonist(row["challenge"])
    asks_for_challenge = "blocked_" in meaning.get("signal", "")
    if asks_for_challenge and (unknown := _unknown_challenge(challenge, row["challenge"])):
        return _skipped(row, unknown)
    dose_mg = meaning.get("dose_mg", number(row, "dose_mg", source))
    if dose_mg is None and meaning.get("kind") in _DOSE_FREE:
        dose_mg = products[product].typical_dose_mg or 1.0
    if dose_mg is None and meaning.get("kind") != "parameter":
        return _skipped(row, "dose not stated")
    scale: Scale = meaning.get("scale", "log")
    value, range_sd = _target(row, scale, source)
    if value is None:
        return _skipped(row, "no value and no range")
    at_h = number(row, "time_h", source)
    given = {
        "product": product,
        "dose_mg": dose_mg or 0.0,
        "count": count,
        "interval_h": interval_h,
        "value": value,
        "statistic": row["statistic"],
        "provenance": row["provenance"],
        "agonist": challenge,
        "subjects": _subjects(row, source),
    }
    if at_h is not None and "time_h" not in overrides:
        given["time_h"] = at_h
    found = {**meaning, **{k: v for k, v in given.items() if k not in overrides}}
    found["sd"] = math.hypot(float(found.get("sd", 0.0)), range_sd)
    if row["provenance"] == "recalled":
        found["sd"] *= 1.5
    found["conversion"] = factor
    if row["statistic"] in ("min", "min_of_mean", "max"):
        found["statement"] = "below" if row["statistic"] == "max" else "above"
        found["threshold"] = value
        found["value"] = 1.0
    elif found.get("statement") and row["statistic"] != "statement":
        found["statement"] = None
    return validated(
        Question,
        {**found, "row_id": row["row_id"], "study": row["source"], "quantity": row["quantity"]},
        f"{source}: {row['row_id']}",
    )


def _unknown_challenge(challenge: Any, text: str) -> str:
    """Why a challenge cannot be put to the model, or nothing."""
    if challenge is None:
        return f"no challenge dose the model can read in {text!r}"
    given = challenge if isinstance(challenge, Agonist) else Agonist(**challenge)
    try:
        agonist(given.name, given.route)
    except InputError as error:
        return f"challenge: {error}"
    return ""


def _subjects(row: Mapping[str, str], source: str) -> int:
    if row["statistic"] == "individual":
        return 1
    subjects = number(row, "n", source)
    if subjects is not None and subjects < 1:
        raise InputError(source, f"{row['row_id']}.n", subjects, "at least 1, or empty")
    return int(subjects or ASSUMED_SUBJECTS)


def load_questions(
    path: Path, products: Mapping[str, Any], rows_file: Path | None = None
) -> tuple[Question, ...]:
    """Every row of a file as a question.

    rows_file: what each known row is used for (evidence/rows.yaml); None = quantities alone.
    """
    quantities = read_yaml(DATA / "quantities.yaml")["quantities"]
    known = read_yaml(rows_file)["rows"] if rows_file else {}
    return tuple(
        question(row, quantities, known.get(row["row_id"], {}), products, path.name)
        for row in read_rows(path)
    )
