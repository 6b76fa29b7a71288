"""What the routes of mentoring have in common: short texts, lists of ids, and who else is let in."""

from __future__ import annotations

from typing import Annotated
from uuid import UUID

from pydantic import BaseModel, Field, StringConstraints

from shared.identity.actor import Role
from shared.web.requests import Reading, may_read
from shared.web.shapes import Body

MANY = 2_000
"""Rows of one list: more than a unit has pairs."""

AnalystReads = Annotated[Reading, may_read(Role.ANALYST, Role.AUDITOR)]

Line = Annotated[str, StringConstraints(strip_whitespace=True, min_length=1, max_length=200)]
Words = Annotated[str, StringConstraints(strip_whitespace=True, min_length=1, max_length=2_000)]
Mark = Annotated[str, StringConstraints(strip_whitespace=True, min_length=3, max_length=100)]
"""The mark of a signed paper in the agency's files."""


class Ids(Body):
    """A list that is taken whole or not at all."""

    ids: Annotated[tuple[UUID, ...], Field(min_length=1, max_length=MANY)]


class Counted(BaseModel):
    """How many things a command changed."""

    count: int
