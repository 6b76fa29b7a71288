"""Shapes that more than one route takes."""

from __future__ import annotations

from typing import Annotated
from uuid import UUID

from pydantic import BaseModel, Field, StringConstraints

AT_ONCE = 2_000

Line = Annotated[
    str, StringConstraints(strip_whitespace=True, min_length=1, max_length=200, pattern=r"^[^\x00-\x1f\x7f]*$")
]
"""One line of text that people read: no control characters, which a database may refuse."""

Cycle = Annotated[int, Field(ge=2000, le=2100)]
Ids = Annotated[frozenset[UUID], Field(min_length=1, max_length=AT_ONCE)]


class Done(BaseModel):
    """How many records a command changed."""

    count: int
