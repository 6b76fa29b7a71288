"""Shapes that more than one route takes."""

from __future__ import annotations

from typing import Annotated
from uuid import UUID

from pydantic import BaseModel, Field

AT_ONCE = 2_000

Cycle = Annotated[int, Field(ge=2000, le=2100)]
Ids = Annotated[frozenset[UUID], Field(min_length=1, max_length=AT_ONCE)]


class Done(BaseModel):
    """How many records a command changed."""

    count: int
