"""The objective of many subjects with its derivatives, as it is passed around."""

from __future__ import annotations

from dataclasses import dataclass

from antagonist.pharmacology.estimation.problem import Floats
from antagonist.pharmacology.kernel import Ints


@dataclass(frozen=True)
class Evaluation:
    """The objective of S subjects at some etas, with derivatives.

    value: shape (S,); infinite where a prediction has no variance. gradient, information: of half
    the objective, shapes (S, q) and (S, q, q); the second is the expected Hessian.
    prediction: shape (S, T).
    """

    value: Floats
    gradient: Floats
    information: Floats
    prediction: Floats

    def part(self, rows: Ints) -> Evaluation:
        """Of some of the subjects."""
        return Evaluation(
            self.value[rows], self.gradient[rows], self.information[rows], self.prediction[rows]
        )

    def put(self, rows: Ints, other: Evaluation) -> None:
        """Take over another evaluation of some rows (of as many levels or fewer)."""
        self.value[rows], self.gradient[rows] = other.value, other.gradient
        self.information[rows] = other.information
        wide = min(self.prediction.shape[1], other.prediction.shape[1])
        self.prediction[rows, :wide] = other.prediction[:, :wide]
