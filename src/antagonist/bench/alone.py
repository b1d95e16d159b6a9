"""Measurements in a process of their own, whose linear algebra keeps to one thread."""

from __future__ import annotations

import json
import os
import subprocess
import sys
from typing import Any

# Libraries of linear algebra start threads that wait busily, even where they have no work.
ONE_THREAD = dict.fromkeys(
    (
        "OPENBLAS_NUM_THREADS",
        "MKL_NUM_THREADS",
        "OMP_NUM_THREADS",
        "BLIS_NUM_THREADS",
        "VECLIB_MAXIMUM_THREADS",
    ),
    "1",
)


def printed_by(module: str, *arguments: str) -> Any:
    """What a module, run as a program with some arguments, prints as JSON.

    Raises CalledProcessError where it fails.
    """
    command = [sys.executable, "-m", module, *arguments]
    environment = {**os.environ, **ONE_THREAD}
    done = subprocess.run(command, env=environment, stdout=subprocess.PIPE, text=True, check=True)  # noqa: S603 - own command
    return json.loads(done.stdout)
