"""What the routes have in common."""

from __future__ import annotations

from typing import Annotated
from uuid import UUID

from fastapi import Depends, Query
from pydantic import BaseModel, ConfigDict

from shared.identity.actor import Role
from shared.lists import Page
from shared.web.requests import Commanding, Reading, may_command, may_read

MANY = 1_000
"""Lines of one list that is sent whole: all of it or nothing."""


def page(before: UUID | None = None, limit: Annotated[int, Query(ge=1, le=200)] = 50) -> Page:
    """The part of a list that a request asks for."""
    return Page(before=before, limit=limit)


AskedPage = Annotated[Page, Depends(page)]
AnyoneReads = Annotated[Reading, may_read()]
AnyoneCommands = Annotated[Commanding, may_command()]
AnalystCommands = Annotated[Commanding, may_command(Role.ANALYST)]


class Body(BaseModel):
    """What people send; a field it does not name is refused."""

    model_config = ConfigDict(extra="forbid", frozen=True)


class View(BaseModel):
    """What people get, made of a row."""

    model_config = ConfigDict(from_attributes=True)
