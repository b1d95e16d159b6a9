"""Passwords: Argon2id, long enough, none that everybody tries first."""

from __future__ import annotations

import hashlib
from functools import lru_cache
from importlib.resources import files

from argon2 import PasswordHasher
from argon2.exceptions import InvalidHashError, VerifyMismatchError

from antagonist.foundation.errors import InputError
from antagonist.web.accounts.rules import rules
from antagonist.web.language import N_

PREFIX_BYTES = 8  # of the SHA-256 of each common password, in data/common_passwords.bin

LENGTHS = N_("12 to 128 characters")  # a test holds it to data/security.yaml
SHORTEST_WORD = 3  # characters


@lru_cache(maxsize=1)
def _hasher() -> PasswordHasher:
    """The library's own choice: RFC 9106's second recommendation, 64 MiB."""
    return PasswordHasher()


def hashed(password: str, name: str) -> str:
    """A password's Argon2id hash with its own salt. name: of the account.

    Raises InputError for one that is too short, too long or common; the error never shows it.
    """
    said = rules().password
    if not said.least_characters <= len(password) <= said.most_characters:
        raise InputError("", "password", None, LENGTHS)
    folded = password.casefold()
    rest = folded
    # a name of a letter or two stands in every phrase
    own = [name.casefold()] if len(name) >= SHORTEST_WORD else []
    for word in sorted((*said.context_words, *own), key=len, reverse=True):
        rest = rest.replace(word, "")
    if len(rest) < said.least_besides_words or _prefix(folded) in _common():
        raise InputError("", "password", None, N_("one that nobody guesses, such as four words"))
    return _hasher().hash(password)


def fits(password: str, kept: str | None) -> bool:
    """Whether a password is the kept one. kept: None for nobody's, which takes as long."""
    try:
        _hasher().verify(_nobodys() if kept is None else kept, password)
    except (VerifyMismatchError, InvalidHashError):
        return False
    return kept is not None


def is_old(kept: str) -> bool:
    """Whether a hash was made with weaker parameters than today's."""
    return _hasher().check_needs_rehash(kept)


def rehashed(password: str) -> str:
    """The hash of a password that was just found to fit, with today's parameters."""
    return _hasher().hash(password)


@lru_cache(maxsize=1)
def _nobodys() -> str:
    return _hasher().hash("nobody's password, so that an unknown name takes as long")


def _prefix(text: str) -> bytes:
    return hashlib.sha256(text.encode()).digest()[:PREFIX_BYTES]


@lru_cache(maxsize=1)
def _common() -> frozenset[bytes]:
    """The 20,000 commonest passwords of 12 characters and more, by their digests' beginnings."""
    content = files("antagonist.web").joinpath("data/common_passwords.bin").read_bytes()
    return frozenset(content[at : at + PREFIX_BYTES] for at in range(0, len(content), PREFIX_BYTES))
