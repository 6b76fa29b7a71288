"""Accounts, sign-ins and machine tokens: a lineage of its own, since all services of one process share them."""

from __future__ import annotations

from datetime import datetime
from pathlib import Path
from uuid import UUID

from sqlalchemy import ForeignKey, Index, LargeBinary, MetaData, Text, false, func, text
from sqlalchemy.dialects.postgresql import ARRAY
from sqlalchemy.orm import DeclarativeBase, Mapped, mapped_column

from shared.db import KERNEL, NAMING, TYPES, Lineage

IDENTITY = Lineage(name="identity", versions=Path(__file__).parent / "migrations" / "versions")
IDENTITY_LINEAGES = (KERNEL, IDENTITY)
"""What a database of identity alone follows: of the kernel it uses the audit log."""

IDENTITY_TYPES = {**TYPES, bytes: LargeBinary(), list[str]: ARRAY(Text())}


class IdentityBase(DeclarativeBase):
    """Tables of the identity database."""

    metadata = MetaData(naming_convention=NAMING)
    type_annotation_map = IDENTITY_TYPES


class Account(IdentityBase):
    """One person who signs in here with a name and a password."""

    __tablename__ = "accounts"

    id: Mapped[UUID] = mapped_column(primary_key=True)
    name: Mapped[str] = mapped_column(unique=True)
    password_hash: Mapped[str]
    roles: Mapped[list[str]]
    employee_id: Mapped[UUID | None] = mapped_column(index=True)
    disabled_at: Mapped[datetime | None]
    must_change_password: Mapped[bool] = mapped_column(default=False, server_default=false())
    created_at: Mapped[datetime] = mapped_column(server_default=func.clock_timestamp())


class FailedSignIns(IdentityBase):
    """Tries in vain by name, or by address; of names without account too: the delay must not tell them apart."""

    __tablename__ = "failed_sign_ins"
    __table_args__ = (Index("ix_failed_sign_ins_last_at", "last_at"),)

    name_sha256: Mapped[bytes] = mapped_column(primary_key=True)
    attempts: Mapped[int]
    last_at: Mapped[datetime]
    wait_until: Mapped[datetime]


class SignIn(IdentityBase):
    """One sign-in. Whoever reads this table cannot act with it: only the hash of the token is here."""

    __tablename__ = "sign_ins"
    __table_args__ = (Index("ix_sign_ins_expires_at", "expires_at"),)

    token_sha256: Mapped[bytes] = mapped_column(primary_key=True)
    account_id: Mapped[UUID] = mapped_column(ForeignKey("accounts.id", ondelete="CASCADE"), index=True)
    created_at: Mapped[datetime] = mapped_column(server_default=func.clock_timestamp())
    last_used_at: Mapped[datetime] = mapped_column(server_default=func.clock_timestamp())
    expires_at: Mapped[datetime]


class ActivationSlip(IdentityBase):
    """A code on paper with which the owner of an account sets the first password, once."""

    __tablename__ = "activation_slips"

    code_sha256: Mapped[bytes] = mapped_column(primary_key=True)
    account_id: Mapped[UUID] = mapped_column(ForeignKey("accounts.id", ondelete="CASCADE"), unique=True)
    created_at: Mapped[datetime] = mapped_column(server_default=func.clock_timestamp())
    expires_at: Mapped[datetime]


class PendingSignIn(IdentityBase):
    """A browser that was sent to the OpenID provider and may come back once, to the page it wanted."""

    __tablename__ = "pending_sign_ins"
    __table_args__ = (Index("ix_pending_sign_ins_expires_at", "expires_at"),)

    state_sha256: Mapped[bytes] = mapped_column(primary_key=True)
    visitor_sha256: Mapped[bytes]
    nonce: Mapped[str]
    verifier: Mapped[str]
    wanted: Mapped[str]
    expires_at: Mapped[datetime]


class ProviderSignIn(IdentityBase):
    """One sign-in that an OpenID provider vouches for, with the roles and the employee it named then.

    client is ours there: services that share this table are different clients and may be told different roles.
    """

    __tablename__ = "provider_sign_ins"
    __table_args__ = (Index("ix_provider_sign_ins_expires_at", "expires_at"),)

    token_sha256: Mapped[bytes] = mapped_column(primary_key=True)
    actor_id: Mapped[UUID]
    client: Mapped[str]
    subject: Mapped[str] = mapped_column(index=True)
    session_id: Mapped[str | None] = mapped_column(index=True)
    roles: Mapped[list[str]]
    employee_id: Mapped[UUID | None] = mapped_column(index=True)
    created_at: Mapped[datetime] = mapped_column(server_default=func.clock_timestamp())
    last_used_at: Mapped[datetime] = mapped_column(server_default=func.clock_timestamp())
    expires_at: Mapped[datetime]


class MachineToken(IdentityBase):
    """A program's right to act, under a name of its own."""

    __tablename__ = "machine_tokens"
    __table_args__ = (
        Index("uq_machine_tokens_name", "name", unique=True, postgresql_where=text("revoked_at IS NULL")),
    )

    id: Mapped[UUID] = mapped_column(primary_key=True)
    name: Mapped[str]
    token_sha256: Mapped[bytes] = mapped_column(unique=True)
    roles: Mapped[list[str]]
    created_at: Mapped[datetime] = mapped_column(server_default=func.clock_timestamp())
    expires_at: Mapped[datetime]
    revoked_at: Mapped[datetime | None]
