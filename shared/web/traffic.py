"""Counts requests and how long their answers take, by the template of the route and never by what fills it."""

from __future__ import annotations

import time
from collections.abc import Iterable
from http import HTTPStatus

from fastapi.routing import iter_route_contexts
from starlette.routing import BaseRoute
from starlette.types import ASGIApp, Message, Receive, Scope, Send

from shared import metrics

STATIC = "/static"
UNMATCHED = ("OTHER", "unmatched")
"""Method and route of requests that meet none: whatever strangers ask for makes one series, not one each."""
FAILED = "5xx"
HUNDRED = 100

Template = tuple[str, frozenset[str]]
"""What a route is called, and its methods."""


class Traffic:
    """Stands around everything else of an application, so that failures are counted too."""

    def __init__(self, app: ASGIApp, service: str) -> None:
        self._app = app
        self._service = service
        self._templates = Templates()

    async def __call__(self, scope: Scope, receive: Receive, send: Send) -> None:
        """One request."""
        if scope["type"] != "http":
            await self._app(scope, receive, send)
            return
        began = time.perf_counter()
        status: int = HTTPStatus.INTERNAL_SERVER_ERROR

        async def send_and_note(message: Message) -> None:
            nonlocal status
            if message["type"] == "http.response.start":
                status = message["status"]
            await send(message)

        try:
            await self._app(scope, receive, send_and_note)
        finally:
            method, route = self._templates.of(scope)
            # There with the first request, since a counter that appears with its first failure shows no increase.
            metrics.HTTP_REQUESTS.labels(self._service, method, route, FAILED)
            metrics.HTTP_REQUESTS.labels(self._service, method, route, f"{status // HUNDRED}xx").inc()
            metrics.HTTP_SECONDS.labels(self._service, method, route).observe(time.perf_counter() - began)


class Templates:
    """What requests are called in figures and traces."""

    def __init__(self) -> None:
        self._known: dict[int, Template] = {}

    def of(self, scope: Scope) -> tuple[str, str]:
        """Method and template of a request that was answered; a method that its route does not have meets none."""
        # Routes are all there once somebody asks.
        self._known = self._known or templates(scope["app"].routes)
        method: str = scope["method"]
        path, methods = self._known.get(id(scope.get("route")), (STATIC, frozenset[str]()))
        if method in methods:
            return method, path
        return ("GET", STATIC) if scope["path"].startswith(f"{STATIC}/") else UNMATCHED


def templates(routes: Iterable[BaseRoute]) -> dict[int, Template]:
    """The whole path and the methods of each route, by its identity: a route itself knows its part of the path only."""
    return {
        id(route.original_route): (route.path, frozenset(route.methods))
        for route in iter_route_contexts(list(routes))
        if route.path and route.methods
    }
