"""The route of the rules: every number that decides, with the day it holds from."""

from __future__ import annotations

from typing import Any

from fastapi import APIRouter
from pydantic import BaseModel, TypeAdapter

from services.evaluation.rules import RULES
from shared.web.shapes import AnyoneReads

router = APIRouter()


class RuleView(BaseModel):
    """One rule with all its versions, oldest first; a version holds for what ended on its first day or later."""

    name: str
    versions: list[dict[str, Any]]


@router.get("/rules", response_model=list[RuleView])
async def list_rules(reading: AnyoneReads) -> list[RuleView]:  # noqa: ARG001 whoever has signed in may read them
    """The rules as they are followed."""
    return [
        RuleView(
            name=rule.name,
            versions=[TypeAdapter(type(version)).dump_python(version, mode="json") for version in rule.versions],
        )
        for rule in RULES
    ]
