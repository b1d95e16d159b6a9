"""The clinic's cookies: their names and flags, in one place."""

from __future__ import annotations

SESSION, LANGUAGE = "antagonist", "antagonist-language"


def cookie_name(secure: bool, name: str = SESSION) -> str:
    """The name that a browser is given; it takes the prefix over TLS only (RFC 6265bis, 4.1.3)."""
    return f"__Host-{name}" if secure else name


def cookie(secure: bool, name: str, value: str, age_s: int | None = None) -> str:
    """A Set-Cookie header: no script reads it, no other site sends it.

    age_s: seconds for which it stays; None = until the browser closes, 0 = it goes.
    """
    parts = [f"{cookie_name(secure, name)}={value}", "HttpOnly", "Path=/", "SameSite=Strict"]
    if age_s is not None:
        parts.append(f"Max-Age={age_s}")
    if secure:
        parts.append("Secure")
    return "; ".join(parts)
