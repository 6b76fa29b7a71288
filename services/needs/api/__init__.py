"""The JSON routes of the needs service."""

from fastapi import APIRouter

from services.needs.api import assessments, competencies, deputies, gaps, master, needs, plan

router = APIRouter(prefix="/needs", tags=["needs"])
for part in (master, deputies, competencies, assessments, gaps, needs, plan):
    router.include_router(part.router)
