"""Sign-ins that an OpenID provider vouches for: begun in a browser, held here, ended by either side."""

from __future__ import annotations

import hashlib
import secrets
from dataclasses import dataclass
from datetime import timedelta

from sqlalchemy import delete, func, select
from sqlalchemy.ext.asyncio import AsyncSession

from shared.db import Database
from shared.identity.bearer import SIGN_IN_PREFIX, digest, new_token
from shared.identity.provider import Person, Provider
from shared.identity.refusals import NotSignedIn
from shared.identity.sign_in import LASTS, Signed
from shared.identity.tables import PendingSignIn, ProviderSignIn

PENDING = timedelta(minutes=15)


@dataclass(frozen=True, slots=True, kw_only=True)
class Returned:
    """Somebody who came back from the provider, and the page they wanted."""

    signed: Signed
    wanted: str


async def send_away(database: Database, provider: Provider, *, visitor: str, back: str, wanted: str) -> str:
    """Where this browser, known by the visitor's secret, goes to sign in; it comes back to the address back once."""
    state, nonce, verifier = (secrets.token_urlsafe(32) for _ in range(3))
    url = await provider.entrance(back, state=state, nonce=nonce, verifier=verifier)
    async with database.transaction() as session:
        now = (await session.execute(select(func.clock_timestamp()))).scalar_one()
        await session.execute(delete(PendingSignIn).where(PendingSignIn.expires_at < now))
        session.add(
            PendingSignIn(
                state_sha256=_sha256(state),
                visitor_sha256=_sha256(visitor),
                nonce=nonce,
                verifier=verifier,
                wanted=wanted,
                expires_at=now + PENDING,
            )
        )
    return url


async def come_back(
    database: Database, provider: Provider, *, visitor: str, back: str, state: str, code: str
) -> Returned:
    """The sign-in of who comes back; NotSignedIn unless this browser was sent away with this state, a first time."""
    async with database.transaction() as session:
        # Gone whatever comes of it: a state is good for one return.
        pending = await session.scalar(
            delete(PendingSignIn)
            .where(
                PendingSignIn.state_sha256 == _sha256(state),
                PendingSignIn.visitor_sha256 == _sha256(visitor),
                PendingSignIn.expires_at > func.clock_timestamp(),
            )
            .returning(PendingSignIn)
        )
    if pending is None:
        raise NotSignedIn("Masuk ini sudah kedaluwarsa atau dimulai di peramban lain. Silakan coba lagi.")
    person = await provider.person(code, back, nonce=pending.nonce, verifier=pending.verifier)
    async with database.transaction() as session:
        return Returned(signed=await _begin(session, provider.client_id, person), wanted=pending.wanted)


async def end_of(session: AsyncSession, token: str) -> None:
    """End the sign-in of this token."""
    await session.execute(delete(ProviderSignIn).where(ProviderSignIn.token_sha256 == digest(token)))


async def end_from_there(session: AsyncSession, client: str, subject: str | None, sid: str | None) -> None:
    """End what the provider has ended: a session of it, or where it names none, everything of a subject."""
    ended = ProviderSignIn.session_id == sid if sid else ProviderSignIn.subject == subject
    if sid and subject:
        ended = ended & (ProviderSignIn.subject == subject)
    await session.execute(delete(ProviderSignIn).where(ProviderSignIn.client == client, ended))


async def _begin(session: AsyncSession, client: str, person: Person) -> Signed:
    token = new_token(SIGN_IN_PREFIX)
    now = (await session.execute(select(func.clock_timestamp()))).scalar_one()
    session.add(
        ProviderSignIn(
            token_sha256=digest(token),
            actor_id=person.id,
            client=client,
            subject=person.subject,
            session_id=person.session,
            roles=sorted(person.roles),
            employee_id=person.employee_id,
            expires_at=now + LASTS,
        )
    )
    return Signed(token, now + LASTS)


def _sha256(secret: str) -> bytes:
    return hashlib.sha256(secret.encode()).digest()
