"""What happens around every request: an id, a limit, headers, and no failure that gets away with details."""

from collections.abc import Sequence

import structlog
from starlette.datastructures import Headers, MutableHeaders
from starlette.exceptions import HTTPException
from starlette.requests import HTTPConnection, Request
from starlette.types import ASGIApp, Message, Receive, Scope, Send

from shared.ids import new_id
from shared.web.language import SOURCE, speaking, wanted
from shared.web.problems import answer_to_failure

BODY_LIMIT = 1024 * 1024
UPLOAD_LIMIT = 11 * 1024 * 1024
"""A file of 10 MiB and the form around it."""

SECURITY_HEADERS = {
    "Content-Security-Policy": "default-src 'self'; base-uri 'none'; form-action 'self'; frame-ancestors 'none';"
    " object-src 'none'",
    "X-Content-Type-Options": "nosniff",
    # Not "no-referrer": browsers would then hide even from us that a form comes from a page of ours.
    "Referrer-Policy": "same-origin",
    "Cross-Origin-Opener-Policy": "same-origin",
    "Permissions-Policy": "camera=(), geolocation=(), microphone=()",
}


class RequestContext:
    """Gives each request an id, in its answer and in every log line, and answers when the application fails.

    languages are those that all pages of the application have.
    """

    def __init__(self, app: ASGIApp, languages: Sequence[str] = (SOURCE,)) -> None:
        self._app = app
        self._languages = languages

    async def __call__(self, scope: Scope, receive: Receive, send: Send) -> None:
        """One request."""
        if scope["type"] != "http":
            await self._app(scope, receive, send)
            return
        request_id = str(new_id())
        scope.setdefault("state", {})["request_id"] = request_id
        started = False

        async def send_with_headers(message: Message) -> None:
            nonlocal started
            if message["type"] == "http.response.start":
                started = True
                _complete(MutableHeaders(scope=message), request_id)
            await send(message)

        spoken = wanted(HTTPConnection(scope), self._languages)
        with structlog.contextvars.bound_contextvars(request_id=request_id), speaking(spoken):
            try:
                await self._app(scope, receive, send_with_headers)
            except Exception as error:  # noqa: BLE001 the outermost place: what is not answered here is not answered
                answer = answer_to_failure(Request(scope), error)
                if started:
                    raise ConnectionAbortedError("the answer broke off") from None
                await answer(scope, receive, send_with_headers)


class BodyLimit:
    """Refuses bodies that are larger than any command or upload."""

    def __init__(self, app: ASGIApp) -> None:
        self._app = app

    async def __call__(self, scope: Scope, receive: Receive, send: Send) -> None:
        """One request."""
        if scope["type"] != "http":
            await self._app(scope, receive, send)
            return
        headers = Headers(scope=scope)
        limit = UPLOAD_LIMIT if headers.get("content-type", "").startswith("multipart/form-data") else BODY_LIMIT
        declared = headers.get("content-length", "0")
        received = limit + 1 if _exceeds(declared, limit) else 0

        async def receive_limited() -> Message:
            nonlocal received
            if received <= limit:
                message = await receive()
                received += len(message.get("body", b""))
            if received > limit:
                raise HTTPException(413)
            return message

        await self._app(scope, receive_limited, send)


def _exceeds(declared: str, limit: int) -> bool:
    # Python refuses to read numbers of thousands of digits, and nobody needs it to.
    return declared.isdecimal() and (len(declared) > len(str(limit)) or int(declared) > limit)


def _complete(headers: MutableHeaders, request_id: str) -> None:
    headers["X-Request-Id"] = request_id
    for name, value in SECURITY_HEADERS.items():
        headers.setdefault(name, value)
    # Answers are about people: no cache between them and us keeps a copy, unless a route says otherwise.
    headers.setdefault("Cache-Control", "no-store")
