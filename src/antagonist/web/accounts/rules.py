"""Numbers of sign-in, sessions and limits, from their data file."""

from __future__ import annotations

from datetime import timedelta
from functools import lru_cache
from importlib.resources import files
from typing import Annotated

import yaml
from pydantic import BaseModel, ConfigDict, Field

Positive = Annotated[int, Field(gt=0)]


class Strict(BaseModel):
    """Exactly the fields that stand here."""

    model_config = ConfigDict(frozen=True, extra="forbid")


class PasswordRules(Strict):
    """Lengths in characters; words that a guesser of this app tries first.

    least_besides_words: characters that must be left when those words are taken out.
    """

    least_characters: Positive
    most_characters: Positive
    least_besides_words: Positive
    context_words: tuple[str, ...]
    source: str


class ActivationRules(Strict):
    """For how long a code lets its owner set a password."""

    hours: Positive


class SessionRules(Strict):
    """When a session ends, and how many one account may have."""

    idle_minutes: Positive
    absolute_hours: Positive
    most_at_once: Positive

    @property
    def idle(self) -> timedelta:
        """After this time without use."""
        return timedelta(minutes=self.idle_minutes)

    @property
    def absolute(self) -> timedelta:
        """After this time in any case."""
        return timedelta(hours=self.absolute_hours)


class TokenRules(Strict):
    """For how long a program's token may hold."""

    longest_days: Positive


class Limit(Strict):
    """So many attempts within so many minutes."""

    most: Positive
    minutes: Positive

    @property
    def within(self) -> timedelta:
        """The time in which attempts count."""
        return timedelta(minutes=self.minutes)


class Limits(Strict):
    """Every rate limit."""

    sign_in_name_and_address: Limit
    sign_in_address: Limit
    sign_in_name: Limit
    code: Limit
    password_check: Limit
    search: Limit
    costly: Limit


class KnownAddress(Strict):
    """For how long an address counts as one's own after a sign-in from it."""

    days: Positive


class AuditRules(Strict):
    """For how long lines of the audit are kept at least."""

    least_kept_days: Positive


class RequestRules(Strict):
    """Size of a request's body; costly requests that one process works on at the same time."""

    most_bytes: Positive
    costly_at_once: Positive


class SecurityRules(Strict):
    """All of them."""

    password: PasswordRules
    activation: ActivationRules
    session: SessionRules
    token: TokenRules
    limits: Limits
    known_address: KnownAddress
    audit: AuditRules
    request: RequestRules


@lru_cache(maxsize=1)
def rules() -> SecurityRules:
    """The rules, checked."""
    text = files("antagonist.web").joinpath("data/security.yaml").read_text(encoding="utf-8")
    return SecurityRules.model_validate(yaml.safe_load(text))
