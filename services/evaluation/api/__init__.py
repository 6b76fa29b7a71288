"""The JSON routes of evaluation: analysts and auditors read all, everybody else what is about themselves."""

from fastapi import APIRouter

from services.evaluation.api import citizens, evaluations, follow_ups, forms, journeys, reviews, rules

router = APIRouter(prefix="/evaluation", tags=["evaluation"])
for part in (evaluations, reviews, forms, follow_ups, journeys, citizens, rules):
    router.include_router(part.router)

__all__ = ["router"]
