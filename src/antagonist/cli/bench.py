"""``antagonist bench``: how fast this machine does the work, in one run."""

from __future__ import annotations

from collections.abc import Callable
from pathlib import Path
from typing import Annotated, Any

import typer

from antagonist.cli.common import JsonOption, answers, print_json

SCHEMA = "antagonist.bench/1"
COPIES = 20_000  # of each patient, in the table
SECONDS = 2.0  # each figure is measured for at least this long


def bench(
    patients: Annotated[
        Path, typer.Option(help="Folder with patient files; each is used in turn.")
    ] = Path("examples/patients"),
    product: Annotated[
        str, typer.Option(help="Product that is screened for.")
    ] = "naltrexone-hcl-us-chartwell-50",
    jurisdiction: Annotated[str, typer.Option(help="The clinic's label or country.")] = "us",
    record: Annotated[
        bool, typer.Option("--record", help="Measure the record too, on a new SQLite file.")
    ] = False,
    record_patients: Annotated[
        int, typer.Option(min=1, help="Patients that the record is filled with.")
    ] = 1_000,
    record_events: Annotated[
        int, typer.Option(min=1, help="Events that the record is filled with.")
    ] = 100_000,
    subjects: Annotated[
        int, typer.Option(min=64, help="Virtual subjects for the kernel's figures.")
    ] = 20_000,
    kernel: Annotated[
        bool, typer.Option(help="Measure the kernel and its rivals: one to two minutes.")
    ] = True,
    json: JsonOption = False,
) -> None:
    """Measure the kernel on all cores, screening on one, and the record where asked for.

    The kernel: half a year of doses from parameters to answers, beside other solvers and this
    machine's own limits. Screening includes explanations: the rules that decided, their facts,
    the next tests.
    """
    _files(patients)  # a wrong folder is told before a minute of measuring
    fast = _kernel(subjects) if kernel else {}
    learnt = _estimation() if kernel else {}
    own = _own_model() if kernel else {}
    found = measured(patients, product, jurisdiction)
    kept = _record(record_patients, record_events, patients) if record else {}
    if json:
        parts = {
            "kernel": fast, "estimation": learnt, "own_model": own, "screening": found,
            "record": kept,
        }  # fmt: skip
        print_json(SCHEMA, {name: part for name, part in parts.items() if part})
        return
    from rich.table import Table

    from antagonist.cli.bench_kernel import tables

    for told in tables(fast) if fast else []:
        answers().print(told)

    if learnt:
        answers().print(_plain("Random effects, most probable", learnt, ",.2f"))
    if own:
        answers().print(_plain("The patient's own model", own, ",.2f"))
    table = Table("Screening, one core", "patients/s")
    for name, rate in found.items():
        table.add_row(name.replace("_", " "), f"{rate:,.0f}")
    answers().print(table)
    if record:
        answers().print(_plain("Record on SQLite", kept, ",.1f"))


def _kernel(subjects: int) -> dict[str, Any]:
    from antagonist.bench.figures import measured as figures
    from antagonist.cli.common import progress

    with progress("Measuring the kernel"):
        return figures(subjects)


def _estimation() -> dict[str, float]:
    from antagonist.bench.estimation import measured as estimation
    from antagonist.cli.common import progress

    with progress("Measuring the estimator"):
        return estimation()


def _own_model() -> dict[str, float]:
    from antagonist.bench.own_model import measured as own_model
    from antagonist.cli.common import progress

    with progress("Learning patients"):
        return own_model()


def _plain(title: str, found: dict[str, float], form: str) -> Any:
    """A table of figures by name."""
    from rich.table import Table

    table = Table(title, "")
    for name, value in found.items():
        table.add_row(name.replace("_", " "), f"{value:{form}}")
    return table


def _record(patients: int, events: int, files: Path) -> dict[str, float]:
    from tempfile import TemporaryDirectory

    from antagonist.cli.bench_record import Sizes, measured_record
    from antagonist.cli.common import progress

    with TemporaryDirectory(prefix="antagonist-bench-") as folder, progress("Filling the record"):
        return measured_record(Path(folder) / "record", Sizes(patients, events), files=files)


def _files(folder: Path) -> list[Path]:
    from antagonist.foundation.errors import InputError

    found = sorted(folder.glob("*.yaml"))
    if not found:
        raise InputError("bench", "patients", str(folder), "a folder with patient files")
    return found


def measured(folder: Path, product_id: str, jurisdiction: str) -> dict[str, float]:
    """Patients screened per second: from parsed files, from facts in memory, over a table.

    Raises InputError for a folder without patient files.
    """
    import pyarrow as pa

    from antagonist.label.assess import assessed_product, product_facts
    from antagonist.label.formulary import product
    from antagonist.label.gathered import gathered, moment
    from antagonist.label.patient import load_patient
    from antagonist.label.registry import facts_table, screened_table
    from antagonist.label.rulebook import Asked, rulebook

    item, patients = product(product_id), [load_patient(path) for path in _files(folder)]
    known = [gathered(p, moment(p)) for p in patients]
    book = rulebook(known[0].today)

    def from_facts() -> int:
        for each in known:
            indication = each.patient.indication
            assert indication in ("opioid", "alcohol")
            assessed_product(each, item, jurisdiction, indication, "start", book)
        return len(known)

    def from_files() -> int:
        for each in patients:
            gathered(each, moment(each))
        return from_facts()

    flat = [{**each.facts, **product_facts(item, each.patient)} for each in known]
    table = pa.concat_tables([facts_table(flat)] * COPIES)
    asked = Asked("start", "opioid", "oral", jurisdiction)

    def over_table() -> int:
        screened_table(table, asked, book)
        return int(table.num_rows)

    return {
        "from_patient_files_in_memory": _rate(from_files),
        "from_facts_in_memory": _rate(from_facts),
        "verdicts_over_an_arrow_table": _rate(over_table),
    }


def _rate(work: Callable[[], int]) -> float:
    from time import perf_counter

    work()
    done, start = 0, perf_counter()
    while perf_counter() - start < SECONDS:
        done += work()
    return done / (perf_counter() - start)
