"""Shapes that more than one route takes."""

from __future__ import annotations

from typing import Annotated
from uuid import UUID

from fastapi import Depends, Query
from pydantic import BaseModel, ConfigDict, Field, StringConstraints

from shared.identity.actor import Role
from shared.lists import Page
from shared.web.requests import Commanding, Reading, may_command, may_read

AT_ONCE = 2_000

Line = Annotated[
    str, StringConstraints(strip_whitespace=True, min_length=1, max_length=200, pattern=r"^[^\x00-\x1f\x7f]*$")
]
"""One line of text that people read: no control characters, which a database may refuse."""

Cycle = Annotated[int, Field(ge=2000, le=2100)]
Ids = Annotated[frozenset[UUID], Field(min_length=1, max_length=AT_ONCE)]
AnyoneReads = Annotated[Reading, may_read()]
AnalystCommand = Annotated[Commanding, may_command(Role.ANALYST)]
AnyonesCommand = Annotated[Commanding, may_command()]


class Body(BaseModel):
    """What somebody sends: an unknown field is a mistake to be told."""

    model_config = ConfigDict(extra="forbid")


class Done(BaseModel):
    """How many records a command changed."""

    count: int


def page(before: UUID | None = None, limit: Annotated[int, Query(ge=1, le=500)] = 50) -> Page:
    """The part of a list that a request asks for, newest first."""
    return Page(before=before, limit=limit)


AskedPage = Annotated[Page, Depends(page)]
