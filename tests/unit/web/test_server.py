"""The app on a real socket: TLS, message boundaries, addresses that nobody can make up."""

from __future__ import annotations

import json
import logging
import socket
import ssl
import threading
from collections.abc import Iterator
from contextlib import closing, contextmanager, suppress
from datetime import UTC, datetime, timedelta
from ipaddress import ip_address
from pathlib import Path
from typing import Any

import pytest
import uvicorn
from cryptography import x509
from cryptography.hazmat.primitives import hashes
from cryptography.hazmat.primitives.asymmetric import ec
from cryptography.hazmat.primitives.serialization import (
    Encoding,
    NoEncryption,
    PrivateFormat,
)
from cryptography.x509.oid import NameOID
from tests.support.clinics import OpenClinic

from antagonist.web.binding import context_factory
from antagonist.web.logs import LOG

HERE = "127.0.0.1"


@contextmanager
def served(app: Any, **settings: Any) -> Iterator[int]:
    """The port on which an app is served."""
    config = uvicorn.Config(
        app, host=HERE, port=0, log_level="warning", access_log=False, server_header=False,
        ws="none", lifespan="off", proxy_headers=False, **settings,
    )  # fmt: skip
    server = uvicorn.Server(config)
    thread = threading.Thread(target=server.run)
    thread.start()
    try:
        while not server.started:
            assert thread.is_alive()
        yield server.servers[0].sockets[0].getsockname()[1]
    finally:
        server.should_exit = True
        thread.join()


@pytest.fixture(scope="module")
def port(clinic: OpenClinic) -> Iterator[int]:
    with served(clinic.app) as found:
        yield found


def exchange(port: int, sent: bytes) -> bytes:
    """What comes back for these bytes until the line is closed or silent."""
    found = b""
    with closing(socket.create_connection((HERE, port), timeout=0.5)) as line:
        line.sendall(sent)
        with suppress(TimeoutError, ConnectionError):
            while part := line.recv(65536):
                found += part
    return found


SMUGGLED = b"GET /health/live HTTP/1.1\r\nHost: clinic\r\nConnection: close\r\n\r\n"


@pytest.mark.parametrize(
    "lengths",
    [
        b"Content-Length: 4\r\nTransfer-Encoding: chunked\r\n",
        b"Transfer-Encoding: chunked\r\nContent-Length: 6\r\n",
        b"Content-Length: 4\r\nContent-Length: 40\r\n",
        b"Content-Length: +4\r\n",
        b"Transfer-Encoding: xchunked\r\n",
        b"Transfer-Encoding : chunked\r\n",
    ],
)
def test_a_message_of_two_lengths_is_never_read_as_two(port: int, lengths: bytes) -> None:
    body = b"0\r\n\r\n" + SMUGGLED
    answer = exchange(
        port, b"POST /language HTTP/1.1\r\nHost: clinic\r\n" + lengths + b"\r\n" + body
    )
    # refused, or closed before the refusal was read
    assert answer[:10] in (b"HTTP/1.1 4", b"")
    assert answer.count(b"HTTP/1.1 ") <= 1
    assert b'{"status":"ok"}' not in answer


def test_a_message_of_one_length_is_read(port: int) -> None:
    answer = exchange(port, SMUGGLED)
    assert b'{"status":"ok"}' in answer
    assert b"\r\nserver:" not in answer.lower()
    assert b"nosniff" in answer


def test_addresses_that_a_stranger_makes_up_are_ignored(port: int, clinic: OpenClinic) -> None:
    assert clinic.app
    told: list[logging.LogRecord] = []

    def keep(record: logging.LogRecord) -> bool:
        told.append(record)
        return True

    level = LOG.level
    LOG.addFilter(keep)
    LOG.setLevel(logging.INFO)
    try:
        names = (b"X-Forwarded-For: ", b"X-Real-IP: ", b"Forwarded: for=")
        made_up = b"".join(name + b"192.0.2.99\r\n" for name in names)
        exchange(port, SMUGGLED.replace(b"Connection", made_up + b"Connection"))
    finally:
        LOG.removeFilter(keep)
        LOG.setLevel(level)
    assert [record.__dict__["address"] for record in told] == [HERE]
    assert "192.0.2.99" not in json.dumps([str(record.__dict__) for record in told])


@pytest.fixture(scope="module")
def certificate(tmp_path_factory: pytest.TempPathFactory) -> tuple[Path, Path]:
    """A certificate of this machine's own, and its key."""
    key = ec.generate_private_key(ec.SECP256R1())
    name = x509.Name([x509.NameAttribute(NameOID.COMMON_NAME, "clinic")])
    now = datetime.now(UTC)
    made = (
        x509.CertificateBuilder()
        .subject_name(name)
        .issuer_name(name)
        .public_key(key.public_key())
        .serial_number(x509.random_serial_number())
        .not_valid_before(now - timedelta(days=1))
        .not_valid_after(now + timedelta(days=1))
        .add_extension(x509.SubjectAlternativeName([x509.IPAddress(ip_address(HERE))]), False)
        .add_extension(x509.BasicConstraints(ca=True, path_length=0), True)
        .sign(key, hashes.SHA256())
    )
    folder = tmp_path_factory.mktemp("tls")
    files = (folder / "clinic.pem", folder / "clinic.key")
    files[0].write_bytes(made.public_bytes(Encoding.PEM))
    private = key.private_bytes(Encoding.PEM, PrivateFormat.PKCS8, NoEncryption())
    files[1].write_bytes(private)
    return files


def test_tls_takes_new_versions_and_strong_ciphers_only(
    clinic: OpenClinic, certificate: tuple[Path, Path]
) -> None:
    settings = {
        "ssl_certfile": certificate[0], "ssl_keyfile": certificate[1],
        "ssl_context_factory": context_factory,
    }  # fmt: skip

    def shaken(port: int, ciphers: str, version: ssl.TLSVersion) -> str | None:
        mine = ssl.create_default_context(cafile=str(certificate[0]))
        mine.minimum_version = mine.maximum_version = version
        mine.set_ciphers(ciphers)
        try:
            with (
                closing(socket.create_connection((HERE, port), timeout=3)) as plain,
                mine.wrap_socket(plain, server_hostname=HERE) as line,
            ):
                return line.version()
        except (ssl.SSLError, ConnectionError):
            return None

    with served(clinic.app, **settings) as port:
        new, strong = ssl.TLSVersion, "ECDHE+AESGCM"
        assert shaken(port, strong, new.TLSv1_3) == "TLSv1.3"
        assert shaken(port, strong, new.TLSv1_2) == "TLSv1.2"
        assert shaken(port, "ECDHE+AES256+SHA384:ECDHE+AES+SHA:@SECLEVEL=0", new.TLSv1_2) is None
        assert shaken(port, "AES128-GCM-SHA256:@SECLEVEL=0", new.TLSv1_2) is None
        assert b"HTTP/1.1 200" not in exchange(port, SMUGGLED), "nothing in the clear"
