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
