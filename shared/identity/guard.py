"""The guard a route stands behind: it finds the actor, checks the roles, and fails closed."""

from __future__ import annotations

from typing import TYPE_CHECKING

from starlette.requests import Request

from shared.db import Database
from shared.errors import NotAllowed
from shared.identity.actor import Actor, Role
from shared.identity.bearer import actor_behind
from shared.identity.refusals import ChangePasswordFirst, NotSignedIn

if TYPE_CHECKING:
    from shared.identity.provider import Provider

LONGEST_TOKEN = 200
LONGEST_SIGNED = 8_000
"""Characters of a token that an OpenID provider has signed; it says in itself what it is good for."""
DOTS_OF_SIGNED = 2


class Guard:
    """Lets actors in who have one of the roles; without roles, everybody signed in."""

    def __init__(self, *roles: Role) -> None:
        self.roles = frozenset(roles)

    async def actor(self, request: Request) -> Actor:
        """The actor behind the request; NotSignedIn, ChangePasswordFirst or NotAllowed otherwise."""
        actor = await authenticate(request)
        if actor.must_change_password:
            raise ChangePasswordFirst("Ganti dahulu kata sandi pertama Anda, dengan masuk lewat peramban.")
        if self.roles and not self.roles & actor.roles:
            raise NotAllowed("Peran Anda tidak mencakup tindakan ini.")
        return actor


class ActorGuard(Guard):
    """A guard that hands the actor alone to the route."""

    async def __call__(self, request: Request) -> Actor:
        """The actor, as a dependency of a route."""
        return await self.actor(request)


async def authenticate(request: Request) -> Actor:
    """The actor whose token the Authorization header carries."""
    token, provider = bearer_token(request), provider_behind(request)
    if provider is not None and token.count(".") == DOTS_OF_SIGNED:
        return await provider.program(token)
    database: Database = request.app.state.identity
    async with database.transaction() as session:
        actor = await actor_behind(session, token, provider.client_id if provider else None)
    if actor is None:
        raise NotSignedIn("Sesi atau token tidak berlaku lagi. Silakan masuk kembali.")
    return actor


def provider_behind(request: Request) -> Provider | None:
    """The OpenID provider of this application, if it has one."""
    return getattr(request.app.state, "provider", None)


def bearer_token(request: Request) -> str:
    """The token of the Authorization header."""
    scheme, _, token = request.headers.get("authorization", "").partition(" ")
    token = token.strip()
    longest = LONGEST_SIGNED if provider_behind(request) else LONGEST_TOKEN
    if scheme.lower() != "bearer" or not token or len(token) > longest:
        raise NotSignedIn("Silakan masuk terlebih dahulu.")
    return token


def address_of(request: Request) -> str | None:
    """Where a request comes from: the address that the gateway names, or of whoever connects."""
    return request.client.host if request.client else None
