"""Measurements: the common work, the same work by other tools, and the machine's limits."""
