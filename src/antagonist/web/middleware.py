"""What holds for every response: headers, an id, a line in the log, a limit of size."""

from __future__ import annotations

import logging
import time
import uuid
from collections.abc import Awaitable, Callable, Mapping

from starlette.datastructures import MutableHeaders
from starlette.requests import Request
from starlette.responses import PlainTextResponse, Response
from starlette.types import ASGIApp, Message, Receive, Scope, Send

from antagonist.web.accounts.rules import rules

OnError = Callable[[Request, Exception], Awaitable[Response]]
LOG = logging.getLogger("antagonist.web")
POLICY = "; ".join(
    (
        "default-src 'none'", "script-src 'self'", "style-src 'self'", "img-src 'self' data:",
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
NO_STORE, STATIC = "no-store", "/static/"
# Files of ours are asked for with a digest of their content, so they never change.
FOR_GOOD = "public, max-age=31536000, immutable"
STRICT_TRANSPORT = "max-age=31536000; includeSubDomains"


class EveryResponse:
    """Outermost of all, so that errors of others get the same headers."""

    def __init__(self, app: ASGIApp, *, secure: bool, unexpected: OnError) -> None:
        self.app, self.secure, self.unexpected = app, secure, unexpected

    async def __call__(self, scope: Scope, receive: Receive, send: Send) -> None:
        """Serve a request."""
        if scope["type"] != "http":
            await self.app(scope, receive, send)
            return
        begun, found = time.perf_counter(), {"status": 500}
        scope.setdefault("state", {})["request_id"] = str(uuid.uuid4())

        async def sending(message: Message) -> None:
            if message["type"] == "http.response.start":
                found["status"] = message["status"]
                self._add(MutableHeaders(scope=message), scope["path"])
            await send(message)

        try:
            if _length(scope) > rules().request.most_bytes:
                await PlainTextResponse("request too large", 413)(scope, receive, sending)
                return
            await self.app(scope, _counted(receive), sending)
        except Exception as error:  # the last place where one can be answered
            answer = await self.unexpected(Request(scope, receive), error)
            await answer(scope, receive, sending)
        finally:
            _log(scope, found["status"], time.perf_counter() - begun)

    def _add(self, headers: MutableHeaders, path: str) -> None:
        for name, value in HEADERS.items():
            headers[name] = value
        headers["Cache-Control"] = FOR_GOOD if path.startswith(STATIC) else NO_STORE
        if self.secure:
            headers["Strict-Transport-Security"] = STRICT_TRANSPORT
        if "server" in headers:
            del headers["server"]


def _length(scope: Scope) -> int:
    for name, value in scope["headers"]:
        if name == b"content-length" and value.isdigit():
            return int(value)
    return 0


def _counted(receive: Receive) -> Receive:
    """A body that states no length is cut off where it gets too long."""
    total = 0

    async def receiving() -> Message:
        nonlocal total
        message = await receive()
        total += len(message.get("body", b""))
        if total > rules().request.most_bytes:
            return {"type": "http.disconnect"}
        return message

    return receiving


def _log(scope: Scope, status: int, took_s: float) -> None:
    """One line for each request: the route's template, never its ids, query or body."""
    route = scope.get("route")
    LOG.info(
        "request",
        extra={
            "request": scope["state"]["request_id"],
            "method": scope["method"],
            "route": getattr(route, "path", "static" if STATIC in scope["path"] else "none"),
            "status": status,
            "took_ms": round(took_s * 1000, 1),
            "address": (scope.get("client") or ("",))[0],
        },
    )
