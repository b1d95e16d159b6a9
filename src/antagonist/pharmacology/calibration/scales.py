"""The scales on which published and predicted numbers are compared."""

from __future__ import annotations

from typing import Literal

import numpy as np
from numpy.typing import NDArray

Floats = NDArray[np.float64]
Scale = Literal["identity", "log", "logit"]


def on_scale(values: Floats, scale: Scale) -> Floats:
    """Predictions on their comparison scale, any shape; kept off the ends of log and logit."""
    if scale == "identity":
        return values
    if scale == "log":
        return np.asarray(np.log(np.maximum(values, 1e-12)))
    kept = np.clip(values, 1e-6, 1 - 1e-6)
    return np.asarray(np.log(kept / (1 - kept)))


def off_scale(values: Floats, scale: Scale) -> Floats:
    """Values on a comparison scale back in their unit, any shape."""
    if scale == "identity":
        return values
    return np.asarray(np.exp(values) if scale == "log" else 1 / (1 + np.exp(-values)))
