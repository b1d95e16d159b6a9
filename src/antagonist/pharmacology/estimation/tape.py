"""A model's formulas written down as a list of operations, for the compiled loops.

The builder of systems runs once on numbers that only note what is done with them.
"""

from __future__ import annotations

from collections.abc import Collection, Mapping, Sequence
from dataclasses import dataclass
from typing import Any

import numpy as np
from numpy.typing import NDArray

from antagonist.foundation.errors import InputError
from antagonist.pharmacology.assembly import way_in
from antagonist.pharmacology.dosing.records import EventRecord
from antagonist.pharmacology.estimation.problem import Floats, Problem
from antagonist.pharmacology.expressions import parse
from antagonist.pharmacology.kernel import Ints
from antagonist.pharmacology.kernel.blocks import blocks_of
from antagonist.pharmacology.kernel.limits import (
    ADD,
    CONSTANT,
    COVARIATE,
    DIVIDE,
    EFFECT,
    EXP,
    HELD,
    LOG,
    LOGISTIC,
    MULTIPLY,
    NEGATIVE,
    POWER,
    SQRT,
    SUBTRACT,
)
from antagonist.pharmacology.models import Transform
from antagonist.pharmacology.varying import Quantity, Varying, value_of
from antagonist.pharmacology.ways import Builder

_CODES: Mapping[np.ufunc, int] = {
    np.add: ADD,
    np.subtract: SUBTRACT,
    np.multiply: MULTIPLY,
    np.divide: DIVIDE,
    np.power: POWER,
    np.negative: NEGATIVE,
    np.exp: EXP,
    np.log: LOG,
    np.sqrt: SQRT,
}
_ONE = (1, 1)


class _Notes:
    """Operations as they are noted, each different one once."""

    def __init__(self) -> None:
        self.ops: list[tuple[int, int, int]] = []
        self.consts: list[float] = []
        self.known: dict[tuple[int, int, int, float], int] = {}

    def note(self, code: int, a: int = 0, b: int = 0, const: float = 0.0) -> int:
        key = (code, a, b, const)
        if key not in self.known:
            self.known[key] = len(self.ops)
            self.ops.append((code, a, b))
            self.consts.append(const)
        return self.known[key]

    def number(self, quantity: Quantity | float) -> int:
        """The place of a quantity: noted, or a constant."""
        if isinstance(quantity, Noted):
            return quantity.place
        return self.note(CONSTANT, const=float(np.asarray(value_of(quantity)).ravel()[0]))  # type: ignore[arg-type]

    def made(self, code: int, a: int = 0, b: int = 0, const: float = 0.0) -> Noted:
        return Noted(self, self.note(code, a, b, const))


class Noted(Varying):
    """A number of shape (1, 1) of which only is known how it comes about."""

    def __init__(self, notes: _Notes, place: int) -> None:
        super().__init__(np.zeros(_ONE), np.zeros((*_ONE, 1)))
        object.__setattr__(self, "notes", notes)
        object.__setattr__(self, "place", place)

    notes: _Notes
    place: int

    def __array_ufunc__(
        self, ufunc: np.ufunc, method: str, *inputs: Quantity, **options: Any
    ) -> Noted:
        """Note one operation."""
        if method != "__call__" or options or ufunc not in _CODES:
            return NotImplemented  # type: ignore[no-any-return]
        return self._noted(_CODES[ufunc], *inputs)

    def _noted(self, code: int, *inputs: Quantity | float) -> Noted:
        places = [self.notes.number(x) for x in inputs]
        return self.notes.made(code, places[0], places[1] if len(places) > 1 else 0)

    def __add__(self, other: Quantity | float) -> Noted:
        return self._noted(ADD, self, other)

    def __radd__(self, other: Floats | float) -> Noted:
        return self._noted(ADD, other, self)

    def __sub__(self, other: Quantity | float) -> Noted:
        return self._noted(SUBTRACT, self, other)

    def __rsub__(self, other: Floats | float) -> Noted:
        return self._noted(SUBTRACT, other, self)

    def __mul__(self, other: Quantity | float) -> Noted:
        return self._noted(MULTIPLY, self, other)

    def __rmul__(self, other: Floats | float) -> Noted:
        return self._noted(MULTIPLY, other, self)

    def __truediv__(self, other: Quantity | float) -> Noted:
        return self._noted(DIVIDE, self, other)

    def __rtruediv__(self, other: Floats | float) -> Noted:
        return self._noted(DIVIDE, other, self)

    def __pow__(self, other: Quantity | float) -> Noted:
        return self._noted(POWER, self, other)

    def __rpow__(self, other: Floats | float) -> Noted:
        return self._noted(POWER, other, self)

    def __neg__(self) -> Noted:
        return self._noted(NEGATIVE, self)

    def __getitem__(self, index: Any) -> Noted:
        """A number alone has one part."""
        del index
        return self


@dataclass(frozen=True)
class Tape:
    """Operations of a model and where their results go; numbers are places among them.

    ops: (n, 3) code and operands. consts: (n,). depends: (n,) 1 where etas enter.
    entries: (k, 3) row and column of the rate matrix, number. gains: (o, 2) state, number.
    slots: (l, 6) state, numbers of amount, delay, lasting, rate and duration (-1: none).
    of_way: way in, ``|rate`` for doses with RATE -> its slots. order, starts: the matrix's blocks,
    ``closed`` where its modes have a closed form.
    """

    ops: Ints
    consts: Floats
    depends: NDArray[np.uint8]
    entries: Ints
    gains: Ints
    slots: Ints
    of_way: Mapping[str, tuple[int, ...]]
    order: Ints
    starts: Ints
    covariates: tuple[str, ...]
    closed: bool

    @property
    def widths(self) -> dict[str, int]:
        """Jumps that a dose of each way makes."""
        return {w: len(s) * (2 if w.endswith("|rate") else 1) for w, s in self.of_way.items()}

    @property
    def timed(self) -> bool:
        """Whether a random effect moves the hour of a jump."""
        infused = self.slots[:, 3] >= 0
        hours = [*self.slots[:, 2], *self.slots[infused][:, 3:].ravel()]
        return any(n >= 0 and self.depends[n] for n in hours)


def tape_of(problem: Problem, records: Sequence[EventRecord], observed: Collection[str]) -> Tape:
    """The operations of a model with the ways in that some records need.

    observed: outputs that are wanted; what feeds none of them is left out, the others give 0.

    Raises InputError as ``assemble`` does.
    """
    doses = {(way_in(r, problem.structure), r.rate_mg_per_h != 0) for r in records}
    key = frozenset(doses), frozenset(observed)
    known = problem.tapes.get(key)
    if known is None:
        known = problem.tapes[key] = _made(problem, sorted(doses), key[1])
    return known


def _made(problem: Problem, doses: Sequence[tuple[str, bool]], observed: Collection[str]) -> Tape:
    notes = _Notes()
    names = tuple(dict.fromkeys(e.covariate for e in problem.structure.covariates))
    builder = Builder(problem.structure, _values(problem, notes, names))
    builder.compartments()
    infused = {way for way, with_rate in doses if with_rate}
    rows: list[tuple[int, ...]] = []
    of_way: dict[str, tuple[int, ...]] = {}

    def add(way: str, found: Sequence[tuple[int, ...]]) -> None:
        of_way[way] = tuple(range(len(rows), len(rows) + len(found)))
        rows.extend(found)

    for way in dict.fromkeys(way for way, _ in doses):
        if way.startswith("cmt:"):
            slots, infusions = builder.by_compartment(way[4:], way in infused)
        else:
            if way not in problem.products:
                allowed = f"one of {', '.join(problem.products)}"
                raise InputError("", "product", way, allowed)
            slots, infusions = builder.by_product(way, problem.products[way], way in infused)
        number = notes.number
        add(way, [(s.target, number(s.amount), number(s.delay_h), -1, -1, -1) for s in slots])
        found = []
        for x in infusions:
            rate, lasts = (-1 if v is None else number(v) for v in (x.rate_mg_per_h, x.duration_h))
            slot = (x.slot.target, number(x.slot.amount), number(x.slot.delay_h))
            found.append((*slot, number(x.lasting), rate, lasts))
        add(f"{way}|rate", found)
    needed = _needed(problem, builder, observed)
    place = {old: new for new, old in enumerate(needed)}
    entries = np.array(
        [(place[r], place[c], notes.number(v)) for r, c, v in builder.rates if r in place],
        dtype=np.int64,
    )
    nothing = notes.note(CONSTANT, const=0.0)
    gains = [
        (place.get(state, 0), notes.number(gain) if name in observed else nothing)
        for name, (_, state, gain) in zip(problem.structure.outputs, builder.gains(), strict=True)
    ]
    rows = [
        (place[row[0]], *row[1:]) if row[0] in place else (0, nothing, *row[2:]) for row in rows
    ]
    size = len(needed)
    pattern = np.zeros((1, size, size))
    pattern[0, entries[:, 0], entries[:, 1]] = 1.0
    blocks = blocks_of(pattern)
    order, starts = np.arange(size), np.zeros(1, dtype=np.intp)
    if blocks is not None:
        order, starts = blocks.order, blocks.starts
    return Tape(
        np.array(notes.ops, dtype=np.int64),
        np.array(notes.consts),
        _depends(notes.ops),
        entries,
        np.array(gains, dtype=np.int64),
        np.array(rows, dtype=np.int64).reshape(-1, 6),
        of_way,
        order.astype(np.int64),
        starts.astype(np.int64),
        names,
        blocks is not None,
    )


def _needed(problem: Problem, builder: Builder, observed: Collection[str]) -> list[int]:
    """States of which something reaches an observed output; at least one."""
    outputs = problem.structure.outputs
    found = {builder.index(outputs[name].of) for name in observed}
    while True:
        more = {c for r, c, _ in builder.rates if r in found} - found
        if not more:
            return sorted(found) or [0]
        found |= more


def _depends(ops: Sequence[tuple[int, int, int]]) -> NDArray[np.uint8]:
    found = np.zeros(len(ops), dtype=np.uint8)
    for k, (code, a, b) in enumerate(ops):
        if code == EFFECT:
            found[k] = 1
        elif code == HELD:
            found[k] = found[b]
        elif code >= ADD:
            found[k] = found[a] | (found[b] if code < NEGATIVE else 0)
    return found


def _backward(phi: Noted, transform: Transform) -> Noted:
    if transform == "identity":
        return phi
    return phi.notes.made(EXP if transform == "log" else LOGISTIC, phi.place)


def _values(problem: Problem, notes: _Notes, names: tuple[str, ...]) -> dict[str, Quantity]:
    """Every parameter, noted, with its random effect and covariate effects."""
    phi: dict[str, Noted] = {}
    for name in problem.parameters:
        centre = notes.made(CONSTANT, const=problem.centre[name])
        number = problem.names.index(name) if name in problem.names else None
        phi[name] = centre if number is None else centre + notes.made(EFFECT, number)
    transforms = {name: p.transform for name, p in problem.parameters.items()}
    plain = {name: _backward(phi[name], transforms[name]) for name in phi}
    shifted = dict(phi)
    for k, effect in enumerate(problem.structure.covariates):
        held: dict[str, Quantity] = dict(plain)
        held[effect.covariate] = notes.made(COVARIATE, names.index(effect.covariate))
        shift = notes.number(parse(effect.shift).of(held))
        shifted[effect.parameter] = shifted[effect.parameter] + notes.made(HELD, k, shift)
    found: dict[str, Quantity] = {}
    for name, value in shifted.items():
        found[name] = _backward(value, transforms[name])
    return found
