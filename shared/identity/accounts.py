"""The built-in accounts, as operators keep them."""

from __future__ import annotations

import hashlib
import re
from collections.abc import Sequence
from uuid import UUID

from sqlalchemy import delete, func, select
from sqlalchemy.exc import IntegrityError
from sqlalchemy.ext.asyncio import AsyncSession

from shared import audit
from shared.errors import Conflict, Invalid, NotFound
from shared.identity.actor import SYSTEM, Role
from shared.identity.passwords import check_strength, hash_password
from shared.identity.tables import Account, FailedSignIns, SignIn
from shared.ids import new_id

NAME = re.compile(r"[a-z0-9][a-z0-9._@-]{2,63}")


def normalised(name: str) -> str:
    """Names differ neither by case nor by blanks around them."""
    return name.strip().casefold()


def name_digest(name: str) -> bytes:
    """Under which failed attempts are counted: a mistyped name may be a password and is not kept."""
    return hashlib.sha256(normalised(name).encode()).digest()


async def add_account(
    session: AsyncSession,
    name: str,
    password: str,
    roles: Sequence[Role],
    employee_id: UUID | None = None,
    *,
    must_change: bool = False,
) -> UUID:
    """A new account that may sign in at once, and where somebody else knows its password must change that first."""
    name = normalised(name)
    if not NAME.fullmatch(name):
        raise Invalid("Nama masuk harus 3–64 karakter: huruf kecil, angka, titik, garis, atau @.")
    check_strength(password, name)
    account = Account(
        id=new_id(),
        name=name,
        password_hash=await hash_password(password),
        roles=sorted(set(roles)),
        employee_id=employee_id,
        must_change_password=must_change,
    )
    try:
        async with session.begin_nested():
            session.add(account)
    except IntegrityError:
        raise Conflict(f"Akun {name} sudah ada.") from None
    audit.record(session, SYSTEM, "account_added", "account", account.id, {"roles": account.roles})
    return account.id


async def list_accounts(session: AsyncSession) -> Sequence[Account]:
    """All accounts by name."""
    return (await session.scalars(select(Account).order_by(Account.name))).all()


async def disable_account(session: AsyncSession, name: str) -> None:
    """End all sign-ins of an account and refuse new ones."""
    account = await _account(session, name)
    if account.disabled_at is None:
        account.disabled_at = func.clock_timestamp()
    audit.record(session, SYSTEM, "account_disabled", "account", account.id)
    await end_sign_ins(session, account.id)


async def change_password(session: AsyncSession, name: str, password: str, *, must_change: bool = False) -> None:
    """A new password; whoever signed in with the old one is signed out, and waiting after failed attempts ends."""
    account = await _account(session, name)
    check_strength(password, account.name)
    account.password_hash, account.must_change_password = await hash_password(password), must_change
    audit.record(session, SYSTEM, "password_changed", "account", account.id)
    await end_sign_ins(session, account.id)
    await session.execute(delete(FailedSignIns).where(FailedSignIns.name_sha256 == name_digest(account.name)))


async def end_sign_ins(session: AsyncSession, account_id: UUID) -> None:
    """Sign an account out everywhere."""
    await session.execute(delete(SignIn).where(SignIn.account_id == account_id))


async def _account(session: AsyncSession, name: str) -> Account:
    account = await session.scalar(select(Account).where(Account.name == normalised(name)).with_for_update())
    if account is None:
        raise NotFound(f"Akun {normalised(name)} tidak ada.")
    return account
