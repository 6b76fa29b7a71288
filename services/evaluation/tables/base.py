"""What the tables of evaluation have in common."""

from __future__ import annotations

from collections.abc import Iterable
from uuid import UUID

import orjson
from sqlalchemy import MetaData
from sqlalchemy.orm import DeclarativeBase

from shared.db import NAMING, TYPES


class EvaluationBase(DeclarativeBase):
    """Tables that only evaluation has."""

    metadata = MetaData(naming_convention=NAMING)
    type_annotation_map = TYPES


def ids_as_json(ids: Iterable[UUID]) -> str:
    """Ids as a JSON column takes them."""
    return orjson.dumps(list(ids)).decode()
