"""Shapes that routes of every service take: who is let in, the part of a list, bodies and forms."""

from __future__ import annotations

from typing import Annotated
from uuid import UUID

from fastapi import Depends, Query
from pydantic import BaseModel, ConfigDict, StringConstraints

from shared.identity.actor import Role
from shared.lists import Page
from shared.web.doing import Doing, may_do
from shared.web.requests import Commanding, Reading, may_command, may_read
from shared.web.seeing import Seeing, may_see

AnyoneReads = Annotated[Reading, may_read()]
AnyoneCommands = Annotated[Commanding, may_command()]
AnalystCommands = Annotated[Commanding, may_command(Role.ANALYST)]
OrganiserCommands = Annotated[Commanding, may_command(Role.ORGANISER)]

AnyoneSees = Annotated[Seeing, may_see()]
AnyoneDoes = Annotated[Doing, may_do()]
AnalystDoes = Annotated[Doing, may_do(Role.ANALYST)]

Line = Annotated[
    str, StringConstraints(strip_whitespace=True, min_length=1, max_length=200, pattern=r"^[^\x00-\x1f\x7f]*$")
]
"""One line of text that people read: no control characters, which a database may refuse."""

ROWS = 25
"""Rows that a page shows of a list."""


class Body(BaseModel):
    """What somebody sends: an unknown field is a mistake to be told."""

    model_config = ConfigDict(extra="forbid", frozen=True)


class Form(Body):
    """What somebody filled in."""


def asked_page(before: UUID | None = None, limit: Annotated[int, Query(ge=1, le=500)] = 50) -> Page:
    """The part of a list that a request asks for, newest first."""
    return Page(before=before, limit=limit)


AskedPage = Annotated[Page, Depends(asked_page)]


def mark(typed: str) -> UUID | None:
    """The id in a text, if it is one: a case, or where an older part of a list begins."""
    try:
        return UUID(typed.strip())
    except ValueError:
        return None


def plain(code: str) -> str:
    """A code as words: the title of a competency lives with the dictionary, in another service."""
    return code.replace("_", " ").capitalize()
