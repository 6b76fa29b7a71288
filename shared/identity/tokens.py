"""Tokens for programs: named, with roles, an end, and a way to end them sooner."""

from __future__ import annotations

from collections.abc import Sequence
from datetime import timedelta

from sqlalchemy import func, select, update
from sqlalchemy.exc import IntegrityError
from sqlalchemy.ext.asyncio import AsyncSession

from shared import audit
from shared.errors import Conflict, Invalid, NotFound
from shared.identity.accounts import NAME, normalised
from shared.identity.actor import SYSTEM, Role
from shared.identity.bearer import MACHINE_PREFIX, digest, new_token
from shared.identity.tables import MachineToken
from shared.ids import new_id

LONGEST = timedelta(days=366)


async def issue_token(session: AsyncSession, name: str, roles: Sequence[Role], lasts: timedelta) -> str:
    """A new token, to be shown once: it cannot be found again."""
    name = normalised(name)
    if not NAME.fullmatch(name):
        raise Invalid("Nama token harus 3–64 karakter: huruf kecil, angka, titik, garis, atau @.")
    if not roles:
        raise Invalid("Token memerlukan sedikitnya satu peran.")
    if not timedelta() < lasts <= LONGEST:
        raise Invalid(f"Masa berlaku token harus 1–{LONGEST.days} hari.")
    token = new_token(MACHINE_PREFIX)
    now = (await session.execute(select(func.clock_timestamp()))).scalar_one()
    row = MachineToken(
        id=new_id(), name=name, token_sha256=digest(token), roles=sorted(set(roles)), expires_at=now + lasts
    )
    try:
        async with session.begin_nested():
            session.add(row)
    except IntegrityError:
        raise Conflict(f"Token {name} sudah ada dan belum dicabut.") from None
    audit.record(session, SYSTEM, "token_issued", "machine_token", row.id, {"roles": row.roles, "days": lasts.days})
    return token


async def list_tokens(session: AsyncSession) -> Sequence[MachineToken]:
    """All tokens, newest first, ended ones too."""
    return (await session.scalars(select(MachineToken).order_by(MachineToken.created_at.desc()))).all()


async def revoke_token(session: AsyncSession, name: str) -> None:
    """End a token at once."""
    revoked = await session.scalar(
        update(MachineToken)
        .where(MachineToken.name == normalised(name), MachineToken.revoked_at.is_(None))
        .values(revoked_at=func.clock_timestamp())
        .returning(MachineToken.id)
    )
    if revoked is None:
        raise NotFound(f"Token {normalised(name)} tidak ada atau sudah dicabut.")
    audit.record(session, SYSTEM, "token_revoked", "machine_token", revoked)
