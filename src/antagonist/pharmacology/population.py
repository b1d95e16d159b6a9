"""Many virtual subjects on one product: their answers and their hours, from parameters to result.

Subjects are taken in blocks, side by side on all cores, and nothing but the results is kept; a
stream of populations is worked through in the memory of one.
"""

from __future__ import annotations

from collections.abc import Iterable, Iterator, Mapping
from dataclasses import dataclass, replace
from typing import TYPE_CHECKING

import numpy as np
from numpy.typing import NDArray

from antagonist.pharmacology.assembly import assemble
from antagonist.pharmacology.built import Assembly
from antagonist.pharmacology.catalogue import products_of
from antagonist.pharmacology.dosing.records import EventRecord
from antagonist.pharmacology.kernel import Floats, Jumps
from antagonist.pharmacology.kernel.answers import answers
from antagonist.pharmacology.kernel.parallel import cores, in_blocks, share_out
from antagonist.pharmacology.kernel.trajectories import Steps, trajectories
from antagonist.pharmacology.kernel.window import Answers, Window
from antagonist.pharmacology.models import Structure
from antagonist.pharmacology.receptors import odds_weights
from antagonist.pharmacology.varying import value_of

if TYPE_CHECKING:
    import pyarrow as pa

# Subjects whose rates are worked out at once: large enough that Python's share is small.
BLOCK = 2_048


@dataclass(frozen=True)
class Population:
    """N subjects of one structure, all on one product.

    values: every parameter of structure and product, each of shape (N, 1).
    dose_time_h, dose_mg: hours and stated mg, shape (1, M) where all share a schedule, else
        (N, M), in order of time; a missed dose has 0 mg.
    """

    structure: Structure
    values: Mapping[str, Floats]
    product: str
    dose_time_h: Floats
    dose_mg: Floats

    @property
    def subjects(self) -> int:
        """Number of subjects."""
        return len(next(iter(self.values.values())))

    @property
    def start_h(self) -> float:
        """Hour at which nothing has been taken yet: 0, or the earliest dose before it."""
        return min(0.0, float(self.dose_time_h.min(initial=0.0)))

    def part(self, which: slice) -> Population:
        """Some of the subjects."""
        return replace(
            self,
            values={name: value[which] for name, value in self.values.items()},
            dose_time_h=_own(self.dose_time_h, which),
            dose_mg=_own(self.dose_mg, which),
        )


def _own(array: Floats, which: slice) -> Floats:
    return array if len(array) == 1 else array[which]


def assembly_of(population: Population) -> Assembly:
    """The system of the subjects with the product's ways in.

    Raises InputError for an unknown product or one without published levels.
    """
    dose = EventRecord(0.0, 1, 1.0, product=population.product)
    return assemble(population.structure, products_of([dose]), population.values, [dose])


def jumps_for(population: Population, assembly: Assembly) -> Jumps:
    """The doses in the kernel's form, with no loop over subjects or doses."""
    slots = assembly.slots[population.product]
    times = [population.dose_time_h + _once(value_of(slot.delay_h)) for slot in slots]
    amounts = [population.dose_mg * _once(value_of(slot.amount)) for slot in slots]
    rows = max(len(t) for t in times)
    time_h = np.concatenate([np.broadcast_to(t, (rows, t.shape[1])) for t in times], axis=1)
    rows = max(rows, *(len(a) for a in amounts), 1)
    amount = np.concatenate([np.broadcast_to(a, (rows, a.shape[1])) for a in amounts], axis=1)
    target = np.repeat([slot.target for slot in slots], population.dose_mg.shape[1])
    if (time_h[:, 1:] >= time_h[:, :-1]).all():
        none = np.zeros((1, time_h.shape[1]), dtype=np.intp)
        return Jumps(time_h, target.astype(np.intp)[None], amount, none.astype(bool), none)
    order = np.argsort(time_h, axis=1, kind="stable")
    return Jumps(
        np.take_along_axis(time_h, order, axis=1),
        target.astype(np.intp)[order],
        np.take_along_axis(amount, np.broadcast_to(order, amount.shape), axis=1),
        np.zeros(order.shape, dtype=bool),
        np.zeros(order.shape, dtype=np.intp),
    )


def _once(value: Floats) -> Floats:
    """One row where all subjects have the same."""
    return value[:1] if (value == value[0]).all() else value


def protection(
    population: Population, odds: Floats, window: Window, *, threads: int | None = None
) -> Answers:
    """How long, and when, each subject's mu-receptor odds are over a level.

    odds: shape (N,), the level (``responses.odds_that_block``). window: hours that count.
    Returns Answers, each of shape (N,). Raises InputError as ``assembly_of`` does.
    """
    found: dict[int, Answers] = {}

    def work(part: slice) -> None:
        for some in in_blocks(part.stop - part.start, BLOCK):
            which = slice(part.start + some.start, part.start + some.stop)
            piece = population.part(which)
            assembly = assembly_of(piece)
            found[which.start] = answers(
                assembly.system,
                jumps_for(piece, assembly),
                odds_weights(piece.values, assembly.outputs, piece.values["K_mu"]),
                odds[which],
                window,
                start_h=population.start_h,
                threads=1,
            )

    share_out(population.subjects, population.dose_time_h.shape[1] * 100, work, threads)
    return Answers.joined([found[start] for start in sorted(found)])


def protection_of(
    stream: Iterable[tuple[Population, Floats]], window: Window, *, threads: int | None = None
) -> Iterator[Answers]:
    """``protection`` of one population after another, each with its level, in the same memory."""
    for population, odds in stream:
        yield protection(population, odds, window, threads=threads)


def hourly_odds(
    population: Population,
    steps: Steps,
    *,
    single_precision: bool = False,
    threads: int | None = None,
) -> Iterator[tuple[slice, NDArray[np.floating]]]:
    """Mu-receptor odds on an even grid, block by block.

    Yields which subjects, and their odds of shape (subjects, T); the array is written over by the
    next block. single_precision: 7 digits are kept, half the memory is written.
    """
    wide = BLOCK * (threads or cores())
    kind = np.float32 if single_precision else np.float64
    room = np.empty((min(wide, population.subjects), steps.count), dtype=kind)
    for which in in_blocks(population.subjects, wide):
        into = room[: which.stop - which.start]
        _hours(population.part(which), population.start_h, steps, into, threads)
        yield which, into


def _hours(
    population: Population, start_h: float, steps: Steps, into: NDArray[np.floating],
    threads: int | None,
) -> None:  # fmt: skip
    def work(part: slice) -> None:
        piece = population.part(part)
        assembly = assembly_of(piece)
        weights = odds_weights(piece.values, assembly.outputs, piece.values["K_mu"])
        jumps = jumps_for(piece, assembly)
        trajectories(
            assembly.system, jumps, weights, steps, start_h=start_h, out=into[part], threads=1
        )

    share_out(population.subjects, steps.count, work, threads)


def hourly_batches(
    population: Population, steps: Steps, *, single_precision: bool = False
) -> Iterator[pa.RecordBatch]:
    """As ``hourly_odds``, as Arrow batches: subject, and a list of odds for each."""
    import pyarrow as pa

    for which, odds in hourly_odds(population, steps, single_precision=single_precision):
        flat = pa.array(odds.ravel().copy())
        yield pa.RecordBatch.from_arrays(
            [
                pa.array(np.arange(which.start, which.stop)),
                pa.FixedSizeListArray.from_arrays(flat, steps.count),
            ],
            ["subject", "mu_odds"],
        )
