"""What goes wrong in a request, beyond bad input."""

from __future__ import annotations


class SignInNeededError(Exception):
    """Nobody is signed in, or not completely. location: where that is done."""

    def __init__(self, location: str = "/sign-in") -> None:
        self.location = location
        super().__init__(location)


class NotFoundError(Exception):
    """There is no such thing, or it is not this person's to see: both look the same."""


class NotAllowedError(Exception):
    """The role may not do this. action: as permissions name it."""

    def __init__(self, action: str) -> None:
        self.action = action
        super().__init__(action)


class ForgedError(Exception):
    """A form or request that our own pages did not make."""
