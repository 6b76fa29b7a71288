"""What the pages of evaluation have in common: who is let in, and filters of lists."""

from __future__ import annotations

from typing import Annotated
from uuid import UUID

from pydantic import BaseModel, ConfigDict

from shared.identity.actor import Role
from shared.web.doing import Doing, may_do
from shared.web.seeing import Seeing, may_see

PREFIX = "/evaluation/pages"
ROWS = 25
"""Rows of one page of a list."""

AnyoneSees = Annotated[Seeing, may_see()]
AnyoneDoes = Annotated[Doing, may_do()]
AnalystDoes = Annotated[Doing, may_do(Role.ANALYST)]


class Form(BaseModel):
    """What somebody filled in."""

    model_config = ConfigDict(extra="forbid", frozen=True)


def mark(typed: str) -> UUID | None:
    """The id in a text, if it is one: a case, or where an older part of a list begins."""
    try:
        return UUID(typed.strip())
    except ValueError:
        return None
