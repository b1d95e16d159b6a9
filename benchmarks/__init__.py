"""Timings, apart from the tests; docs/reference names the command of each."""

import os

# As the program itself does, and before NumPy is there.
os.environ.setdefault("OPENBLAS_NUM_THREADS", "1")
