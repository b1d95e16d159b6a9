"""What the server refuses to start with, and what it takes."""

from __future__ import annotations

import ssl

import pytest

from antagonist.foundation.errors import InputError
from antagonist.web.binding import check_binding, check_database, context_factory, is_loopback


@pytest.mark.parametrize(
    ("host", "here"),
    [
        ("127.0.0.1", True), ("127.8.8.8", True), ("::1", True), ("[::1]", True),
        ("localhost", True), ("0.0.0.0", False), ("::", False), ("192.0.2.1", False),
        ("clinic.example", False), ("", False), ("127.0.0.1.evil.example", False),
        ("localhost.example", False),
    ],
)  # fmt: skip
def test_which_addresses_are_this_machine(host: str, here: bool) -> None:
    assert is_loopback(host) == here


@pytest.mark.parametrize(
    ("host", "tls", "proxy", "secure"),
    [
        ("127.0.0.1", False, None, False),
        ("127.0.0.1", True, None, True),
        ("127.0.0.1", False, "127.0.0.1", True),
        ("0.0.0.0", True, None, True),
        ("192.0.2.1", False, "192.0.2.2", True),
    ],
)
def test_what_may_start(host: str, tls: bool, proxy: str | None, secure: bool) -> None:
    assert check_binding(host, tls, proxy) == secure


@pytest.mark.parametrize(
    ("host", "tls", "proxy", "weak"),
    [
        ("0.0.0.0", False, None, False),
        ("192.0.2.1", False, None, False),
        ("clinic.example", False, None, False),
        ("0.0.0.0", True, None, True),
        ("192.0.2.1", False, "192.0.2.2", True),
        ("127.0.0.1", False, "*", False),
        ("127.0.0.1", False, "0.0.0.0", False),
        ("127.0.0.1", False, "proxy.example", False),
        ("127.0.0.1", True, "127.0.0.1", False),
    ],
)
def test_what_may_not_start(host: str, tls: bool, proxy: str | None, weak: bool) -> None:
    with pytest.raises(InputError):
        check_binding(host, tls, proxy, weak=weak)


ROOT = "sslrootcert=/etc/ssl/clinic.pem"


@pytest.mark.parametrize(
    "url",
    [
        "sqlite:////var/lib/clinic.db",
        "postgresql:///clinic",
        "postgresql://localhost/clinic",
        "postgresql://127.0.0.1:5433/clinic",
        "postgresql://[::1]/clinic",
        "postgresql:///clinic?host=/run/postgresql",
        f"postgresql://db.example/clinic?sslmode=verify-full&{ROOT}",
        f"postgresql+psycopg://u@db.example/clinic?sslmode=verify-full&{ROOT}",
    ],
)
def test_databases_here_or_over_verified_tls_are_taken(url: str) -> None:
    check_database(url)


@pytest.mark.parametrize(
    "url",
    [
        "postgresql://db.example/clinic",
        "postgresql://u:p4ss@db.example/clinic?sslmode=require",
        f"postgresql://db.example/clinic?sslmode=verify-ca&{ROOT}",
        "postgresql://db.example/clinic?sslmode=verify-full",
        "postgresql:///clinic?host=db.example",
        "postgresql:///clinic?host=/run/postgresql,db.example",
        "postgresql://localhost/clinic?hostaddr=192.0.2.1",
        "postgresql://localhost/clinic?host=127.0.0.1&host=db.example",
        "postgresql:///clinic?service=elsewhere",
        "no url",
    ],
)
def test_open_lines_to_a_database_are_refused(url: str) -> None:
    with pytest.raises(InputError) as caught:
        check_database(url)
    assert "p4ss" not in str(caught.value)


def test_tls_is_12_or_later_with_forward_secrecy_and_ours_is_the_order() -> None:
    made = context_factory(None, lambda: ssl.SSLContext(ssl.PROTOCOL_TLS_SERVER))
    assert made.minimum_version == ssl.TLSVersion.TLSv1_2
    assert made.options & ssl.OP_CIPHER_SERVER_PREFERENCE
    older = [each["name"] for each in made.get_ciphers() if each["protocol"] != "TLSv1.3"]
    assert older
    for name in older:
        assert name.startswith("ECDHE-")
        assert "GCM" in name or "CHACHA20" in name
