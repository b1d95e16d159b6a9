"""Settings of every property test."""

from hypothesis import HealthCheck, settings

# A busy machine is no defect: nothing here may fail on how long an example took to draw or to run.
settings.register_profile("untimed", deadline=None, suppress_health_check=[HealthCheck.too_slow])
settings.load_profile("untimed")
