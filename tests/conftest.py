"""Settings of every test."""

import os
from pathlib import Path

import pytest
from hypothesis import HealthCheck, settings

# As the program itself does, and before NumPy is there: threads of a linear algebra library that
# wait busily make small matrices ten times as slow where the cores have other work.
os.environ.setdefault("OPENBLAS_NUM_THREADS", "1")

# A busy machine is no defect: nothing here may fail on how long an example took to draw or to run.
settings.register_profile("untimed", deadline=None, suppress_health_check=[HealthCheck.too_slow])
settings.load_profile("untimed")

# Folders whose tests share one server: they stay in one process.
TOGETHER = (Path(__file__).parent / "e2e" / "browser",)


@pytest.hookimpl(tryfirst=True)
def pytest_collection_modifyitems(items: list[pytest.Item]) -> None:
    """Tests of a module run in one process, for they share what its fixtures made."""
    for item in items:
        group = next((path for path in TOGETHER if path in item.path.parents), item.path)
        item.add_marker(pytest.mark.xdist_group(str(group)))
