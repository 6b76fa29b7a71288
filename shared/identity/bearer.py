"""From the token that came with a request to the actor behind it."""

from __future__ import annotations

import hashlib
import secrets
from datetime import timedelta

from sqlalchemy import Row, text
from sqlalchemy.ext.asyncio import AsyncSession

from shared.identity.actor import Actor, Role

SIGN_IN_PREFIX = "bks_"
MACHINE_PREFIX = "bkm_"
IDLE = timedelta(hours=1)
TOUCH_EVERY = timedelta(minutes=1)
"""A use is noted once a minute, so that reading a page does not mean writing a row."""

SIGNED_IN = text(
    "SELECT accounts.id, roles, employee_id, must_change_password,"
    " last_used_at < clock_timestamp() - CAST(:touch AS interval) AS stale"
    " FROM sign_ins JOIN accounts ON accounts.id = account_id"
    " WHERE token_sha256 = :digest AND disabled_at IS NULL AND expires_at > clock_timestamp()"
    " AND last_used_at > clock_timestamp() - CAST(:idle AS interval)"
)
TOUCH = text("UPDATE sign_ins SET last_used_at = clock_timestamp() WHERE token_sha256 = :digest")
OF_PROVIDER = text(
    "SELECT actor_id AS id, roles, employee_id, false AS must_change_password,"
    " last_used_at < clock_timestamp() - CAST(:touch AS interval) AS stale"
    " FROM provider_sign_ins WHERE token_sha256 = :digest AND client = :client AND expires_at > clock_timestamp()"
    " AND last_used_at > clock_timestamp() - CAST(:idle AS interval)"
)
TOUCH_OF_PROVIDER = text("UPDATE provider_sign_ins SET last_used_at = clock_timestamp() WHERE token_sha256 = :digest")
MACHINE = text(
    "SELECT id, roles, NULL AS employee_id, false AS must_change_password FROM machine_tokens"
    " WHERE token_sha256 = :digest AND revoked_at IS NULL AND expires_at > clock_timestamp()"
)


def new_token(prefix: str) -> str:
    """A random token; the prefix lets scanners of leaked secrets recognise it."""
    return prefix + secrets.token_urlsafe(32)


def digest(token: str) -> bytes:
    """What is stored of a token. It has 256 random bits, so a plain hash is enough."""
    return hashlib.sha256(token.encode()).digest()


async def actor_behind(session: AsyncSession, token: str, client: str | None = None) -> Actor | None:
    """The actor a token stands for; nobody when it is unknown, expired, idle for too long, revoked or disabled.

    client is what we are to the OpenID provider: where there is one, it alone vouches for people.
    """
    if token.startswith(MACHINE_PREFIX):
        row = (await session.execute(MACHINE, {"digest": digest(token)})).one_or_none()
        return _actor(row, "TOKEN") if row else None
    parameters = {"digest": digest(token), "touch": TOUCH_EVERY, "idle": IDLE, "client": client}
    look, touch = (SIGNED_IN, TOUCH) if client is None else (OF_PROVIDER, TOUCH_OF_PROVIDER)
    row = (await session.execute(look, parameters)).one_or_none()
    if row is None:
        return None
    if row.stale:
        await session.execute(touch, {"digest": digest(token)})
    return _actor(row, "ACCOUNT")


def _actor(row: Row[tuple[object, ...]], kind: str) -> Actor:
    # A role this version does not know gives no right; it must not lock its owner out of the others.
    known = frozenset(Role(role) for role in row.roles if role in set(Role))
    return Actor(
        id=row.id,
        kind="TOKEN" if kind == "TOKEN" else "ACCOUNT",
        roles=known,
        employee_id=row.employee_id,
        must_change_password=row.must_change_password,
    )
