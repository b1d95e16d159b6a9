"""A handover of keys fits the log that binds it, the old key that signed it, and the key file."""

from __future__ import annotations

from dataclasses import replace
from pathlib import Path
from typing import Any

import pytest

from antagonist.feedback.handover import (
    Entry,
    Handover,
    OtherKeysError,
    check_in_force,
    misfits_of,
)
from antagonist.feedback.keys import Keyring, Retired, new_keyring

N = 5
AT = "2026-05-01T09:00:00.000000Z"


@pytest.fixture
def old() -> Keyring:
    """Keys of before."""
    return new_keyring(Path("record.keys"))


@pytest.fixture
def new(old: Keyring) -> Keyring:
    """Keys that took over with entry 5 of the log."""
    made = new_keyring(Path("record.keys"))
    return replace(made, retired=(Retired(old.public, N, "f" * 64),))


@pytest.fixture
def said(old: Keyring, new: Keyring) -> Handover:
    """The statement."""
    return Handover(N, AT, "boss", "administrator", "test", "why", old.public, new.public)


def _entry(said: Handover, signature: str) -> Entry:
    return Entry(said.n, 1, said.hash(signature))


def test_what_fits_has_no_misfit(old: Keyring, new: Keyring, said: Handover) -> None:
    signature = old.sign(said.text())
    assert misfits_of([(said, signature)], new, [_entry(said, signature)]) == {}
    assert misfits_of([], old, []) == {}


def test_a_statement_signed_again_with_the_old_key_is_not_the_one_that_the_log_binds(
    old: Keyring, new: Keyring, said: Handover
) -> None:
    entry, other = _entry(said, old.sign(said.text())), replace(said, author="somebody else")
    found = misfits_of([(other, old.sign(other.text()))], new, [entry])
    assert list(found) == [N]
    assert "the log binds" in found[N]


def test_a_statement_that_the_old_key_did_not_sign_is_found(new: Keyring, said: Handover) -> None:
    signature = new.sign(said.text())
    found = misfits_of([(said, signature)], new, [_entry(said, signature)])
    assert "not signed with the old key" in found[N]


@pytest.mark.parametrize("what", ["n", "old_public", "new_public"])
def test_a_handover_that_the_key_file_does_not_know_is_found(
    old: Keyring, new: Keyring, said: Handover, what: str
) -> None:
    """Made by whoever has the old key: all of it fits, but for what lies outside the database."""
    other = new_keyring(Path("other"))
    signer = other if what == "old_public" else old
    changes: dict[str, Any] = {what: N - 1 if what == "n" else other.public}
    forged = replace(said, **changes)
    signature = signer.sign(forged.text())
    found = misfits_of([(forged, signature)], new, [_entry(forged, signature)])
    assert "the key file knows" in found[forged.n]


def test_what_is_missing_on_one_side_is_found(old: Keyring, new: Keyring, said: Handover) -> None:
    signature = old.sign(said.text())
    assert "what it handed over" in misfits_of([], new, [_entry(said, signature)])[N]
    assert "it is not there" in misfits_of([], new, [])[N]
    assert "the log binds" in misfits_of([(said, signature)], new, [])[N]
    # and keys that never took over from others know of none
    assert "the key file knows" in misfits_of(
        [(said, signature)], old, [_entry(said, signature)]
    )[N]  # fmt: skip


def test_keys_in_force_are_those_at_hand(old: Keyring, new: Keyring) -> None:
    check_in_force(None, old)
    check_in_force(new.public, new)
    for found, keys, said in (
        (new.public, old, "of now"), (None, new, "of that time"), (old.public, new, "of that time"),
        (old.public, old, "of now"),
    ):  # fmt: skip
        with pytest.raises(OtherKeysError, match=said):
            check_in_force(found, keys)
