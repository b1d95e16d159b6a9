"""The one solver: linear compartment systems, exactly, for many subjects at once."""

from antagonist.pharmacology.kernel.solution import Solution, endless, solve
from antagonist.pharmacology.kernel.system import Floats, Ints, Jumps, LinearSystem

__all__ = ["Floats", "Ints", "Jumps", "LinearSystem", "Solution", "endless", "solve"]
