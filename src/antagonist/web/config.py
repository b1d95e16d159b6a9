"""How a clinic's server runs; every worker process reads it from one environment variable."""

from __future__ import annotations

import json
import os
from pathlib import Path
from typing import Literal

from pydantic import BaseModel, ConfigDict

from antagonist.foundation.data import validated

VARIABLE = "ANTAGONIST_CLINIC"


class WebConfig(BaseModel):
    """database: URL. keys: file of the record's keys. timezone: the clinic's, IANA.

    jurisdiction: the label that holds here; None = the stricter of all. rules: folder of the
    clinic's own rules. secure: the browser reaches it over TLS, its own or a proxy's.
    second_factor: whether every account needs one. demo: the patients are invented.
    set_up: one-time code with which the first administrator is made; None = by command only.
    """

    model_config = ConfigDict(frozen=True, extra="forbid")

    database: str
    keys: Path
    timezone: str = "UTC"
    jurisdiction: str | None = None
    rules: Path | None = None
    language: Literal["en", "ru"] = "en"
    secure: bool = False
    second_factor: bool = True
    demo: bool = False
    set_up: str | None = None

    def to_environment(self) -> None:
        """Hand it to the worker processes."""
        os.environ[VARIABLE] = self.model_dump_json()


def from_environment() -> WebConfig:
    """What ``to_environment`` handed over. Raises InputError for a field that is not allowed."""
    return validated(WebConfig, json.loads(os.environ[VARIABLE]), VARIABLE)
