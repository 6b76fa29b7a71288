"""A walk through the pages of an installation: every page of the matrix, found by following links."""

from __future__ import annotations

import re
from collections.abc import Iterable, Mapping
from urllib.parse import urlsplit

from shared.identity.actor import Role
from shared.web.guards import PUBLIC
from tests.browser.looking import Look, Window
from tests.browser.people import Account
from tests.security.matrix import MATRIX, Allowed

EXAMPLES = 2
"""How many pages are looked at of a route that shows one thing of many."""
OF_A_PERSON = frozenset({"GET /needs/pages/me", "GET /training/pages/me"})
"""Pages that accounts of offices do not have: they belong to nobody."""

PAGES: Mapping[str, Allowed] = {
    route: allowed
    for routes in MATRIX.values()
    for route, allowed in routes.items()
    if route == "GET /" or (route.startswith("GET ") and ("/pages/" in route or "/shell/" in route))
}


def is_one_of_many(route: str) -> bool:
    """Whether the route names a thing that it shows."""
    return "{" in route


def route_of(link: str) -> str | None:
    """The route that shows this address; None where no page of the matrix does."""
    path = urlsplit(link).path
    if f"GET {path}" in PAGES:
        return f"GET {path}"
    shapes = ((route, re.sub(r"\{\w+\}", "[^/]+", route)) for route in PAGES if is_one_of_many(route))
    return next((route for route, shape in shapes if re.fullmatch(shape, f"GET {path}")), None)


def starts_of(account: Account | None) -> list[str]:
    """Routes whose pages this account opens by their address; None is somebody without an account."""
    if account is None:
        return [route for route, allowed in PAGES.items() if allowed is PUBLIC]
    return [
        route
        for route, allowed in PAGES.items()
        if not is_one_of_many(route)
        and (route == "GET /" or (allowed is not PUBLIC and bool(allowed & account.roles)))
        and (account.personal or route not in OF_A_PERSON)
    ]


async def walk(window: Window, starts: Iterable[str]) -> dict[str, list[Look]]:
    """Look at these pages and at what they lead to, some of each kind; gives what was seen by route."""
    seen: dict[str, list[Look]] = {}
    waiting = [route.removeprefix("GET ") for route in starts]
    while waiting:
        path = waiting.pop(0)
        route = route_of(path)
        if route is None or len(seen.setdefault(route, [])) >= (EXAMPLES if is_one_of_many(route) else 1):
            continue
        if urlsplit(path).path in {urlsplit(look.path).path for look in seen[route]}:
            continue
        look = await window.look(path)
        seen[route].append(look)
        waiting += [link for link in look.links if is_one_of_many(route_of(link) or "")]
    return seen


def must_reach(sees_others: Mapping[str, frozenset[Role]], account: Account) -> set[str]:
    """Routes of one thing of many whose pages the account's role sees of everybody."""
    return {route for route, roles in sees_others.items() if route in PAGES and roles & account.roles}
