"""Activation slips: a code on paper with which a person sets the first password of their account, once."""

from __future__ import annotations

import hashlib
import secrets
from collections.abc import Sequence
from dataclasses import dataclass
from datetime import datetime, timedelta
from uuid import UUID

from sqlalchemy import delete, func, select
from sqlalchemy.exc import IntegrityError
from sqlalchemy.ext.asyncio import AsyncSession

from shared import audit
from shared.db import Database
from shared.errors import Conflict, Invalid, NotFound
from shared.identity import attempts
from shared.identity.accounts import NAME, end_sign_ins, normalised
from shared.identity.actor import SYSTEM, Actor, Role
from shared.identity.passwords import check_strength, hash_password
from shared.identity.sign_in import Signed, begin
from shared.identity.tables import Account, ActivationSlip
from shared.ids import new_id

LETTERS = "23456789ABCDEFGHJKMNPQRSTUVWXYZ"
"""What nobody confuses with another when it is read from paper."""
GROUPS, IN_GROUP = 4, 4
LONGEST_DAYS = 14
NO_PASSWORD = ""
"""What stands for the hash of an account whose owner has not come yet; no password fits it."""


@dataclass(frozen=True, slots=True, kw_only=True)
class Invited:
    """Somebody who gets an account: under which name they sign in, what paper calls them, and whom it is about."""

    name: str
    person: str
    unit: str
    employee_id: UUID


@dataclass(frozen=True, slots=True, kw_only=True)
class Slip:
    """One slip: the only moment its code is known."""

    invited: Invited
    code: str
    expires_at: datetime


async def issue_slips(session: AsyncSession, people: Sequence[Invited], lasts: timedelta) -> list[Slip]:
    """A slip for everybody who has no password yet, with an account where there is none; earlier slips of theirs end.

    Who has a password, or an account that is disabled, gets none.
    """
    if not timedelta() < lasts <= timedelta(days=LONGEST_DAYS):
        raise Invalid(f"Masa berlaku kupon harus 1–{LONGEST_DAYS} hari.")
    there = await session.scalars(select(Account).where(Account.employee_id.in_([p.employee_id for p in people])))
    accounts = {account.employee_id: account for account in there}
    slips = []
    for person in people:
        account = accounts.get(person.employee_id) or _account_for(session, person)
        if account.password_hash == NO_PASSWORD and account.disabled_at is None:
            slips.append(await _issue(session, account, person, lasts))
    return slips


async def reissue_slip(session: AsyncSession, name: str, lasts: timedelta) -> Slip:
    """A slip for an account whose owner has forgotten the password, which is good until the slip is used."""
    account = await session.scalar(
        select(Account).where(Account.name == normalised(name), Account.disabled_at.is_(None))
    )
    if account is None:
        raise NotFound(f"Akun {normalised(name)} tidak ada atau nonaktif.")
    known = Invited(name=account.name, person=account.name, unit="", employee_id=account.employee_id or account.id)
    return await _issue(session, account, known, lasts)


async def activate(database: Database, code: str, password: str, address: str | None = None) -> Signed:
    """Set the password of the account the code is for, and sign in; Invalid, alike for a wrong, old and used code."""
    async with database.transaction() as session:
        wait = await attempts.count(session, address)
        slip = await session.get(ActivationSlip, code_digest(code))
        account = await session.get(Account, slip.account_id) if slip else None
    if wait:
        raise attempts.too_many(wait)
    check_strength(password, account.name if account else code)
    hashed = await hash_password(password)
    async with database.transaction() as session:
        used = delete(ActivationSlip).where(
            ActivationSlip.code_sha256 == code_digest(code), ActivationSlip.expires_at > func.clock_timestamp()
        )
        owner = await session.scalar(used.returning(ActivationSlip.account_id))
        current = await session.get(Account, owner, with_for_update=True) if owner else None
        if current is None or current.disabled_at is not None:
            raise Invalid("Kode ini salah, sudah dipakai, atau sudah lewat masa berlakunya.")
        current.password_hash, current.must_change_password = hashed, False
        await end_sign_ins(session, current.id)
        await attempts.forgive(session, address, current.name)
        actor = Actor(id=current.id, kind="ACCOUNT", roles=frozenset(), employee_id=current.employee_id)
        audit.record(session, actor, "account_activated", "account", current.id)
        return await begin(session, current)


def code_digest(code: str) -> bytes:
    """What is stored of a code. It has 79 random bits and lasts for days, so a plain hash is enough."""
    plain = "".join(letter for letter in code.upper() if letter.isalnum())
    return hashlib.sha256(plain.encode()).digest()


def new_code() -> str:
    """A code such as ``7KQM-2XRD-HV4T-9BCN``."""
    groups = ("".join(secrets.choice(LETTERS) for _ in range(IN_GROUP)) for _ in range(GROUPS))
    return "-".join(groups)


def _account_for(session: AsyncSession, person: Invited) -> Account:
    name = normalised(person.name)
    if not NAME.fullmatch(name):
        raise Invalid(f"{person.person}: nomor {person.name} tidak dapat menjadi nama masuk; buat akunnya dengan add.")
    account = Account(
        id=new_id(),
        name=name,
        password_hash=NO_PASSWORD,
        roles=[Role.EMPLOYEE],
        employee_id=person.employee_id,
    )
    session.add(account)
    audit.record(session, SYSTEM, "account_added", "account", account.id, {"roles": account.roles})
    return account


async def _issue(session: AsyncSession, account: Account, person: Invited, lasts: timedelta) -> Slip:
    try:
        await session.flush()
    except IntegrityError:
        raise Conflict(f"Nama akun {account.name} sudah dipakai akun lain.") from None
    await session.execute(delete(ActivationSlip).where(ActivationSlip.account_id == account.id))
    now = (await session.execute(select(func.clock_timestamp()))).scalar_one()
    code = new_code()
    session.add(ActivationSlip(code_sha256=code_digest(code), account_id=account.id, expires_at=now + lasts))
    audit.record(session, SYSTEM, "slip_issued", "account", account.id, {"days": lasts.days})
    return Slip(invited=person, code=code, expires_at=now + lasts)
