"""The agency's OpenID provider: where people are sent to sign in, and what may be believed of the tokens it signs.

Loaded only where BANGKOM_OIDC_ISSUER names one. Every token is checked in one place, `Provider.checked`: signed by a
key of the provider with a public-key algorithm, from it, for us, and in time.
"""

from __future__ import annotations

import time
from collections.abc import Mapping
from dataclasses import dataclass
from typing import Any
from uuid import NAMESPACE_URL, UUID, uuid5

import httpx2
import structlog
from authlib.integrations.base_client.errors import OAuthError
from authlib.integrations.httpx_client import AsyncOAuth2Client
from joserfc import jwt
from joserfc.errors import JoseError
from joserfc.jwk import KeySet

from shared.errors import DomainError, NotAllowed
from shared.identity.actor import Actor, Role
from shared.identity.refusals import NotSignedIn
from shared.settings import Settings, WrongSetting

ALGORITHMS = ("RS256", "ES256", "PS256")
"""Signatures by a private key alone: with a shared secret, or none, anybody could write what our provider says."""
LEEWAY_SECONDS = 60
KEPT_SECONDS = 3_600.0
"""For how long the provider's addresses and keys are believed to be what they were."""
ASK_AGAIN_SECONDS = 30.0
"""A token with a key we do not know has us ask for new keys, but no more often than this."""
TIMEOUT_SECONDS = 10.0
SCOPE = "openid"
LOGOUT_EVENT = "http://schemas.openid.net/event/backchannel-logout"
OF_PROGRAMS = ("at+jwt", "application/at+jwt")
OF_PEOPLE = {"nonce", "sid", "employee_id"}
"""Claims that only tokens of people bear: a program is nobody's employee and has no session."""

log = structlog.get_logger()


class ProviderAway(DomainError):
    """The provider does not answer, or not as one."""

    status = 503
    code = "provider-away"


@dataclass(frozen=True, slots=True, kw_only=True)
class Person:
    """Who has signed in there: subject and session are the provider's words for them."""

    id: UUID
    subject: str
    session: str | None
    roles: frozenset[Role]
    employee_id: UUID | None


@dataclass(frozen=True, slots=True, kw_only=True)
class Known:
    """What the provider tells of itself, and when it was asked."""

    endpoints: Mapping[str, Any]
    keys: KeySet
    at: float


class Provider:
    """One OpenID provider, as one of its clients sees it; raises WrongSetting when the client is not named."""

    def __init__(self, settings: Settings) -> None:
        if not (settings.oidc_issuer and settings.oidc_client_id and settings.oidc_client_secret):
            raise WrongSetting("BANGKOM_OIDC_CLIENT_ID dan BANGKOM_OIDC_CLIENT_SECRET wajib diisi untuk OpenID.")
        self.client_id = settings.oidc_client_id
        self._issuer = settings.oidc_issuer
        self._inside = (settings.oidc_inside_url or settings.oidc_issuer).rstrip("/")
        self._secret = settings.oidc_client_secret
        self._known: Known | None = None

    async def entrance(self, back: str, *, state: str, nonce: str, verifier: str) -> str:
        """Where a browser goes to sign in; it comes back with a code and this state."""
        endpoints = (await self._now_known()).endpoints
        async with self._client(back) as client:
            url: str = client.create_authorization_url(
                endpoints["authorization_endpoint"], state=state, nonce=nonce, code_verifier=verifier
            )[0]
        return url

    async def person(self, code: str, back: str, *, nonce: str, verifier: str) -> Person:
        """Who the code stands for; NotSignedIn when it, or what the provider says, does not hold."""
        endpoints = (await self._now_known()).endpoints
        try:
            async with self._client(back) as client:
                told = await client.fetch_token(
                    endpoints["token_endpoint"], grant_type="authorization_code", code=code, code_verifier=verifier
                )
        except OAuthError as refused:
            log.warning("sign-in refused by the provider", error=refused.error)
            raise NotSignedIn("Penyedia identitas menolak masuk ini. Silakan coba lagi.") from None
        except (httpx2.HTTPError, ValueError) as error:
            raise _away(error) from None
        token = await self.checked(told.get("id_token"), nonce={"essential": True, "value": nonce})
        if token.claims.get("azp", self.client_id) != self.client_id:
            raise _refused("azp")
        return self._person(token.claims)

    async def program(self, text: str) -> Actor:
        """The program behind an access token; NotSignedIn for any other token, also that of a person."""
        token = await self.checked(text)
        is_access = str(token.header.get("typ")).lower() in OF_PROGRAMS or token.claims.get("typ") == "Bearer"
        if not is_access or OF_PEOPLE & token.claims.keys():
            raise _refused("not of a program")
        return Actor(id=self._id(token.claims), kind="TOKEN", roles=_roles(token.claims))

    async def ended(self, text: str) -> tuple[str | None, str | None]:
        """Whose sign-ins a logout token ends: a subject, a session, or both; NotSignedIn when it is none."""
        token = await self.checked(text, sub={})
        events, claims = token.claims.get("events"), token.claims
        if not isinstance(events, dict) or LOGOUT_EVENT not in events or "nonce" in claims:
            raise _refused("no logout")
        subject, session = claims.get("sub"), claims.get("sid")
        if not (subject or session):
            raise _refused("nobody's logout")
        return subject, session

    async def exit(self, back: str) -> str | None:
        """Where a browser goes to sign out there too, and comes back from; None when the provider has no such place."""
        endpoint = (await self._now_known()).endpoints.get("end_session_endpoint")
        if endpoint is None:
            return None
        return str(httpx2.URL(endpoint, params={"client_id": self.client_id, "post_logout_redirect_uri": back}))

    async def checked(self, text: object, **claims: Any) -> jwt.Token:
        """The token, if this provider signed it for us and it is in time; NotSignedIn otherwise."""
        if not isinstance(text, str):
            raise _refused("missing")
        wanted: dict[str, Any] = {
            "iss": {"essential": True, "value": self._issuer},
            "aud": {"essential": True, "value": self.client_id},
            "exp": {"essential": True},
            "iat": {"essential": True},
            "sub": {"essential": True},
            **claims,
        }
        try:
            token = await self._signed(text)
            jwt.JWTClaimsRegistry(leeway=LEEWAY_SECONDS, **wanted).validate(token.claims)
        except (JoseError, ValueError) as error:
            raise _refused(type(error).__name__) from None
        return token

    async def _signed(self, text: str) -> jwt.Token:
        known = await self._now_known()
        try:
            return jwt.decode(text, known.keys, algorithms=ALGORITHMS)
        except (JoseError, ValueError):
            # The provider may have changed its key since we asked.
            if time.monotonic() - known.at < ASK_AGAIN_SECONDS:
                raise
        return jwt.decode(text, (await self._ask()).keys, algorithms=ALGORITHMS)

    async def _now_known(self) -> Known:
        if self._known is None or time.monotonic() - self._known.at > KEPT_SECONDS:
            return await self._ask()
        return self._known

    async def _ask(self) -> Known:
        try:
            async with httpx2.AsyncClient(timeout=TIMEOUT_SECONDS) as client:
                endpoints = await _json(client, f"{self._inside}/.well-known/openid-configuration")
                keys = KeySet.import_key_set(await _json(client, endpoints["jwks_uri"]))
        except (httpx2.HTTPError, JoseError, ValueError, KeyError, TypeError) as error:
            raise _away(error) from None
        if endpoints.get("issuer") != self._issuer:
            log.error("the provider names another issuer than BANGKOM_OIDC_ISSUER")
            raise ProviderAway("Penyedia identitas tidak dikenali. Hubungi pengelola sistem.")
        self._known = Known(endpoints=endpoints, keys=keys, at=time.monotonic())
        return self._known

    def _client(self, back: str) -> Any:
        return AsyncOAuth2Client(
            self.client_id,
            self._secret.get_secret_value(),
            scope=SCOPE,
            redirect_uri=back,
            code_challenge_method="S256",
            timeout=TIMEOUT_SECONDS,
        )

    def _person(self, claims: Mapping[str, Any]) -> Person:
        roles = _roles(claims)
        if not roles:
            raise NotAllowed("Akun Anda belum diberi peran di Bangkom. Hubungi pengelola sistem.")
        employee = claims.get("employee_id")
        try:
            employee_id = UUID(employee) if employee else None
        except (ValueError, AttributeError, TypeError):
            raise NotAllowed("Akun Anda menunjuk pegawai yang tidak dapat dibaca. Hubungi pengelola sistem.") from None
        return Person(
            id=self._id(claims),
            subject=claims["sub"],
            session=claims.get("sid"),
            roles=roles,
            employee_id=employee_id,
        )

    def _id(self, claims: Mapping[str, Any]) -> UUID:
        """The same for every service, so that what somebody did in all of them can be found."""
        return uuid5(NAMESPACE_URL, f"{self._issuer}#{claims['sub']}")


async def _json(client: httpx2.AsyncClient, url: str) -> Any:
    answer = await client.get(url)
    answer.raise_for_status()
    return answer.json()


def _roles(claims: Mapping[str, Any]) -> frozenset[Role]:
    # A provider serves other applications too: roles that are not ours give no right.
    told = claims.get("roles")
    return frozenset(Role(role) for role in told if role in set(Role)) if isinstance(told, list) else frozenset()


def _refused(why: str) -> NotSignedIn:
    log.warning("token refused", why=why)
    return NotSignedIn("Sesi atau token tidak berlaku. Silakan masuk kembali.")


def _away(error: Exception) -> ProviderAway:
    log.error("the provider does not answer", error=type(error).__name__)
    return ProviderAway("Penyedia identitas tidak menjawab. Silakan coba lagi beberapa saat lagi.")
