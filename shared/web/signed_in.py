"""Who looks at a page: found by the cookie of their sign-in and by nothing else, or sent to the sign-in page."""

from __future__ import annotations

import re
from urllib.parse import urlencode, urlsplit

from starlette.requests import Request

from shared.db import Database
from shared.errors import DomainError, NotAllowed
from shared.identity.actor import Actor
from shared.identity.bearer import actor_behind
from shared.identity.guard import LONGEST_TOKEN, Guard, provider_behind
from shared.web.frame import Shell

OWN_PAGE = re.compile(r"/[a-z]+/pages(/[A-Za-z0-9_-]+)+(\?[A-Za-z0-9_.=&%+-]*)?")
"""Where a sign-in may lead: pages of ours, and nothing that a browser could read as another host."""


class SignInFirst(DomainError):
    """Nobody is signed in, or no longer: the browser goes to the sign-in page and comes back from there."""

    status = 303
    code = "sign-in-first"

    def __init__(self, request: Request) -> None:
        super().__init__("Silakan masuk terlebih dahulu.")
        self.headers = {"Location": _entrance(request)}


class ChangePasswordBefore(DomainError):
    """The password was given by somebody else: every page leads to the one where it is changed."""

    status = 303
    code = "change-password-first"

    def __init__(self, shell: Shell) -> None:
        super().__init__("Ganti dahulu kata sandi pertama Anda.")
        self.headers = {"Location": shell.password}


class PageGuard(Guard):
    """A guard that never looks at the Authorization header: pages belong to browsers."""

    async def visitor(self, request: Request) -> tuple[Actor, str]:
        """The actor and the token of the sign-in; SignInFirst, ChangePasswordBefore or NotAllowed otherwise."""
        found = await signed_in(request)
        if found is None:
            raise SignInFirst(request)
        shell = shell_of(request)
        if found[0].must_change_password and request.url.path not in {shell.password, shell.leave}:
            raise ChangePasswordBefore(shell)
        if self.roles and not self.roles & found[0].roles:
            raise NotAllowed("Peran Anda tidak mencakup halaman ini.")
        return found


def shell_of(request: Request) -> Shell:
    """What the application shows its pages with."""
    shell: Shell = request.app.state.shell
    return shell


async def signed_in(request: Request) -> tuple[Actor, str] | None:
    """The person whose sign-in the browser sent, and its token."""
    token = shell_of(request).cookies.sign_in(request)
    if token is None or len(token) > LONGEST_TOKEN:
        return None
    database: Database = request.app.state.identity
    provider = provider_behind(request)
    async with database.transaction() as session:
        actor = await actor_behind(session, token, provider.client_id if provider else None)
    return (actor, token) if actor is not None else None


def _entrance(request: Request) -> str:
    shell = shell_of(request)
    question: dict[str, str] = {}
    if request.method == "GET":
        wanted = request.url.path + (f"?{request.url.query}" if request.url.query else "")
    else:
        # What was sent in a form is not sent again after signing in: the page that showed the form is.
        came_from = urlsplit(request.headers.get("referer", ""))
        wanted = came_from.path + (f"?{came_from.query}" if came_from.query else "")
        question["ended"] = "1"
    if OWN_PAGE.fullmatch(wanted):
        question["next"] = wanted
    return f"{shell.entrance}?{urlencode(question)}" if question else shell.entrance
