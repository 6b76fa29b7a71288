"""Who comes in: the accounts of the demo, one for each role, and how they sign in."""

from __future__ import annotations

from dataclasses import dataclass

from playwright.async_api import Page

from shared.identity.actor import Role
from shared.identity.demo_accounts import PASSWORD
from tests.journeys.installations import Embedded

ASKED = "SELECT respondent_id::text FROM forms WHERE status = 'OPEN' ORDER BY answer_by DESC, id LIMIT 1"


@dataclass(frozen=True, slots=True)
class Account:
    """One account: an office's, which belongs to nobody, or that of an employee."""

    name: str
    roles: frozenset[Role]

    @property
    def personal(self) -> bool:
        return Role.EMPLOYEE in self.roles


def _account(name: str, *roles: Role) -> Account:
    return Account(name, frozenset(roles))


OFFICES = (
    _account("analis", Role.ANALYST),
    _account("penyelenggara", Role.ORGANISER),
    _account("fasilitator", Role.FACILITATOR),
    _account("asesor", Role.ASSESSOR),
    _account("mitra", Role.PARTNER),
    _account("auditor", Role.AUDITOR),
    _account("operator", Role.OPERATOR),
)
RESPONDENT = _account("penjawab", Role.EMPLOYEE)
PERSONAL = (
    _account("pegawai", Role.EMPLOYEE),
    _account("atasan", Role.EMPLOYEE, Role.COACH),
    _account("pengelola", Role.EMPLOYEE, Role.UNIT_STAFF),
    _account("mentor", Role.EMPLOYEE, Role.MENTOR),
    RESPONDENT,
)
EVERYONE = (*OFFICES, *PERSONAL)


def add_account(installation: Embedded, account: Account, employee_id: str | None = None) -> None:
    """Make an account by the operator's command."""
    roles = [part for role in sorted(account.roles) for part in ("--role", role.value)]
    owner = ["--employee-id", employee_id] if employee_id else []
    installation.command("needs", "accounts", "add", account.name, *roles, *owner, "--lasting", stdin=PASSWORD + "\n")


async def add_respondent(installation: Embedded) -> None:
    """Give somebody an account whose answer is asked for."""
    [(employee_id,)] = await installation.rows("evaluation", ASKED)
    add_account(installation, RESPONDENT, employee_id)


async def sign_in(page: Page, address: str, name: str, service: str = "needs") -> None:
    """Come in by the form of a service's sign-in page, as anybody does."""
    await page.goto(f"{address}/{service}/pages/sign-in")
    await page.get_by_label("Nama masuk").fill(name)
    await page.get_by_label("Kata sandi").fill(PASSWORD)
    async with page.expect_navigation():
        await page.get_by_role("button", name="Masuk").click()
    assert "/pages/sign-in" not in page.url, f"{name} could not sign in"
