"""A small OpenID provider on a port of this machine: it signs in whom it is told to, and what it is told to say."""

from __future__ import annotations

import asyncio
import base64
import hashlib
import hmac
import json
import secrets
import time
from collections.abc import AsyncIterator, Callable
from contextlib import asynccontextmanager
from typing import Any
from urllib.parse import urlencode

import httpx
import uvicorn
from joserfc import jwt
from joserfc.jwk import KeySet, RSAKey
from starlette.applications import Starlette
from starlette.requests import Request
from starlette.responses import JSONResponse, RedirectResponse, Response
from starlette.routing import Route

from shared.process import listen
from tests.servers.kafka import free_ports

CLIENT, SECRET = "bangkom-notes", "rahasia-klien"
KEY = RSAKey.generate_key(2048, {"kid": "satu", "use": "sig"}, private=True)
OTHER_KEY = RSAKey.generate_key(2048, {"kid": "dua", "use": "sig"}, private=True)
Claims = dict[str, Any]


class OpenIdProvider:
    """Its issuer; person are the claims of whoever signs in next, write makes the id token of them."""

    def __init__(self, port: int) -> None:
        self.root = f"http://127.0.0.1:{port}"
        self.issuer = f"{self.root}/realms/medan"
        self.key = KEY
        self.person: Claims = {"sub": "sari", "roles": ["analis", "peran-lain"]}
        self.write: Callable[[Claims], str] = self.sign
        self._codes: dict[str, dict[str, str]] = {}
        self.app = Starlette(
            routes=[
                Route("/realms/medan/.well-known/openid-configuration", self._tell),
                Route("/keys", self._show_keys),
                Route("/authorize", self._authorize),
                Route("/token", self._token, methods=["POST"]),
            ]
        )

    def claims(self, **more: Any) -> Claims:
        """What is true of every token it signs now."""
        now = int(time.time())
        return {"iss": self.issuer, "aud": CLIENT, "iat": now, "exp": now + 300, **more}

    def sign(self, claims: Claims) -> str:
        """The token, signed with its key."""
        return jwt.encode({"alg": "RS256", "kid": self.key.kid or ""}, claims, self.key)

    async def visit(self, url: str) -> str:
        """Where the provider sends the browser that comes to it at this address."""
        async with httpx.AsyncClient() as client:
            answer = await client.get(url)
        assert answer.status_code == 302, answer.text
        return answer.headers["location"]

    async def _tell(self, _: Request) -> Response:
        return JSONResponse(
            {
                "issuer": self.issuer,
                "authorization_endpoint": f"{self.root}/authorize",
                "token_endpoint": f"{self.root}/token",
                "jwks_uri": f"{self.root}/keys",
                "end_session_endpoint": f"{self.root}/logout",
            }
        )

    async def _show_keys(self, _: Request) -> Response:
        return JSONResponse(KeySet([self.key]).as_dict(private=False))

    async def _authorize(self, request: Request) -> Response:
        asked = request.query_params
        assert (asked["client_id"], asked["response_type"], asked["code_challenge_method"]) == (CLIENT, "code", "S256")
        code = secrets.token_urlsafe(16)
        self._codes[code] = dict(asked)
        return RedirectResponse(f"{asked['redirect_uri']}?{urlencode({'code': code, 'state': asked['state']})}", 302)

    async def _token(self, request: Request) -> Response:
        form = await request.form()
        asked = self._codes.pop(str(form.get("code")), None)
        basic = "Basic " + base64.b64encode(f"{CLIENT}:{SECRET}".encode()).decode()
        if (
            asked is None
            or request.headers.get("authorization") != basic
            or form.get("redirect_uri") != asked["redirect_uri"]
            or challenge(str(form.get("code_verifier"))) != asked["code_challenge"]
        ):
            return JSONResponse({"error": "invalid_grant"}, 400)
        id_token = self.write(self.claims(nonce=asked["nonce"], **self.person))
        return JSONResponse({"access_token": "tidak-dipakai", "token_type": "Bearer", "id_token": id_token})


def challenge(verifier: str) -> str:
    """What a verifier of PKCE was announced as."""
    return encoded(hashlib.sha256(verifier.encode()).digest())


def encoded(raw: bytes) -> str:
    """Base64 as tokens have it."""
    return base64.urlsafe_b64encode(raw).rstrip(b"=").decode()


def by_hand(header: Claims, claims: Claims, secret: bytes | None = None) -> str:
    """A token that no library would write: without a signature, or with one made by a secret."""
    signed = f"{encoded(json.dumps(header).encode())}.{encoded(json.dumps(claims).encode())}"
    mark = hmac.new(secret, signed.encode(), hashlib.sha256).digest() if secret else b""
    return f"{signed}.{encoded(mark)}"


def unsigned(claims: Claims) -> str:
    """A token that says it needs no signature."""
    return by_hand({"alg": "none", "typ": "JWT"}, claims)


def signed_with_public_key(claims: Claims) -> str:
    """A token whose secret is what everybody may know: the provider's public key."""
    return by_hand({"alg": "HS256", "kid": KEY.kid, "typ": "JWT"}, claims, KEY.as_pem(private=False))


def signed_by_another(claims: Claims) -> str:
    """A token with a key that bears the provider's name for its own."""
    return jwt.encode({"alg": "RS256", "kid": KEY.kid or ""}, claims, OTHER_KEY)


Wrong = Callable[[OpenIdProvider, Claims], str]
WRONG: dict[str, Wrong] = {
    "expired": lambda p, c: p.sign({**c, "exp": int(time.time()) - 61}),
    "of the future": lambda p, c: p.sign({**c, "iat": int(time.time()) + 120}),
    "without an end": lambda p, c: p.sign({k: v for k, v in c.items() if k != "exp"}),
    "of another issuer": lambda p, c: p.sign({**c, "iss": f"{p.root}/realms/kupang"}),
    "for another audience": lambda p, c: p.sign({**c, "aud": "bangkom-training"}),
    "without algorithm": lambda _, c: unsigned(c),
    "signed with the public key as secret": lambda _, c: signed_with_public_key(c),
    "signed by somebody else": lambda _, c: signed_by_another(c),
    "of nobody": lambda p, c: p.sign({k: v for k, v in c.items() if k != "sub"}),
    "no token": lambda _, __: "bukan-token",
}
"""Tokens that nobody may believe, whatever they are for."""


@asynccontextmanager
async def running_provider() -> AsyncIterator[OpenIdProvider]:
    """The provider while it answers."""
    (port,) = free_ports(1)
    provider = OpenIdProvider(port)
    server = uvicorn.Server(uvicorn.Config(provider.app, log_config=None, lifespan="off", access_log=False))
    serving = asyncio.create_task(server.serve(sockets=[listen("127.0.0.1", port, "port")]))
    try:
        yield provider
    finally:
        server.should_exit = True
        await serving
