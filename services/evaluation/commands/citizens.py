"""Surveys of citizens, as the organisation bureau reports them."""

from __future__ import annotations

from collections.abc import Sequence

from sqlalchemy.ext.asyncio import AsyncSession

from services.evaluation.domain.citizens import Survey
from services.evaluation.queries import citizens as queries
from services.evaluation.tables import CitizenSurveyRow, survey_values
from shared import audit, clock
from shared.db import insert_rows
from shared.files.outcome import Changes
from shared.identity.actor import Actor

REPLACE = (
    "ON CONFLICT (unit_code, year, quarter) DO UPDATE SET unit_name = excluded.unit_name,"
    " respondents = excluded.respondents, sums = excluded.sums, official_index = excluded.official_index,"
    " official_weight = excluded.official_weight, eighth_element = excluded.eighth_element,"
    " imported_at = excluded.imported_at"
)


async def record_surveys(session: AsyncSession, actor: Actor, surveys: Sequence[Survey]) -> Changes:
    """Keep the surveys of a file; what was reported before for a unit and quarter is replaced."""
    before = {(s.unit_code, s.year, s.quarter): s for s in await queries.surveys(session)}
    new = [s for s in surveys if (s.unit_code, s.year, s.quarter) not in before]
    changed = [s for s in surveys if before.get((s.unit_code, s.year, s.quarter), s) != s]
    moment = await clock.now(session)
    ordered = sorted([*new, *changed], key=lambda s: (s.unit_code, s.year, s.quarter))
    await insert_rows(session, CitizenSurveyRow, [survey_values(s, moment) for s in ordered], REPLACE)
    changes = Changes(added=len(new), changed=len(changed), unchanged=len(surveys) - len(new) - len(changed))
    details = {"added": changes.added, "changed": changes.changed, "unchanged": changes.unchanged}
    audit.record(session, actor, "import.citizen_surveys", "citizen_survey", None, details)
    return changes
