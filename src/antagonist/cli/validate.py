"""``antagonist validate``: every published row against the model's 90 % prediction interval."""

from __future__ import annotations

from pathlib import Path
from typing import TYPE_CHECKING, Annotated

import typer

if TYPE_CHECKING:
    from collections.abc import Sequence

    from rich.table import Table

    from antagonist.pharmacology.calibration.predictive import Bar, Prediction

SCHEMA = "antagonist.validate/1"


def _figure(value: float | None) -> str:
    return "" if value is None else f"{value:.3g}"


def _verdict(prediction: Prediction) -> str:
    if prediction.inside is None:
        return f"cannot predict: {prediction.reason}"
    return "inside" if prediction.inside else "OUTSIDE"


def _table(predictions: Sequence[Prediction]) -> Table:
    from rich.table import Table

    table = Table(title="Published rows and 90 % prediction intervals", show_lines=False)
    for name in ("row", "study", "observed", "predicted", "90 % interval", "verdict"):
        numeric = name in ("observed", "predicted", "90 % interval")
        table.add_column(name, justify="right" if numeric else "left", overflow="fold")
    for p in predictions:
        interval = f"{_figure(p.low)} - {_figure(p.high)}" if p.low is not None else ""
        predicted = _figure(p.predicted)
        if p.inside is not None and not p.question.numeric:
            predicted = f"P(holds) {predicted}"
        table.add_row(
            p.question.row_id, p.question.study, _figure(p.observed), predicted, interval,
            _verdict(p),
        )  # fmt: skip
    return table


def payload(predictions: Sequence[Prediction], found: Bar, sha256: str) -> dict[str, object]:
    """The JSON document's content: the bar, and every row."""
    from antagonist.foundation.notice import STATEMENT

    return {
        "disclaimer": STATEMENT,
        "parameter_set_sha256": sha256,
        "coverage_by_study": found.coverage,
        "coverage_bounds": list(found.coverage_bounds),
        "numeric_rows_modelled": found.modelled,
        "modelled_bound": found.modelled_bound,
        "bar_met": found.met,
        "rows": [
            {
                "row_id": p.question.row_id,
                "study": p.question.study,
                "quantity": p.question.quantity,
                "numeric": p.question.numeric,
                "observed": p.observed,
                "predicted": p.predicted,
                "low": p.low,
                "high": p.high,
                "inside": p.inside,
                "reason": p.reason,
                "assumed": p.question.assumed,
            }
            for p in predictions
        ],
    }


def validate(
    evidence: Annotated[
        Path | None,
        typer.Option(help="A file in the format of observations.csv; default the project's own."),
    ] = None,
    draws: Annotated[
        int, typer.Option(min=50, max=20_000, help="Draws over all structures.")
    ] = 600,
    seed: Annotated[int, typer.Option(help="Seed of the draws.")] = 2026,
    json: Annotated[bool, typer.Option("--json", help=f"Print JSON ({SCHEMA}).")] = False,
) -> None:
    """Predict every row of published observations; exit 1 where the stated bar is not met."""
    from antagonist.cli.common import answers, print_json, progress
    from antagonist.pharmacology.calibration.observations import load_questions
    from antagonist.pharmacology.calibration.predictive import bar, predict_rows
    from antagonist.pharmacology.calibration.run import evidence_folder, evidence_questions
    from antagonist.pharmacology.catalogue import formulations
    from antagonist.pharmacology.parameter_sets import parameter_set

    if evidence is None:
        questions = evidence_questions()
    else:
        rows_file = evidence_folder() / "rows.yaml"
        questions = load_questions(evidence, formulations(), rows_file)
    parameters = parameter_set()
    with progress("Predicting rows", len(questions)) as advance:
        predictions = predict_rows(parameters, questions, draws=draws, seed=seed, watch=advance)
    found = bar(predictions)
    if json:
        print_json(SCHEMA, payload(predictions, found, parameters.sha256))
    else:
        console = answers()
        console.print(_table(predictions))
        low, high = found.coverage_bounds
        console.print(
            f"Inside, counted by study: {found.coverage:.1%} (bar {low:.0%}-{high:.0%}). "
            f"Numeric rows modelled: {found.modelled:.1%} (bar {found.modelled_bound:.0%}). "
            f"Bar {'met' if found.met else 'NOT met'}."
        )
    if not found.met:
        raise typer.Exit(1)
