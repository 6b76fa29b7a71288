"""What training's tables have in common."""

from __future__ import annotations

from collections.abc import Iterable
from uuid import UUID

import orjson
from sqlalchemy import MetaData
from sqlalchemy.orm import DeclarativeBase

from shared.db import NAMING, TYPES


class TrainingBase(DeclarativeBase):
    """Tables of this service's own lineage."""

    metadata = MetaData(naming_convention=NAMING)
    type_annotation_map = TYPES


def ids_as_json(ids: Iterable[UUID]) -> str:
    """Ids as the text of a JSON column, for statements that write many rows at once."""
    return orjson.dumps([str(each) for each in ids]).decode()
