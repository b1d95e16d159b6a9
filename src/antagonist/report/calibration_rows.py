"""Every published row of a calibration as tables, one study after another."""

from __future__ import annotations

import math
from collections.abc import Iterable, Mapping, Sequence
from typing import Any

from antagonist.pharmacology.calibration.left_out import Z90
from antagonist.pharmacology.calibration.predictive import Prediction
from antagonist.pharmacology.calibration.run import evidence_folder
from antagonist.pharmacology.calibration.table import read_rows

Report = Mapping[str, Any]
NONE = "–"
_KEY = """Columns of a structure: the fitted figure with the study's own effects, and in
brackets the weighted residual (predicted minus observed, over its standard deviation; for a
statement 0 when it clearly holds, larger the less it holds). `Left out` is the prediction of
`{best}` fitted without the study: median, 90 % interval, inside or outside; for a statement the
model's probability of what was published, and outside when that is under 0.1. `Log score` is that
prediction's, then the reference's (the other studies' mean and spread), where at least two other
studies have the quantity. `Product` is the 90 % prediction interval of the product's own mixture
for a new study of that size. Rows of variability are fitted in a step of their own: they have a
left-out prediction but no residual."""


def number(value: float | None) -> str:
    """Three significant digits without an exponent."""
    if value is None or not math.isfinite(value):
        return NONE
    if value == 0 or abs(value) < 1e-4:
        return f"{value:.2g}"
    places = max(2 - math.floor(math.log10(abs(value))), 0)
    text = f"{value:.{places}f}"
    return text.rstrip("0").rstrip(".") if "." in text else text


def table(head: Sequence[str], rows: Iterable[Sequence[str]]) -> str:
    """A Markdown table; pipes inside cells are escaped."""
    lines = [head, ["---"] * len(head), *rows]
    cells = (" | ".join(c.replace("|", "\\|").replace("\n", " ") for c in line) for line in lines)
    return "\n".join(f"| {line} |" for line in cells)


def back(value: float, scale: str) -> float:
    """A value on its comparison scale back in its unit."""
    if scale == "log":
        return math.exp(min(value, 700.0))
    if scale == "logit":
        return 1 / (1 + math.exp(-max(min(value, 700.0), -700.0)))
    return math.exp(math.exp(min(value, 5.0))) if scale == "log of log" else value


def scale(question: Mapping[str, Any]) -> str:
    """The scale of a row's left-out prediction; a fold range is predicted as its log's log."""
    fold = str(question["quantity"]).startswith("fold_range")
    return "log of log" if fold else str(question["scale"])


def best_structure(report: Report) -> str:
    """Structure with the highest left-out log score."""
    scores = {str(n): float(s["log_score_left_out"]) for n, s in report["structures"].items()}
    return max(scores, key=lambda name: scores[name])


def _use(question: Mapping[str, Any]) -> str:
    word = str(question["use"]).replace("_", " ")
    return f"{word}: {question['reason']}" if question["reason"] else word


def _observed(question: Mapping[str, Any], unit: str) -> str:
    if question["statement"] is None or question["use"] == "not_modelled":
        if question["value"] is None:
            return NONE
        return f"{number(question['value'])} {unit}".strip()
    limit = number(question["threshold"])
    side = "within a factor of" if question["statement"] == "within" else question["statement"]
    holds = "holds" if question["value"] == 1.0 else "does not hold"
    return f"{holds}: {side} {limit} {unit}".strip()


def _fitted(question: Mapping[str, Any], structure: Mapping[str, Any], row: str) -> str:
    if row not in structure["rows"]:
        return NONE
    answer = structure["rows"][row]
    value = number(back(answer["predicted"], question["scale"]))
    sign = "+" if question["numeric"] else ""
    return f"{value} ({answer['residual']:{sign}z.2f})"


def _word(inside: bool) -> str:
    return "inside" if inside else "OUTSIDE"


def _left_out(question: Mapping[str, Any], forecast: Mapping[str, Any] | None) -> str:
    if forecast is None:
        return NONE
    if forecast["probability"] is not None:
        return f"p = {forecast['probability']:.2f}, {_word(forecast['inside'])}"
    low, middle, high = (
        number(back(forecast["mean"] + z * forecast["sd"], scale(question)))
        for z in (-Z90, 0.0, Z90)
    )
    return f"{middle} ({low} to {high}), {_word(forecast['inside'])}"


def _predicted(prediction: Prediction | None) -> str:
    if prediction is None or prediction.inside is None or prediction.predicted is None:
        return NONE
    if prediction.low is None or prediction.high is None:
        p = prediction.predicted if prediction.observed == 1.0 else 1 - prediction.predicted
        return f"p = {p:.2f}, {_word(prediction.inside)}"
    low, high = number(prediction.low), number(prediction.high)
    return f"{low} to {high}, {_word(prediction.inside)}"


def published_units() -> dict[str, str]:
    """Unit of every row of the project's evidence, by row id.

    Raises InputError where the evidence is not at hand.
    """
    files = (evidence_folder() / name for name in ("observations.csv", "label_rows.csv"))
    return {row["row_id"]: row["unit"] for file in files for row in read_rows(file)}


def rows_section(
    report: Report, predictions: Sequence[Prediction], units: Mapping[str, str]
) -> str:
    """The section with every row, by study. units: row id -> published unit."""
    best, names = best_structure(report), list(report["structures"])
    product = {p.question.row_id: p for p in predictions}
    head = [
        "Row", "Quantity", "Use", "Observed", *(f"`{n}`" for n in names), "Left out",
        "Log score: model, reference", "Product",
    ]  # fmt: skip
    parts = [f"## Every row\n\n{_KEY.format(best=best)}\n"]
    studies: dict[str, list[str]] = {}
    for row, q in report["questions"].items():
        studies.setdefault(q["study"], []).append(row)
    for study, ids in studies.items():
        lines, notes = [], _notes({row: report["questions"][row] for row in ids})
        for row in ids:
            q = report["questions"][row]
            left = report["structures"][best]["left_out"].get(row)
            scores = NONE if left is None else f"{left['log_score']:z.2f}"
            if row in report["reference"]:
                scores += f", {report['reference'][row]:.2f}"
            fitted = [_fitted(q, report["structures"][n], row) for n in names]
            lines.append(
                [
                    row, f"`{q['quantity']}`", _use(q), _observed(q, units.get(row, "")),
                    *fitted, _left_out(q, left), scores, _predicted(product.get(row)),
                ]
            )  # fmt: skip
        parts.append(f"### {study}\n\n{table(head, lines)}\n")
        if notes:
            parts.append("\n".join(notes) + "\n")
    return "\n".join(parts)


def _notes(questions: Mapping[str, Mapping[str, Any]]) -> list[str]:
    """What was assumed of a study's rows; rows with the same note share a line."""
    found: dict[str, list[str]] = {}
    for row, q in questions.items():
        if q["assumed"]:
            found.setdefault(f"assumed: {q['assumed']}.", []).append(row)
        if q["use"] != "not_modelled" and q["weight"] != 1.0:
            found.setdefault(f"weight {number(q['weight'])}.", []).append(row)
        if q["provenance"] == "recalled":
            note = "recalled, not re-read at its source; its error is widened by half."
            found.setdefault(note, []).append(row)
    return [f"- {', '.join(rows)}: {note}" for note, rows in found.items()]
