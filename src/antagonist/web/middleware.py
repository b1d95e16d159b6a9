"""What holds for every response: headers, an id, a line in the log, a limit of size."""

from __future__ import annotations

import time
import uuid
from collections.abc import Awaitable, Callable, Mapping

from starlette.datastructures import MutableHeaders
from starlette.exceptions import HTTPException
from starlette.requests import Request
from starlette.responses import Response
from starlette.types import ASGIApp, Message, Receive, Scope, Send

from antagonist.web.accounts.rules import rules
from antagonist.web.cookies import SESSION, cookie
from antagonist.web.logs import LOG, STATIC, fields_of

OnError = Callable[[Request, Exception], Awaitable[Response]]
POLICY = "; ".join(
    (
        "default-src 'none'", "script-src 'self'", "style-src 'self'", "img-src 'self'",
        "font-src 'self'", "connect-src 'self'", "manifest-src 'self'", "form-action 'self'",
        "base-uri 'none'", "object-src 'none'", "frame-ancestors 'none'",
    )
)  # fmt: skip
HEADERS: Mapping[str, str] = {
    "Content-Security-Policy": POLICY,
    "X-Content-Type-Options": "nosniff",
    "Referrer-Policy": "no-referrer",
    "Cross-Origin-Opener-Policy": "same-origin",
    "Cross-Origin-Resource-Policy": "same-origin",
    "Permissions-Policy": "camera=(), geolocation=(), microphone=(), payment=(), usb=()",
}
NO_STORE, FOUND = "no-store", (200, 206, 304)
# Files of ours are asked for with a digest of their content, so they never change.
FOR_GOOD, DIGEST = "public, max-age=31536000, immutable", b"v="
STRICT_TRANSPORT = "max-age=31536000; includeSubDomains"
TOO_LARGE = 413


class EveryResponse:
    """Outermost of all, so that errors of others get the same headers.

    outermost: makes the answer to an error that nothing inside has answered.
    """

    def __init__(self, app: ASGIApp, *, secure: bool, outermost: OnError) -> None:
        self.app, self.secure, self.outermost = app, secure, outermost

    async def __call__(self, scope: Scope, receive: Receive, send: Send) -> None:
        """Serve a request."""
        if scope["type"] != "http":
            await self.app(scope, receive, send)
            return
        begun, status = time.perf_counter(), 0
        scope.setdefault("state", {})["request_id"] = str(uuid.uuid4())

        async def sending(message: Message) -> None:
            nonlocal status
            if message["type"] == "http.response.start":
                status = message["status"]
                self._add(MutableHeaders(scope=message), scope, status)
            await send(message)

        try:
            if _has_two_lengths(scope):
                raise HTTPException(400, headers={"Connection": "close"})
            if _length(scope) > rules().request.most_bytes:
                raise HTTPException(TOO_LARGE)
            await self.app(scope, _counted(receive), sending)
        except Exception as error:
            answer = await self.outermost(Request(scope, receive), error)
            if not status:  # of a half-sent answer nothing can be taken back: it breaks off
                await answer(scope, receive, sending)
        finally:
            _log(scope, status or 500, time.perf_counter() - begun)

    def _add(self, headers: MutableHeaders, scope: Scope, status: int) -> None:
        for name, value in HEADERS.items():
            headers[name] = value
        ours = scope["path"].startswith(STATIC) and scope["query_string"].startswith(DIGEST)
        headers["Cache-Control"] = FOR_GOOD if ours and status in FOUND else NO_STORE
        if self.secure:
            headers["Strict-Transport-Security"] = STRICT_TRANSPORT
        if "server" in headers:
            del headers["server"]
        for value in scope["state"].get("renewed", ())[-1:]:
            headers.append("set-cookie", cookie(self.secure, SESSION, value))


def _has_two_lengths(scope: Scope) -> bool:
    """A proxy may read such a message otherwise than we do (RFC 9112, 6.1: refuse, and close)."""
    names = {name for name, _ in scope["headers"]}
    return {b"content-length", b"transfer-encoding"} <= names


def _length(scope: Scope) -> int:
    for name, value in scope["headers"]:
        if name == b"content-length" and value.isdigit():
            return int(value)
    return 0


def _counted(receive: Receive) -> Receive:
    """A body that states no length is refused where it gets too long."""
    total = 0

    async def receiving() -> Message:
        nonlocal total
        message = await receive()
        total += len(message.get("body", b""))
        if total > rules().request.most_bytes:
            raise HTTPException(TOO_LARGE)
        return message

    return receiving


def _log(scope: Scope, status: int, took_s: float) -> None:
    took = {"status": status, "took_ms": round(took_s * 1000, 1)}
    LOG.info("request", extra={**fields_of(Request(scope)), **took})
