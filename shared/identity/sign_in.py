"""Signing in and out with a built-in account, and changing one's own password."""

from __future__ import annotations

from dataclasses import dataclass
from datetime import datetime, timedelta

from sqlalchemy import delete, func, select, text
from sqlalchemy.ext.asyncio import AsyncSession

from shared import audit
from shared.db import Database
from shared.errors import Invalid
from shared.identity import attempts
from shared.identity.accounts import end_sign_ins, normalised
from shared.identity.actor import Actor
from shared.identity.bearer import SIGN_IN_PREFIX, digest, new_token
from shared.identity.passwords import check_strength, hash_password, is_outdated, is_right
from shared.identity.refusals import NotSignedIn
from shared.identity.tables import Account, SignIn

LASTS = timedelta(hours=12)
"""However busy somebody is; who does nothing for an hour is signed out sooner (see shared.identity.bearer)."""
FORGET_SIGN_INS = text("DELETE FROM sign_ins WHERE expires_at < clock_timestamp()")
FORGET_OF_PROVIDER = text("DELETE FROM provider_sign_ins WHERE expires_at < clock_timestamp()")
FORGET_SLIPS = text("DELETE FROM activation_slips WHERE expires_at < clock_timestamp()")


@dataclass(frozen=True, slots=True)
class Signed:
    """A fresh sign-in: the only moment the token is known."""

    token: str
    expires_at: datetime


async def sign_in(database: Database, name: str, password: str, address: str | None = None) -> Signed:
    """A token for the account; NotSignedIn, alike for a wrong name, a wrong password and a disabled account.

    address is where the request comes from; TooManyAttempts after many failures of the name or from there.
    """
    account = await _proved(database, name, password, address)
    renewed = await hash_password(password) if is_outdated(account.password_hash) else account.password_hash
    async with database.transaction() as session:
        current = await _unchanged(session, account)
        current.password_hash = renewed
        await attempts.forgive(session, address, name)
        return await begin(session, current)


async def sign_out(session: AsyncSession, token: str) -> None:
    """End the sign-in of this token."""
    await session.execute(delete(SignIn).where(SignIn.token_sha256 == digest(token)))


async def change_own_password(
    database: Database, actor: Actor, old: str, new: str, address: str | None = None
) -> Signed:
    """A new password for who knows the old one: every sign-in of the account ends, and one new one begins."""
    async with database.session() as session:
        name = await session.scalar(select(Account.name).where(Account.id == actor.id))
    if name is None:
        raise NotSignedIn("Akun ini tidak ada lagi.")
    try:
        account = await _proved(database, name, old, address)
    except NotSignedIn:
        raise Invalid("Kata sandi yang sekarang salah.") from None
    check_strength(new, name)
    if new == old:
        raise Invalid("Kata sandi baru harus berbeda dari yang sekarang.")
    hashed = await hash_password(new)
    async with database.transaction() as session:
        current = await _unchanged(session, account)
        current.password_hash, current.must_change_password = hashed, False
        audit.record(session, actor, "password_changed", "account", current.id)
        await end_sign_ins(session, current.id)
        await attempts.forgive(session, address, name)
        return await begin(session, current)


async def begin(session: AsyncSession, account: Account) -> Signed:
    """A new sign-in of an account that has shown who it is; it replaces none."""
    token = new_token(SIGN_IN_PREFIX)
    now = (await session.execute(select(func.clock_timestamp()))).scalar_one()
    session.add(SignIn(token_sha256=digest(token), account_id=account.id, expires_at=now + LASTS))
    return Signed(token, now + LASTS)


async def forget_old(session: AsyncSession) -> None:
    """Remove sign-ins and slips that ended and attempts of days ago."""
    await session.execute(FORGET_SIGN_INS)
    await session.execute(FORGET_OF_PROVIDER)
    await session.execute(FORGET_SLIPS)
    await attempts.forget_old(session)


async def _proved(database: Database, name: str, password: str, address: str | None) -> Account:
    async with database.transaction() as session:
        wait = await attempts.count(session, address, name)
        account = await session.scalar(select(Account).where(Account.name == normalised(name)))
    if wait:
        raise attempts.too_many(wait)
    # No connection is held while the hash is computed: a flood of sign-ins must not starve the other requests.
    right = await is_right(account.password_hash if account else None, password)
    if account is None or not right or account.disabled_at is not None:
        raise NotSignedIn("Nama atau kata sandi salah.")
    return account


async def _unchanged(session: AsyncSession, account: Account) -> Account:
    # Between the look at the account and now somebody may have disabled it or changed its password.
    current = await session.get(Account, account.id, with_for_update=True)
    if current is None or current.disabled_at is not None or current.password_hash != account.password_hash:
        raise NotSignedIn("Nama atau kata sandi salah.")
    return current
