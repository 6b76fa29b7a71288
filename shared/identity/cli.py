"""Operator commands for accounts and machine tokens."""

from __future__ import annotations

import sys
from collections.abc import Awaitable, Callable
from contextlib import AbstractAsyncContextManager
from datetime import datetime, timedelta
from typing import Protocol, TypeVar
from uuid import UUID

import click
from sqlalchemy.ext.asyncio import AsyncSession

from shared.db import Database
from shared.identity.accounts import add_account, change_password, disable_account, list_accounts
from shared.identity.actor import Role
from shared.identity.slips import slips
from shared.identity.tokens import issue_token, list_tokens, revoke_token
from shared.operate.installation import execute

T = TypeVar("T")
ROLE = click.Choice([role.value for role in Role])
LASTING = click.option(
    "--lasting",
    is_flag=True,
    help="Kata sandi tidak perlu diganti pemiliknya saat pertama masuk, misalnya untuk program.",
)


class IdentityHolder(Protocol):
    """What the operator's program passes to these commands."""

    def identity(self) -> AbstractAsyncContextManager[Database]:
        """The identity database."""


def _run(holder: IdentityHolder, work: Callable[[AsyncSession], Awaitable[T]]) -> T:
    async def in_transaction() -> T:
        async with holder.identity() as database, database.transaction() as session:
            return await work(session)

    return execute(in_transaction())


def _ask_password() -> str:
    # Never an option: command lines stand in process lists and shell histories.
    if sys.stdin.isatty():
        password: str = click.prompt("Kata sandi", hide_input=True, confirmation_prompt="Ulangi kata sandi")
        return password
    return sys.stdin.readline().rstrip("\r\n")


def _moment(value: datetime | None) -> str:
    return f"{value:%Y-%m-%d %H:%M} UTC" if value else "-"


@click.group()
def accounts() -> None:
    """Akun bawaan: tambah, lihat, nonaktifkan, ganti kata sandi, cetak kupon aktivasi."""


accounts.add_command(slips)


@accounts.command("add")
@click.argument("name", metavar="NAMA")
@click.option("--role", "roles", type=ROLE, multiple=True, required=True, help="Peran; boleh diulang.")
@click.option("--employee-id", type=click.UUID, help="Id pegawai pemilik akun ini.")
@LASTING
@click.pass_obj
def add(holder: IdentityHolder, name: str, roles: tuple[str, ...], employee_id: UUID | None, *, lasting: bool) -> None:
    """Buat akun; kata sandi ditanyakan, atau dibaca dari masukan standar, dan diganti saat pertama masuk."""
    password, given = _ask_password(), [Role(role) for role in roles]
    _run(holder, lambda session: add_account(session, name, password, given, employee_id, must_change=not lasting))
    click.echo(f"Akun {name} dibuat.")


@accounts.command("list")
@click.pass_obj
def list_all_accounts(holder: IdentityHolder) -> None:
    """Tampilkan semua akun."""
    for account in _run(holder, list_accounts):
        state = f"nonaktif sejak {_moment(account.disabled_at)}" if account.disabled_at else "aktif"
        click.echo(f"{account.name}\t{', '.join(account.roles)}\t{state}\t{account.employee_id or '-'}")


@accounts.command("disable")
@click.argument("name", metavar="NAMA")
@click.pass_obj
def disable(holder: IdentityHolder, name: str) -> None:
    """Nonaktifkan akun dan akhiri semua sesinya."""
    _run(holder, lambda session: disable_account(session, name))
    click.echo(f"Akun {name} dinonaktifkan.")


@accounts.command("password")
@click.argument("name", metavar="NAMA")
@LASTING
@click.pass_obj
def password(holder: IdentityHolder, name: str, *, lasting: bool) -> None:
    """Ganti kata sandi dan akhiri semua sesinya; pemiliknya menggantinya lagi saat pertama masuk."""
    new = _ask_password()
    _run(holder, lambda session: change_password(session, name, new, must_change=not lasting))
    click.echo(f"Kata sandi {name} diganti.")


@click.group()
def tokens() -> None:
    """Token mesin: terbitkan, lihat, cabut."""


@tokens.command("issue")
@click.argument("name", metavar="NAMA")
@click.option("--role", "roles", type=ROLE, multiple=True, required=True, help="Peran; boleh diulang.")
@click.option("--days", type=click.IntRange(1, 366), default=90, show_default=True, help="Masa berlaku dalam hari.")
@click.pass_obj
def issue(holder: IdentityHolder, name: str, roles: tuple[str, ...], days: int) -> None:
    """Terbitkan token; hanya ditampilkan sekali."""
    lasts = timedelta(days=days)
    token = _run(holder, lambda session: issue_token(session, name, [Role(r) for r in roles], lasts))
    click.echo("Simpan token ini sekarang; token tidak dapat ditampilkan lagi.", err=True)
    click.echo(token)


@tokens.command("list")
@click.pass_obj
def list_all_tokens(holder: IdentityHolder) -> None:
    """Tampilkan semua token, tanpa isinya."""
    for token in _run(holder, list_tokens):
        state = f"dicabut {_moment(token.revoked_at)}" if token.revoked_at else f"sampai {_moment(token.expires_at)}"
        click.echo(f"{token.name}\t{', '.join(token.roles)}\t{state}")


@tokens.command("revoke")
@click.argument("name", metavar="NAMA")
@click.pass_obj
def revoke(holder: IdentityHolder, name: str) -> None:
    """Cabut token seketika."""
    _run(holder, lambda session: revoke_token(session, name))
    click.echo(f"Token {name} dicabut.")
