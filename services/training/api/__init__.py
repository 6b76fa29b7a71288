"""JSON routes of training: what comes in is checked for shape here and for sense in the domain."""

from fastapi import APIRouter

from services.training.api import classes, demands, learning_hours, programs, seats

router = APIRouter(prefix="/training", tags=["training"])
router.include_router(programs.router)
router.include_router(classes.router)
router.include_router(seats.router)
router.include_router(demands.router)
router.include_router(learning_hours.router)
