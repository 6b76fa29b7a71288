"""What the routes of mentoring have in common: pages of lists, bodies, short texts, and who is let in."""

from __future__ import annotations

from typing import Annotated
from uuid import UUID

from fastapi import Depends, Query
from pydantic import BaseModel, ConfigDict, Field, StringConstraints

from shared.identity.actor import Role
from shared.lists import Page
from shared.web.requests import Commanding, Reading, may_command, may_read

MANY = 2_000
"""Rows of one list: more than a unit has pairs."""

AnyoneReads = Annotated[Reading, may_read()]
AnyoneCommands = Annotated[Commanding, may_command()]
AnalystReads = Annotated[Reading, may_read(Role.ANALYST, Role.AUDITOR)]
AnalystCommands = Annotated[Commanding, may_command(Role.ANALYST)]

Line = Annotated[str, StringConstraints(strip_whitespace=True, min_length=1, max_length=200)]
Words = Annotated[str, StringConstraints(strip_whitespace=True, min_length=1, max_length=2_000)]
Mark = Annotated[str, StringConstraints(strip_whitespace=True, min_length=3, max_length=100)]
"""The mark of a signed paper in the agency's files."""


class Body(BaseModel):
    """What people send; a field it does not name is refused."""

    model_config = ConfigDict(extra="forbid")


class Ids(Body):
    """A list that is taken whole or not at all."""

    ids: Annotated[tuple[UUID, ...], Field(min_length=1, max_length=MANY)]


class Counted(BaseModel):
    """How many things a command changed."""

    count: int


def page(before: UUID | None = None, limit: Annotated[int, Query(ge=1, le=200)] = 50) -> Page:
    """The part of a list that a request asks for."""
    return Page(before=before, limit=limit)


AskedPage = Annotated[Page, Depends(page)]
