"""Surveys of citizens as the organisation bureau reports them."""

from __future__ import annotations

from datetime import datetime
from decimal import Decimal
from typing import Any

import orjson
from sqlalchemy import Numeric
from sqlalchemy.dialects.postgresql import JSONB
from sqlalchemy.orm import Mapped, mapped_column

from services.evaluation.domain.citizens import EighthElement, Survey
from services.evaluation.tables.base import EvaluationBase


class CitizenSurveyRow(EvaluationBase):
    """One survey of one unit in one quarter; official figures are the sender's and stay as they came."""

    __tablename__ = "citizen_surveys"

    unit_code: Mapped[str] = mapped_column(primary_key=True)
    year: Mapped[int] = mapped_column(primary_key=True, autoincrement=False)
    quarter: Mapped[int] = mapped_column(primary_key=True, autoincrement=False)
    unit_name: Mapped[str]
    respondents: Mapped[int]
    sums: Mapped[dict[str, int]] = mapped_column(JSONB)
    official_index: Mapped[Decimal | None] = mapped_column(Numeric(5, 2))
    official_weight: Mapped[Decimal | None] = mapped_column(Numeric(5, 4))
    eighth_element: Mapped[str]
    imported_at: Mapped[datetime]

    def to_domain(self) -> Survey:
        """The survey as rules see it."""
        return Survey(
            unit_code=self.unit_code,
            unit_name=self.unit_name,
            year=self.year,
            quarter=self.quarter,
            respondents=self.respondents,
            sums=self.sums,
            official_index=self.official_index,
            official_weight=self.official_weight,
            eighth_element=EighthElement(self.eighth_element),
        )


def survey_values(survey: Survey, imported_at: datetime) -> dict[str, Any]:
    """The row of a survey."""
    return {
        "unit_code": survey.unit_code,
        "year": survey.year,
        "quarter": survey.quarter,
        "unit_name": survey.unit_name,
        "respondents": survey.respondents,
        "sums": orjson.dumps(dict(survey.sums)).decode(),
        "official_index": survey.official_index,
        "official_weight": survey.official_weight,
        "eighth_element": survey.eighth_element,
        "imported_at": imported_at,
    }
