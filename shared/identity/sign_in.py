"""Signing in and out with a built-in account."""

from __future__ import annotations

from dataclasses import dataclass
from datetime import datetime, timedelta

from sqlalchemy import delete, func, select, text
from sqlalchemy.ext.asyncio import AsyncSession

from shared.db import Database
from shared.identity.accounts import name_digest, normalised
from shared.identity.bearer import SIGN_IN_PREFIX, digest, new_token
from shared.identity.passwords import hash_password, is_outdated, is_right
from shared.identity.refusals import NotSignedIn, TooManyAttempts
from shared.identity.tables import Account, FailedSignIns, SignIn

LASTS = timedelta(hours=12)
FREE_ATTEMPTS = 5
LONGEST_WAIT_SECONDS = 900
FORGIVEN_AFTER = timedelta(hours=24)

# The attempt is counted before the password is looked at: guesses sent at the same time count like any others.
COUNT_ATTEMPT = text(
    "INSERT INTO failed_sign_ins AS failed (name_sha256, attempts, last_at, wait_until)"
    " VALUES (:name, 1, clock_timestamp(), clock_timestamp())"
    " ON CONFLICT (name_sha256) DO UPDATE SET attempts = failed.attempts + 1, last_at = clock_timestamp(),"
    "  wait_until = clock_timestamp() + make_interval(secs => CASE WHEN failed.attempts + 1 < :free THEN 0"
    "   ELSE least(:longest, power(2, least(failed.attempts + 1 - :free, 20))) END)"
    " WHERE failed.wait_until <= clock_timestamp() RETURNING true"
)
STILL_WAITS = text(
    "SELECT CAST(ceil(extract(epoch FROM wait_until - clock_timestamp())) AS int)"
    " FROM failed_sign_ins WHERE name_sha256 = :name"
)
FORGET_SIGN_INS = text("DELETE FROM sign_ins WHERE expires_at < clock_timestamp()")
FORGET_ATTEMPTS = text("DELETE FROM failed_sign_ins WHERE last_at < clock_timestamp() - CAST(:after AS interval)")


@dataclass(frozen=True, slots=True)
class Signed:
    """A fresh sign-in: the only moment the token is known."""

    token: str
    expires_at: datetime


async def sign_in(database: Database, name: str, password: str) -> Signed:
    """A token for the account; NotSignedIn, alike for a wrong name, a wrong password and a disabled account."""
    name_sha256 = name_digest(name)
    async with database.transaction() as session:
        counted = await session.scalar(
            COUNT_ATTEMPT, {"name": name_sha256, "free": FREE_ATTEMPTS, "longest": LONGEST_WAIT_SECONDS}
        )
        account = await session.scalar(select(Account).where(Account.name == normalised(name)))
        waits = 0 if counted else await session.scalar(STILL_WAITS, {"name": name_sha256})
    if not counted:
        raise TooManyAttempts("Terlalu banyak percobaan. Silakan tunggu sebentar.", wait_seconds=max(1, waits or 1))
    # No connection is held while the hash is computed: a flood of sign-ins must not starve the other requests.
    right = await is_right(account.password_hash if account else None, password)
    if account is None or not right or account.disabled_at is not None:
        raise NotSignedIn("Nama atau kata sandi salah.")
    renewed = await hash_password(password) if is_outdated(account.password_hash) else account.password_hash
    async with database.transaction() as session:
        return await _begin(session, account, renewed, name_sha256)


async def sign_out(session: AsyncSession, token: str) -> None:
    """End the sign-in of this token."""
    await session.execute(delete(SignIn).where(SignIn.token_sha256 == digest(token)))


async def forget_old(session: AsyncSession) -> None:
    """Remove sign-ins that ended and attempts of days ago."""
    await session.execute(FORGET_SIGN_INS)
    await session.execute(FORGET_ATTEMPTS, {"after": FORGIVEN_AFTER})


async def _begin(session: AsyncSession, account: Account, password_hash: str, name_sha256: bytes) -> Signed:
    # Between the look at the account and now somebody may have disabled it or changed its password.
    current = await session.get(Account, account.id, with_for_update=True)
    if current is None or current.disabled_at is not None or current.password_hash != account.password_hash:
        raise NotSignedIn("Nama atau kata sandi salah.")
    current.password_hash = password_hash
    token = new_token(SIGN_IN_PREFIX)
    now = (await session.execute(select(func.clock_timestamp()))).scalar_one()
    session.add(SignIn(token_sha256=digest(token), account_id=current.id, expires_at=now + LASTS))
    await session.execute(delete(FailedSignIns).where(FailedSignIns.name_sha256 == name_sha256))
    return Signed(token, now + LASTS)
