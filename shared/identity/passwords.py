"""Passwords: argon2id, hashed outside the event loop and never more than two at a time."""

from __future__ import annotations

import asyncio
import secrets
from concurrent.futures import ThreadPoolExecutor
from functools import cache

from argon2 import PasswordHasher
from argon2.exceptions import InvalidHashError, VerificationError

from shared.errors import Invalid

SHORTEST = 12
LONGEST = 128
FEWEST_DIFFERENT = 6
HASHER = PasswordHasher(time_cost=3, memory_cost=19 * 1024, parallelism=1)
"""Memory in KiB: strong enough for what OWASP asks, small enough that two at once leave a small machine alone."""
HASHERS = ThreadPoolExecutor(max_workers=2, thread_name_prefix="password")


def check_strength(password: str, name: str) -> None:
    """Refuse what is guessed first: short passwords, a few letters repeated, the name inside."""
    if not SHORTEST <= len(password) <= LONGEST:
        raise Invalid(f"Kata sandi harus {SHORTEST}–{LONGEST} karakter.")
    if len(set(password)) < FEWEST_DIFFERENT:
        raise Invalid(f"Kata sandi harus memuat sedikitnya {FEWEST_DIFFERENT} karakter yang berbeda.")
    if name in password.casefold():
        raise Invalid("Kata sandi tidak boleh memuat nama masuk.")


async def hash_password(password: str) -> str:
    """What is stored of a password."""
    return await asyncio.get_running_loop().run_in_executor(HASHERS, HASHER.hash, password)


async def is_right(stored: str | None, password: str) -> bool:
    """Whether the password fits; where nothing is stored, the same work is done and the answer is no."""
    return await asyncio.get_running_loop().run_in_executor(HASHERS, _verify, stored, password)


def is_outdated(stored: str) -> bool:
    """Whether the hash was made with weaker parameters than today's."""
    return HASHER.check_needs_rehash(stored)


def _verify(stored: str | None, password: str) -> bool:
    nobody = _hash_of_nobody()
    try:
        HASHER.verify(stored or nobody, password)
    except (VerificationError, InvalidHashError):
        return False
    return stored is not None


@cache
def _hash_of_nobody() -> str:
    return HASHER.hash(secrets.token_urlsafe(32))
