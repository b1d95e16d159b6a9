"""``antagonist fit``: a model file's random effects for each subject of a NONMEM table."""

from __future__ import annotations

from enum import StrEnum
from pathlib import Path
from typing import TYPE_CHECKING, Annotated

import typer

from antagonist.cli.common import JsonOption, answers, print_json

if TYPE_CHECKING:
    from rich.table import Table

    from antagonist.pharmacology.estimation.fitting import Fit

SCHEMA = "antagonist.fit/1"
SHOWN = 20  # subjects in the printed table; the JSON holds all


class CovariatesHold(StrEnum):
    """From when on a row's covariates hold."""

    to_row = "to_row"
    from_row = "from_row"


def fit(
    model: Annotated[
        Path, typer.Option(metavar="MODEL.yaml", help="A model file.", show_default=False)
    ],
    data: Annotated[
        Path,
        typer.Option(metavar="DATA.csv", help="A NONMEM table, also .csv.gz.", show_default=False),
    ],
    covariates_hold: Annotated[
        CovariatesHold,
        typer.Option(
            help="to_row: NONMEM's rule, a row's covariates hold in the interval that "
            "ends at it; from_row: from the row on."
        ),
    ] = CovariatesHold.to_row,
    starts: Annotated[
        int | None,
        typer.Option(
            min=0,
            max=32,
            help="Searches besides the one from etas of 0; default 1, with random lag times 32.",
        ),
    ] = None,
    json: JsonOption = False,
) -> None:
    """Estimate each subject's random effects (MAP) with their covariance and predictions."""
    from antagonist.cli.schema_fit import document
    from antagonist.pharmacology.estimation.fitting import fitted

    found = fitted(model, data, covariates_hold=covariates_hold.value, starts=starts)
    if json:
        print_json(SCHEMA, document(found, data.name, covariates_hold.value))
    else:
        _print(found)


def _print(fit: Fit) -> None:
    console = answers()
    console.print(_table(fit))
    estimates = fit.estimates
    count = len(fit.histories)
    if count > SHOWN:
        console.print(f"{SHOWN} of {count} subjects shown; --json has all.")
    kinks = estimates.end.count("kink")
    lost = [h.id for h, good in zip(fit.histories, estimates.converged, strict=True) if not good]
    console.print(
        f"{count - len(lost)} of {count} converged"
        + (f", {kinks} of them where a dose arrives as a level is taken" if kinks else "")
        + "."
    )
    if lost:
        more = ", ..." if len(lost) > SHOWN else ""
        console.print(f"NOT converged: {', '.join(lost[:SHOWN])}{more}")
    if fit.ignored:
        console.print(f"Columns that the model does not name: {', '.join(fit.ignored)}")


def _table(fit: Fit) -> Table:
    from rich.table import Table

    found, names = fit.estimates, fit.problem.names
    table = Table(title=f"{fit.problem.structure.title}: etas and their conditional sds")
    for name in ("ID", *names, "objective", "end"):
        table.add_column(name, justify="left" if name in ("ID", "end") else "right")
    for s, history in enumerate(fit.histories[:SHOWN]):
        sds = found.covariance[s].diagonal() ** 0.5
        cells = [f"{e:.4f} ({sd:.3f})" for e, sd in zip(found.eta[s], sds, strict=True)]
        table.add_row(history.id, *cells, f"{found.objective[s]:.3f}", found.end[s])
    return table
