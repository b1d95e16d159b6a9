"""One-time codes by time: RFC 6238's own values, once each, of one step only."""

from __future__ import annotations

import base64
from concurrent.futures import ThreadPoolExecutor
from datetime import UTC, datetime, timedelta
from pathlib import Path

import pyotp
import pytest
from tests.support.clinics import OpenClinic, clinic_on
from tests.support.records import BACKENDS

from antagonist.feedback.database import changing, reading
from antagonist.web.accounts.people import by_id, change
from antagonist.web.accounts.second_factor import (
    accepted,
    new_secret,
    picture,
    sealed,
    step_of,
    unsealed,
)

# RFC 6238, appendix B, SHA-1: the last six of its eight digits.
SEED = base64.b32encode(b"12345678901234567890").decode()
VECTORS = (
    (59, "287082"), (1111111109, "081804"), (1111111111, "050471"), (1234567890, "005924"),
    (2000000000, "279037"), (20000000000, "353130"),
)  # fmt: skip


@pytest.mark.parametrize(("second", "code"), VECTORS)
def test_codes_are_those_of_the_standard(second: int, code: str) -> None:
    at = datetime.fromtimestamp(second, UTC)
    assert step_of(SEED, code, at) == second // 30
    assert step_of(SEED, f" {code[:3]} {code[3:]} ", at) == second // 30
    for away in (-30, 30):
        assert step_of(SEED, code, at + timedelta(seconds=away)) is None


@pytest.mark.parametrize("code", ["", "0", "28708", "2870822", "２８７０８２", "abcdef"])
def test_what_is_no_code_fits_nothing(code: str) -> None:
    assert step_of(SEED, code, datetime.fromtimestamp(59, UTC)) is None


def test_secrets_are_new_have_160_bits_and_are_kept_sealed(clinic: OpenClinic) -> None:
    made = {new_secret() for _ in range(20)}
    assert len(made) == 20
    keys, engine = clinic.clinic.record.keys, clinic.clinic.engine
    for secret in made:
        assert len(base64.b32decode(secret)) == 20
        with changing(engine) as connection:
            kept = sealed(connection, keys, secret)
        assert secret.encode() not in kept
        assert unsealed(keys, kept) == secret


def test_the_picture_is_a_png() -> None:
    assert picture(SEED, "nurse").startswith(b"\x89PNG\r\n")


@pytest.mark.parametrize("backend", BACKENDS)
def test_a_code_is_taken_once_even_from_many_at_once(backend: str, tmp_path: Path) -> None:
    with clinic_on(backend, tmp_path) as clinic:
        keys, at, engine = clinic.clinic.record.keys, clinic.clinic.now(), clinic.clinic.engine
        with changing(engine) as connection:
            kept_secret = sealed(connection, keys, SEED)
            account = change(connection, clinic.people["nurse"], secret=kept_secret)
        code = pyotp.TOTP(SEED).at(at)

        def use(_n: int) -> bool:
            with changing(engine) as connection:
                return accepted(connection, keys, account, code, at) is not None

        with ThreadPoolExecutor(5) as threads:
            assert sorted(threads.map(use, range(5))) == [False] * 4 + [True]
        with reading(engine) as connection:
            kept = by_id(connection, account.account)
        assert kept is not None
        assert kept.last_step == int(at.timestamp()) // 30
        with changing(engine) as connection:
            # a later step is taken, the one before it never again
            later = at + timedelta(seconds=30)
            assert accepted(connection, keys, kept, pyotp.TOTP(SEED).at(later), later)
            assert accepted(connection, keys, kept, code, at) is None
