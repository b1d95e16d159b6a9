"""Settings of every test."""

import os
from typing import Any

import pytest
from hypothesis import HealthCheck, settings
from xdist.scheduler import LoadFileScheduling

# As the program itself does, and before NumPy is there: threads of a linear algebra library that
# wait busily make small matrices ten times as slow where the cores have other work.
os.environ.setdefault("OPENBLAS_NUM_THREADS", "1")

# A busy machine is no defect: nothing here may fail on how long an example took to draw or to run.
settings.register_profile("untimed", deadline=None, suppress_health_check=[HealthCheck.too_slow])
settings.load_profile("untimed")

# Folders whose tests share one server: they stay in one process.
TOGETHER = ("tests/e2e/browser/",)


class ByFile(LoadFileScheduling):  # type: ignore[misc]
    """Tests of a file run in one process, for they share what its fixtures made."""

    def _split_scope(self, nodeid: str) -> str:
        shared = next((folder for folder in TOGETHER if nodeid.startswith(folder)), None)
        return shared or str(super()._split_scope(nodeid))


@pytest.hookimpl(optionalhook=True)
def pytest_xdist_make_scheduler(config: pytest.Config, log: Any) -> ByFile:
    """How ``make test`` shares out the tests."""
    return ByFile(config, log)
