"""The JSON routes of mentoring: what comes in is checked for shape here and for sense in the domain."""

from fastapi import APIRouter

from services.mentoring.api import matching, mentors, pairs, requests, sessions

router = APIRouter(prefix="/mentoring", tags=["mentoring"])
for room in (requests, mentors, matching, pairs, sessions):
    router.include_router(room.router)
