"""Signing in and out over the JSON interface, the same for every service."""

from __future__ import annotations

from datetime import datetime
from typing import Annotated

from fastapi import APIRouter, Depends
from pydantic import BaseModel, ConfigDict, Field, SecretStr
from starlette.requests import Request

from shared.db import Database
from shared.errors import Conflict
from shared.identity.actor import Actor
from shared.identity.guard import ActorGuard, address_of, bearer_token
from shared.identity.passwords import LONGEST
from shared.identity.sign_in import sign_in, sign_out


class SignInRequest(BaseModel):
    """Name and password of a built-in account."""

    model_config = ConfigDict(extra="forbid")

    name: str = Field(min_length=1, max_length=64)
    password: SecretStr = Field(min_length=1, max_length=LONGEST)


class SignedIn(BaseModel):
    """The token for the Authorization header, and until when it is good at most."""

    token: str
    expires_at: datetime


def session_routes(service: str) -> APIRouter:
    """The routes under which people sign in to a service that keeps accounts itself."""
    router = APIRouter(prefix=f"/{service}/sessions", tags=["sessions"])

    @router.post("", status_code=201)
    async def begin(body: SignInRequest, request: Request) -> SignedIn:
        signed = await sign_in(
            request.app.state.identity, body.name, body.password.get_secret_value(), address_of(request)
        )
        return SignedIn(token=signed.token, expires_at=signed.expires_at)

    @router.delete("", status_code=204)
    async def end(actor: Annotated[Actor, Depends(ActorGuard())], request: Request) -> None:
        if actor.kind != "ACCOUNT":
            raise Conflict("Token mesin dicabut oleh pengelola sistem, bukan dengan keluar.")
        database: Database = request.app.state.identity
        async with database.transaction() as session:
            await sign_out(session, bearer_token(request))

    return router
