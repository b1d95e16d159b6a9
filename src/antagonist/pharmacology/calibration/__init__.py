"""From published observations to parameters with uncertainty, and back to predictions."""
