"""Routes of the citizens' surveys: the official index and the exact one, side by side."""

from __future__ import annotations

from collections.abc import Sequence
from datetime import date
from decimal import Decimal

from fastapi import APIRouter
from pydantic import BaseModel

from services.evaluation.domain.citizens import (
    ELEMENTS,
    EighthElement,
    ServiceVersion,
    Survey,
    mean_of_units,
    pooled,
    unit_signals,
)
from services.evaluation.domain.reaction import rounded
from services.evaluation.queries import citizens as queries
from services.evaluation.rules import SERVICE_OF_UNIT
from shared.web.shapes import AnyoneReads

router = APIRouter()

MONTHS_OF_QUARTER = 3


class SurveyView(BaseModel):
    """One unit's survey in one quarter (PermenPANRB 14/2017).

    exact_index weighs the nine elements alike (one ninth) and is rounded half up once; official_index is what the
    organisation bureau published with official_weight; difference = official - exact. Bands are found on rounded
    values. elements: each on the scale of 25 to 100; sums: of all respondents' answers (1 to 4), as they came. signals:
    what calls for a plan of the unit.
    """

    unit_code: str
    unit_name: str
    year: int
    quarter: int
    respondents: int
    exact_index: Decimal
    exact_band: str
    official_index: Decimal | None
    official_band: str | None
    official_weight: Decimal | None
    difference: Decimal | None
    eighth_element: EighthElement
    elements: dict[str, Decimal]
    sums: dict[str, int]
    signals: list[str]
    rule: str
    rule_version: str


class AgencyView(BaseModel):
    """The agency's index of one quarter: the mean of the units' exact indices, and all respondents taken as one."""

    year: int
    quarter: int
    units: int
    index: Decimal
    band: str
    pooled_index: Decimal


class SurveysView(BaseModel):
    surveys: list[SurveyView]
    agency: list[AgencyView]


@router.get("/citizen-surveys", response_model=SurveysView)
async def list_citizen_surveys(
    reading: AnyoneReads, year: int | None = None, unit_code: str | None = None
) -> SurveysView:
    """Surveys by quarter and unit; the agency's index is given where no single unit is asked for."""
    found = await queries.surveys(reading.session, year=year, unit_code=unit_code)
    by_time = {(survey.unit_code, survey.year, survey.quarter): survey for survey in found}
    asked = [survey for survey in found if year is None or survey.year == year]
    views = [_view(survey, by_time.get((survey.unit_code, *_before(survey)))) for survey in asked]
    return SurveysView(surveys=views, agency=[] if unit_code else _agency(asked))


def _before(survey: Survey) -> tuple[int, int]:
    return (survey.year, survey.quarter - 1) if survey.quarter > 1 else (survey.year - 1, 4)


def _version(year: int, quarter: int) -> ServiceVersion:
    return SERVICE_OF_UNIT.in_force_on(date(year, quarter * MONTHS_OF_QUARTER, 28))


def _view(survey: Survey, before: Survey | None) -> SurveyView:
    version = _version(survey.year, survey.quarter)
    exact, official = rounded(survey.exact()), survey.official_index
    return SurveyView(
        unit_code=survey.unit_code,
        unit_name=survey.unit_name,
        year=survey.year,
        quarter=survey.quarter,
        respondents=survey.respondents,
        exact_index=exact,
        exact_band=version.band_of(exact),
        official_index=official,
        official_band=None if official is None else version.band_of(official),
        official_weight=survey.official_weight,
        difference=None if official is None else official - exact,
        eighth_element=survey.eighth_element,
        elements={name: rounded(survey.element(name)) for name in ELEMENTS},
        sums=dict(survey.sums),
        signals=unit_signals(survey, before, version),
        rule=SERVICE_OF_UNIT.name,
        rule_version=version.name,
    )


def _agency(surveys: Sequence[Survey]) -> list[AgencyView]:
    found = []
    for year, quarter in sorted({(survey.year, survey.quarter) for survey in surveys}):
        units = [survey for survey in surveys if (survey.year, survey.quarter) == (year, quarter)]
        index = mean_of_units(units)
        found.append(
            AgencyView(
                year=year,
                quarter=quarter,
                units=len(units),
                index=index,
                band=_version(year, quarter).band_of(index),
                pooled_index=pooled(units),
            )
        )
    return found
