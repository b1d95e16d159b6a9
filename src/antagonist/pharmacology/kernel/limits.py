"""Limits and sizes that the compiled loops share with what calls them."""

from __future__ import annotations

# How far modes may cancel: an answer is off by up to 1e-16 of its peak times this (measured
# against 60-digit arithmetic over random systems), so by 1e-9 of the 1e-8 that is promised.
MAX_CANCELLATION = 1e7
# No course is longer, hours: how far the rounding of a rate can add up.
LONGEST_H = 1e4
# Hours a course lasts at least: what peaks later counts as it stands by then. And the number of
# moments at which peaks are looked for.
SHORTEST_H = 24.0
PEAK_POINTS = 16
# Above this the inverse of the vectors has too few digits to judge the cancellation by.
MAX_CONDITION = 1e12

# The compiled loops take so many intervals, and so many modes, at once.
BLOCK = 8
# More blocks of modes than this are left to the general way.
MOST_BLOCKS = 3
# Brackets halved one after another before the oldest is done.
DEPTH = 64
# Steps of a grid between two jumps whose decay is worked out once.
STEPS = 256
# Hours and draws worked out at once where draws stand side by side. Decays over an hour multiply
# up from the first of so many hours, so each adds 1e-16 to the next.
HOURS = 128
LANES = 64

# Operations of a model's formulas; from NEGATIVE on they have one operand.
CONSTANT, EFFECT, COVARIATE, HELD, ADD, SUBTRACT, MULTIPLY, DIVIDE, POWER = range(9)
NEGATIVE, EXP, LOG, SQRT, LOGISTIC = range(9, 14)
# Jumps of a history that is fitted.
BOLUS, RATE_ON, RATE_OFF, RESET, CHANGE = range(5)
# Modes so near each other that a gradient loses digits: inverse of their relative distances.
MAX_CROWDING = 3e3
# The search for random effects: squared distance to the least that is left, in units of the
# posterior's variance; trials at most; radii in units of the prior; a trial that lost more than
# FAR times the gain that was expected teaches nothing; a start is halved at most so often.
CLOSE = 1e-14
MOST_TRIALS = 100
FIRST_RADIUS, LARGEST_RADIUS, SMALLEST_RADIUS = 1.0, 4.0, 1e-9
FAR = 10.0
HALVINGS = 60
