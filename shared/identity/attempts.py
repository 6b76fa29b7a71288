"""How often a name, or anybody at an address, may try in vain, and how long the next try has to wait."""

from __future__ import annotations

import hashlib
from dataclasses import dataclass
from datetime import timedelta
from ipaddress import ip_address, ip_network

from sqlalchemy import text
from sqlalchemy.ext.asyncio import AsyncSession

from shared.identity.accounts import name_digest
from shared.identity.refusals import TooManyAttempts


@dataclass(frozen=True, slots=True, kw_only=True)
class Limit:
    """So many failures cost nothing; then each doubles the wait up to the longest. Forgotten after the calm."""

    free: int
    longest_seconds: int
    calm: timedelta


OF_NAME = Limit(free=5, longest_seconds=900, calm=timedelta(hours=24))
OF_ADDRESS = Limit(free=50, longest_seconds=60, calm=timedelta(minutes=15))
"""Generous: a whole office may stand behind one address, and must not be kept out by one who guesses from there."""
LONGEST_CALM = max(OF_NAME.calm, OF_ADDRESS.calm)

# The attempt is counted before the password is looked at: guesses sent at the same time count like any others.
COUNT = text(
    "INSERT INTO failed_sign_ins AS failed (name_sha256, attempts, last_at, wait_until)"
    " VALUES (:key, 1, clock_timestamp(), clock_timestamp())"
    " ON CONFLICT (name_sha256) DO UPDATE SET last_at = clock_timestamp(),"
    "  attempts = CASE WHEN failed.last_at < clock_timestamp() - CAST(:calm AS interval) THEN 1"
    "   ELSE failed.attempts + 1 END,"
    "  wait_until = clock_timestamp() + make_interval(secs => CASE"
    "   WHEN failed.attempts + 1 < :free OR failed.last_at < clock_timestamp() - CAST(:calm AS interval) THEN 0"
    "   ELSE least(:longest, power(2, least(failed.attempts + 1 - :free, 20))) END)"
    " WHERE failed.wait_until <= clock_timestamp() RETURNING true"
)
STILL_WAITS = text(
    "SELECT CAST(ceil(extract(epoch FROM wait_until - clock_timestamp())) AS int)"
    " FROM failed_sign_ins WHERE name_sha256 = :key"
)
FORGIVE_NAME = text("DELETE FROM failed_sign_ins WHERE name_sha256 = :key")
TAKE_BACK = text(
    "UPDATE failed_sign_ins SET attempts = greatest(attempts - 1, 0), wait_until = clock_timestamp()"
    " WHERE name_sha256 = :key"
)
FORGET_OLD = text("DELETE FROM failed_sign_ins WHERE last_at < clock_timestamp() - CAST(:after AS interval)")


def too_many(wait_seconds: int) -> TooManyAttempts:
    """The refusal of a try that came too soon."""
    return TooManyAttempts("Terlalu banyak percobaan. Silakan tunggu sebentar.", wait_seconds=wait_seconds)


async def count(session: AsyncSession, address: str | None, name: str | None = None) -> int:
    """Count one try; how many seconds it came too soon, or 0. To be committed before anything is refused."""
    counted = [(_of_address(address), OF_ADDRESS)] if _is_elsewhere(address) else []
    if name is not None:
        counted.append((name_digest(name), OF_NAME))
    for key, limit in counted:
        given = {"key": key, "free": limit.free, "longest": limit.longest_seconds, "calm": limit.calm}
        if not await session.scalar(COUNT, given):
            return max(1, await session.scalar(STILL_WAITS, {"key": key}) or 1)
    return 0


async def forgive(session: AsyncSession, address: str | None, name: str | None = None) -> None:
    """The try went well: the failures of the name are forgotten, and this one is taken off the address."""
    if _is_elsewhere(address):
        await session.execute(TAKE_BACK, {"key": _of_address(address)})
    if name is not None:
        await session.execute(FORGIVE_NAME, {"key": name_digest(name)})


async def forget_old(session: AsyncSession) -> None:
    """Remove failures that count for nothing any more."""
    await session.execute(FORGET_OLD, {"after": LONGEST_CALM})


def _is_elsewhere(address: str | None) -> bool:
    # From this machine everybody comes who uses it: there the names alone are counted.
    try:
        return address is not None and not ip_address(address).is_loopback
    except ValueError:
        return False


def _of_address(address: str | None) -> bytes:
    found = ip_address(address or "")
    # Whoever has one address of version 6 has its whole network.
    place = str(ip_network(f"{found}/64", strict=False)) if found.version == 6 else str(found)  # noqa: PLR2004
    # No name has a capital letter once it is normalised, so nobody counts against an address by typing it as a name.
    return hashlib.sha256(f"Address {place}".encode()).digest()
