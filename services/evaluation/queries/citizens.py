"""Surveys of citizens, by quarter."""

from __future__ import annotations

from uuid import UUID

from sqlalchemy import select
from sqlalchemy.ext.asyncio import AsyncSession

from services.evaluation.domain.citizens import Survey
from services.evaluation.tables import CitizenSurveyRow
from shared.directory import DirectoryUnit


async def surveys(session: AsyncSession, *, year: int | None = None, unit_code: str | None = None) -> list[Survey]:
    """All surveys, oldest first, of one year or unit if asked so; a year comes with the last quarter before it."""
    statement = select(CitizenSurveyRow).order_by(
        CitizenSurveyRow.year, CitizenSurveyRow.quarter, CitizenSurveyRow.unit_code
    )
    if year is not None:
        last_before = (CitizenSurveyRow.year == year - 1) & (CitizenSurveyRow.quarter == 4)  # noqa: PLR2004 the last
        statement = statement.where((CitizenSurveyRow.year == year) | last_before)
    if unit_code is not None:
        statement = statement.where(CitizenSurveyRow.unit_code == unit_code)
    return [row.to_domain() for row in await session.scalars(statement.execution_options(populate_existing=True))]


async def unit_ids(session: AsyncSession) -> dict[str, UUID]:
    """The units of the directory by their codes."""
    return {row.code: row.id for row in await session.execute(select(DirectoryUnit.code, DirectoryUnit.id))}
