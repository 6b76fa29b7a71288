"""Accounts to try Bangkom with: made in a simulation only, with one password that everybody may know."""

from __future__ import annotations

from collections.abc import Iterator
from dataclasses import dataclass
from uuid import UUID

from sqlalchemy import select, text
from sqlalchemy.ext.asyncio import AsyncSession

from shared.db import Database
from shared.errors import NotAllowed
from shared.identity.accounts import add_account
from shared.identity.actor import Role
from shared.identity.tables import Account

PASSWORD = "sekadar-mencoba-2026"  # noqa: S105 known to everybody on purpose: a simulation listens on this machine only

# The superior of some people who are on duty, one of those people, and somebody else of the same unit: rather of an
# office than of the whole agency, and always the same ones, since who has an account once keeps it.
TEAM = text(
    "SELECT s.id AS superior_id, min(e.id::text)::uuid AS employee_id, max(e.id::text)::uuid AS colleague_id"
    " FROM directory_employees e JOIN directory_employees s ON s.id = e.superior_id"
    " LEFT JOIN directory_units u ON u.id = s.unit_id"
    " WHERE e.legal_status = '01' AND s.legal_status = '01' AND e.unit_id = s.unit_id"
    " GROUP BY s.id, u.parent_id HAVING count(*) >= 3"
    " ORDER BY u.parent_id IS NULL, s.id LIMIT 1"
)


@dataclass(frozen=True, slots=True, kw_only=True)
class Cast:
    """The made-up people who get an account: an employee with their superior, staff of their unit, and a mentor."""

    employee_id: UUID | None = None
    superior_id: UUID | None = None
    unit_staff_id: UUID | None = None
    mentor_id: UUID | None = None


@dataclass(frozen=True, slots=True, kw_only=True)
class DemoAccount:
    """One account to try, and as whom."""

    name: str
    part: str
    roles: tuple[Role, ...]
    employee_id: UUID | None = None


async def cast_from(session: AsyncSession, mentor_id: UUID | None = None) -> Cast:
    """People of a service's directory who play the parts; nobody while the directory has no team."""
    team = (await session.execute(TEAM)).one_or_none()
    if team is None:
        return Cast(mentor_id=mentor_id)
    return Cast(
        employee_id=team.employee_id,
        superior_id=team.superior_id,
        unit_staff_id=team.colleague_id,
        mentor_id=mentor_id,
    )


async def ensure_demo_accounts(identity: Database, cast: Cast, *, simulation: bool) -> list[DemoAccount]:
    """Make those accounts that are not there yet, and give all of them; refused outside a simulation."""
    if not simulation:
        raise NotAllowed("Akun percobaan hanya dibuat dalam simulasi.")
    wanted = list(_accounts(cast))
    async with identity.transaction() as session:
        names = [account.name for account in wanted]
        there = set(await session.scalars(select(Account.name).where(Account.name.in_(names))))
        for account in wanted:
            if account.name not in there:
                await add_account(session, account.name, PASSWORD, account.roles, account.employee_id)
    return wanted


def told(accounts: list[DemoAccount]) -> list[str]:
    """The lines that tell an operator of them."""
    width = max(len(account.name) for account in accounts)
    lines = [f"  {account.name:<{width}}  {account.part}" for account in accounts]
    return [f"Akun untuk mencoba, semuanya dengan kata sandi {PASSWORD}:", *lines]


def _accounts(cast: Cast) -> Iterator[DemoAccount]:
    yield DemoAccount(name="analis", part="analis BKPSDM", roles=(Role.ANALYST,))
    yield DemoAccount(name="analis.kedua", part="analis yang mengonfirmasi penetapan", roles=(Role.ANALYST,))
    yield DemoAccount(name="penyelenggara", part="penyelenggara kelas", roles=(Role.ORGANISER,))
    yield DemoAccount(name="fasilitator", part="fasilitator kelas", roles=(Role.FACILITATOR,))
    yield DemoAccount(name="asesor", part="asesor kompetensi", roles=(Role.ASSESSOR,))
    yield DemoAccount(name="mitra", part="mitra penyedia pelatihan", roles=(Role.PARTNER,))
    yield DemoAccount(name="auditor", part="auditor", roles=(Role.AUDITOR,))
    yield DemoAccount(name="operator", part="operator sistem", roles=(Role.OPERATOR,))
    people = (
        ("pegawai", "seorang pegawai", (Role.EMPLOYEE,), cast.employee_id),
        ("atasan", "atasan langsungnya", (Role.EMPLOYEE, Role.COACH), cast.superior_id),
        ("pengelola", "pengelola kepegawaian unitnya", (Role.EMPLOYEE, Role.UNIT_STAFF), cast.unit_staff_id),
        ("mentor", "seorang mentor", (Role.EMPLOYEE, Role.MENTOR), cast.mentor_id),
    )
    for name, part, roles, employee_id in people:
        if employee_id is not None:
            yield DemoAccount(name=name, part=part, roles=roles, employee_id=employee_id)
