"""The guard a route stands behind: it finds the actor, checks the roles, and fails closed."""

from __future__ import annotations

from starlette.requests import Request

from shared.db import Database
from shared.errors import NotAllowed
from shared.identity.actor import Actor, Role
from shared.identity.bearer import actor_behind
from shared.identity.refusals import ChangePasswordFirst, NotSignedIn

LONGEST_TOKEN = 200


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
    token = bearer_token(request)
    database: Database = request.app.state.identity
    async with database.transaction() as session:
        actor = await actor_behind(session, token)
    if actor is None:
        raise NotSignedIn("Sesi atau token tidak berlaku lagi. Silakan masuk kembali.")
    return actor


def bearer_token(request: Request) -> str:
    """The token of the Authorization header."""
    scheme, _, token = request.headers.get("authorization", "").partition(" ")
    token = token.strip()
    if scheme.lower() != "bearer" or not token or len(token) > LONGEST_TOKEN:
        raise NotSignedIn("Silakan masuk terlebih dahulu.")
    return token


def address_of(request: Request) -> str | None:
    """Where a request comes from: the address that the gateway names, or of whoever connects."""
    return request.client.host if request.client else None
