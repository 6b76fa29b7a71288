"""Which routes an application has and who may use them, read from the application itself."""

import re
from collections.abc import Iterator
from enum import Enum
from typing import Literal

from fastapi import FastAPI
from fastapi.dependencies.models import Dependant
from fastapi.routing import RouteContext, iter_route_contexts
from starlette.routing import Mount

from shared.identity.actor import Role
from shared.identity.guard import Guard


class Public(Enum):
    """The mark of a route that anybody may use."""

    PUBLIC = "public"


PUBLIC = Public.PUBLIC
PUBLIC_ROUTES = re.compile(
    r"GET /|POST /[a-z]+/sessions|(GET|POST) /[a-z]+/pages/(sign-in|activate)|GET /[a-z]+/pages/sign-in/back|"
    r"POST /[a-z]+/back-channel-logout|GET /shell/language|MOUNT /static"
)
"""The whole list: home page (figures only), ways in, what the provider calls, choosing a language, static files."""


def guards(app: FastAPI) -> dict[str, frozenset[Role] | Literal[Public.PUBLIC]]:
    """Every guarded or public route (``POST /training/classes``) and its roles; an empty set is everybody signed in."""
    found: dict[str, frozenset[Role] | Literal[Public.PUBLIC]] = {}
    for name, guard in _routes(app):
        if guard is not None:
            found[name] = guard.roles
        elif PUBLIC_ROUTES.fullmatch(name):
            found[name] = PUBLIC
    return found


def unguarded_routes(app: FastAPI) -> list[str]:
    """Routes that have neither a guard nor a place on the public list: there must be none."""
    guarded = guards(app)
    return sorted({name for name, _ in _routes(app)} - set(guarded))


def _routes(app: FastAPI) -> Iterator[tuple[str, Guard | None]]:
    for route in iter_route_contexts(app.routes):
        guard = _guard(getattr(route, "dependant", None))
        for method in _methods(route):
            yield f"{method} {route.path}", guard


def _methods(route: RouteContext) -> list[str]:
    if isinstance(route.original_route, Mount):
        return ["MOUNT"]
    methods = set(route.methods or {"ANY"})
    return sorted(methods - {"HEAD"} if "GET" in methods else methods)


def _guard(dependant: Dependant | None) -> Guard | None:
    for dependency in dependant.dependencies if dependant else ():
        call: object = dependency.call
        if isinstance(call, Guard):
            return call
    return None
