"""Passwords: length, words, the list; Argon2id, renewed when it was weaker."""

from __future__ import annotations

import unicodedata

import pytest
from argon2 import PasswordHasher
from tests.support.clinics import PASSWORD

from antagonist.foundation.errors import InputError
from antagonist.web.accounts import passwords
from antagonist.web.accounts.passwords import fits, hashed, is_old
from antagonist.web.accounts.rules import rules


@pytest.fixture
def quick(monkeypatch: pytest.MonkeyPatch) -> None:
    """A hash that costs nothing, where it does not matter."""
    cheap = PasswordHasher(time_cost=1, memory_cost=8, parallelism=1)
    monkeypatch.setattr(passwords, "_hasher", lambda: cheap)


@pytest.mark.parametrize("length", [12, 64, 128])
@pytest.mark.usefixtures("quick")
def test_lengths_are_counted_in_characters(length: int) -> None:
    for character in ("ы", "🙂"):
        hashed(character * length, "nurse")
    with pytest.raises(InputError, match="12 to 128"):
        hashed("ы" * 11, "nurse")
    with pytest.raises(InputError, match="12 to 128"):
        hashed("ы" * 129, "nurse")


def test_the_error_says_the_lengths_of_the_rules() -> None:
    said = rules().password
    found = f"{said.least_characters} to {said.most_characters} characters"
    assert found == passwords.LENGTHS


@pytest.mark.parametrize(
    "password",
    [
        "lowercaseonly",
        "СТРАННЫЕСЛОВА",
        "9876 1234 5555",
        "🙂🙃🙂🙃🙂🙃🙂🙃🙂🙃🙂🙃",
        "            a ",
    ],
)
@pytest.mark.usefixtures("quick")
def test_any_characters_will_do(password: str) -> None:
    assert fits(password, hashed(password, "nurse"))


@pytest.mark.usefixtures("quick")
def test_a_password_is_checked_exactly_as_typed() -> None:
    typed = "  Длинный Пароль й  " + "x" * 108
    assert len(typed) == 128
    kept = hashed(typed, "nurse")
    assert fits(typed, kept)
    decomposed = unicodedata.normalize("NFD", typed)
    for other in (typed.strip(), typed.lower(), typed[:127], typed[:127] + "y", decomposed):
        assert not fits(other, kept)


@pytest.mark.parametrize(
    # among the commonest of 12 characters or more in SecLists' million
    "password",
    ["123qweasdzxc", "1q2w3e4r5t6y", "Mailcreated5240", "123456qwerty", "QWERTYQWERTY"],
)
@pytest.mark.usefixtures("quick")
def test_common_passwords_are_refused(password: str) -> None:
    with pytest.raises(InputError, match="guesses"):
        hashed(password, "nurse")


def test_the_list_holds_more_than_three_thousand() -> None:
    assert len(passwords._common()) >= 3000


@pytest.mark.parametrize(
    ("password", "name"),
    [
        ("naltrexone123", "x"),
        ("Вивитрол-2026", "x"),
        ("antagonist-clinic", "x"),
        ("Медсестра12345", "x"),
        ("maria.petrova1", "Maria.Petrova"),
        ("Administrator2026", "x"),
    ],
)
@pytest.mark.usefixtures("quick")
def test_words_of_this_clinic_are_refused(password: str, name: str) -> None:
    with pytest.raises(InputError, match="guesses"):
        hashed(password, name)


@pytest.mark.usefixtures("quick")
def test_a_short_name_spoils_no_password() -> None:
    hashed("anna has a banana and a canary", "a")


@pytest.mark.usefixtures("quick")
def test_every_word_of_the_list_counts() -> None:
    for word in rules().password.context_words:
        assert word == word.casefold()
        with pytest.raises(InputError):
            hashed((word * 12)[: max(12, len(word))], "x")


@pytest.mark.usefixtures("quick")
def test_the_error_never_shows_the_password() -> None:
    with pytest.raises(InputError) as caught:
        hashed("short", "x")
    assert "short" not in str(caught.value)


def test_passwords_are_kept_by_argon2id_and_weaker_hashes_are_old() -> None:
    kept = hashed(PASSWORD, "nurse")
    assert kept.startswith("$argon2id$v=19$")
    assert not is_old(kept)
    assert is_old(PasswordHasher(time_cost=1, memory_cost=8, parallelism=1).hash(PASSWORD))


def test_nobodys_password_fits_nothing_and_is_checked_as_hard(
    monkeypatch: pytest.MonkeyPatch,
) -> None:
    checked = []
    real = PasswordHasher()

    class Counting:
        def verify(self, kept: str, password: str) -> bool:
            checked.append(kept)
            return real.verify(kept, password)

        def hash(self, password: str) -> str:
            return real.hash(password)

    passwords._nobodys.cache_clear()
    monkeypatch.setattr(passwords, "_hasher", Counting)
    assert not fits(PASSWORD, None)
    assert not fits("nobody's password, so that an unknown name takes as long", None)
    parts = [kept.split("$")[1:4] for kept in checked]
    assert parts == [real.hash("x").split("$")[1:4]] * 2
