"""From the subjects of a NONMEM table to histories with levels."""

from __future__ import annotations

import math
from collections.abc import Mapping, Sequence
from dataclasses import replace

from antagonist.foundation.errors import InputError
from antagonist.pharmacology.dosing.records import Covariate, EventRecord, Subject
from antagonist.pharmacology.estimation.problem import History, Level
from antagonist.pharmacology.models import Structure


def histories_of(
    subjects: Sequence[Subject], structure: Structure, source: str
) -> tuple[History, ...]:
    """Histories of a table's subjects, as ``load_nonmem(..., observed=True)`` gives them.

    A value sees the doses of the rows before its own and none of those after it, also at the same
    hour. Time that starts again at a reset goes on; each history says by how much.
    Raises InputError naming file, line, column and value for a row that names no output.
    """
    return tuple(_history(subject, structure, source) for subject in subjects)


def ignored_covariates(subjects: Sequence[Subject], structure: Structure) -> tuple[str, ...]:
    """Columns beyond NONMEM's own that no covariate effect of the model names."""
    wanted = {e.covariate.lower() for e in structure.covariates}
    found = {
        name: None
        for s in subjects
        for known in (s.covariates, *(r.covariates for r in s.records))
        for name in known
        if name.lower() not in wanted
    }
    return tuple(found)


def _history(subject: Subject, structure: Structure, source: str) -> History:
    records: list[EventRecord] = []
    levels: list[Level] = []
    shifts: list[float] = []
    shift_h, now_h, observed, dosed = 0.0, -math.inf, False, False
    for record in subject.records:
        if record.time_h + shift_h < now_h and record.evid in (3, 4):
            shift_h = now_h - record.time_h
        time_h = max(record.time_h + shift_h, now_h)
        changed = _known(record.covariates, structure)
        seen = observed and time_h == now_h
        if seen and (record.evid != 0 or changed):
            # A level sees nothing of the rows after it: these come one rounding later.
            time_h, seen = math.nextafter(time_h, math.inf), False
        if changed:
            records.append(EventRecord(time_h, 2, covariates=changed))
        if record.dv is not None:
            level = _level(record, time_h, structure, source, subject.id)
            if dosed or _counts_undosed(level, structure, source):
                levels.append(level)
                shifts.append(shift_h)
        elif record.evid in (1, 3, 4):
            records.append(replace(record, time_h=time_h, covariates={}))
            dosed = record.evid != 3
        observed = seen or record.dv is not None
        now_h = time_h
    start = _known(subject.covariates, structure)
    return History(subject.id, tuple(records), tuple(levels), start, tuple(shifts))


def _known(covariates: Mapping[str, Covariate], structure: Structure) -> dict[str, Covariate]:
    """Covariates that the model names, spelled as it does."""
    spelled = {e.covariate.lower(): e.covariate for e in structure.covariates}
    return {spelled[n.lower()]: v for n, v in covariates.items() if n.lower() in spelled}


def _level(
    record: EventRecord, time_h: float, structure: Structure, source: str, subject_id: str
) -> Level:
    assert record.dv is not None
    where = f"line {record.line}" if record.line else f"ID {subject_id}, time {record.time_h:g}"
    name = output_of(record, structure, f"{source}: {where}")
    error = structure.residuals.get(name)
    if error is None:
        allowed = f"an output with residuals in the model (is none for {name})"
        raise InputError(source, f"{where}, column cmt", record.cmt, allowed)
    if error.log_sd > 0 and record.dv <= 0:
        allowed = f"more than 0: the error of {name} is on its logarithm"
        raise InputError(source, f"{where}, column dv", record.dv, allowed)
    return Level(time_h, name, record.dv, record.beyond, None, record.line)


def _counts_undosed(level: Level, structure: Structure, source: str) -> bool:
    """Whether a value before any dose, of which 0 is predicted, has an error to be judged by.

    A 0 or a value below a limit there says nothing; any other is refused.
    """
    error = structure.residuals[level.output]
    if error.additive > 0 or (error.sd_at_zero > 0 and error.log_sd == 0):
        return True
    if level.beyond < 0 or level.value == 0:
        return False
    where = f"line {level.line}, column dv" if level.line else f"time {level.time_h:g}"
    allowed = f"0 before the first dose: {level.output} has no additive error"
    raise InputError(source, where, level.value, allowed)


def output_of(record: EventRecord, structure: Structure, where: str) -> str:
    """Output that an observation row is of.

    By DVID where the row has one: the output with that ``dvid``, else the n-th with residuals.
    Otherwise by CMT: the output with that ``cmt``, else the one of that compartment. Without
    both: the only one with residuals.
    Raises InputError naming ``where``, column and value if there is none or more than one.
    """
    outputs = structure.outputs
    observed = [n for n in outputs if n in structure.residuals] or list(outputs)
    if record.dvid is not None:
        found = [n for n, o in outputs.items() if o.dvid == record.dvid]
        if not found and all(o.dvid is None for o in outputs.values()):
            found = observed[record.dvid - 1 : record.dvid]
        return _only(found, where, "dvid", record.dvid, f"a number of one of {', '.join(observed)}")
    if record.cmt is None:
        return _only(observed, where, "cmt", None, f"one of {', '.join(observed)}")
    names = structure.compartments
    number = record.cmt if isinstance(record.cmt, int) else None
    found = [n for n, o in outputs.items() if o.cmt is not None and o.cmt == number]
    if not found:
        named = names[number - 1] if number and number <= len(names) else record.cmt
        found = [n for n in observed if outputs[n].of == named and outputs[n].cmt is None]
    return _only(found, where, "cmt", record.cmt, "a compartment of which one output is observed")


def _only(found: Sequence[str], where: str, column: str, value: object, allowed: str) -> str:
    if len(found) == 1:
        return found[0]
    raise InputError(f"{where}, column {column}", "", value, allowed)
