"""What a server refuses to start with: an open line to browsers, or one to the database."""

from __future__ import annotations

import ssl
from collections.abc import Callable
from ipaddress import ip_address

from sqlalchemy.engine import URL, make_url
from sqlalchemy.exc import ArgumentError

from antagonist.foundation.errors import InputError

LOCAL_NAMES = ("localhost",)
VERIFIED = "verify-full"
# Forward secrecy and authenticated encryption only (RFC 9325, 4.2); TLS 1.3 has nothing else.
CIPHERS = "ECDHE+AESGCM:ECDHE+CHACHA20"


def is_loopback(host: str) -> bool:
    """Whether only programs of this machine reach an address."""
    bare = host.strip("[]").partition("%")[0]
    if bare in LOCAL_NAMES:
        return True
    try:
        return ip_address(bare).is_loopback
    except ValueError:
        return False


def check_binding(host: str, tls: bool, proxy: str | None = None, *, weak: bool = False) -> bool:
    """Whether browsers come over TLS, so that cookies and headers may rely on it.

    host: address to listen on. tls: the server has a certificate. proxy: address of the proxy that
    ends TLS in front of this server. weak: the demo, or second factors are optional.
    Raises InputError for a host beyond this machine without TLS or proxy, or with what is weak, for
    a proxy that is no single address, and for both TLS and a proxy.
    """
    local = is_loopback(host)
    if tls and proxy is not None:
        raise InputError("server", "proxy", proxy, "TLS of its own, or a proxy that ends it")
    if proxy is not None:
        _check_proxy(proxy)
    if not local and not tls and proxy is None:
        allowed = "a loopback address, or a certificate with its key, or the proxy's address"
        raise InputError("server", "host", host, allowed)
    if weak and not local:
        raise InputError(
            "server", "host", host, "a loopback address: this clinic is for trying out"
        )
    return tls or proxy is not None


def _check_proxy(proxy: str) -> None:
    try:
        found = ip_address(proxy)
    except ValueError:
        raise InputError("server", "proxy", proxy, "one IP address") from None
    if found.is_unspecified:
        raise InputError("server", "proxy", proxy, "one IP address, not all of them")


def check_database(url: str) -> None:
    """Raises InputError for a database on another machine that is reached without verified TLS.

    url: as ``engine_of`` takes it. A socket and loopback need no TLS. Elsewhere the server's
    certificate is checked against a root that is named.
    """
    try:
        parsed = make_url(url)
    except ArgumentError:
        raise InputError("server", "database", None, "a database URL") from None
    if parsed.get_backend_name() != "postgresql":
        return
    if all(_is_here(host) for host in _hosts(parsed)):
        return
    shown = parsed.render_as_string(hide_password=True)
    if parsed.query.get("sslmode") != VERIFIED:
        raise InputError("server", "database", shown, f"sslmode={VERIFIED} in the URL")
    if not parsed.query.get("sslrootcert"):
        raise InputError("server", "database", shown, "sslrootcert=FILE in the URL")


def _hosts(url: URL) -> list[str]:
    """Where libpq would connect: the URL's host, or host and hostaddr of its parameters."""
    found = [url.host or ""]
    for name in ("host", "hostaddr"):
        given = url.query.get(name, ())
        for each in (given,) if isinstance(given, str) else given:
            found.extend(each.split(","))
    if "service" in url.query:
        found.append("as the service file says")
    return [host for host in found if host] or [""]


def _is_here(host: str) -> bool:
    return host == "" or host.startswith(("/", "@")) or is_loopback(host)


def harden(context: ssl.SSLContext) -> ssl.SSLContext:
    """A server's context that takes TLS 1.2 and 1.3 with strong ciphers only, ours first."""
    context.minimum_version = ssl.TLSVersion.TLSv1_2
    context.set_ciphers(CIPHERS)
    context.options |= ssl.OP_CIPHER_SERVER_PREFERENCE | ssl.OP_NO_COMPRESSION
    context.options |= ssl.OP_NO_RENEGOTIATION
    return context


def context_factory(_config: object, default: Callable[[], ssl.SSLContext]) -> ssl.SSLContext:
    """What uvicorn's ``ssl_context_factory`` is given. default: makes its own context."""
    return harden(default())
