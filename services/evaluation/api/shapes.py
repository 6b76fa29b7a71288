"""What the routes have in common."""

from __future__ import annotations

from pydantic import BaseModel, ConfigDict

MANY = 1_000
"""Lines of one list that is sent whole: all of it or nothing."""


class View(BaseModel):
    """What people get, made of a row."""

    model_config = ConfigDict(from_attributes=True)
