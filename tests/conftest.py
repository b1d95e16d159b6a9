"""Settings of every test."""

import os

from hypothesis import HealthCheck, settings

# As the program itself does, and before NumPy is there: threads of a linear algebra library that
# wait busily make small matrices ten times as slow where the cores have other work.
os.environ.setdefault("OPENBLAS_NUM_THREADS", "1")

# A busy machine is no defect: nothing here may fail on how long an example took to draw or to run.
settings.register_profile("untimed", deadline=None, suppress_health_check=[HealthCheck.too_slow])
settings.load_profile("untimed")
