"""JSON routes of training: what comes in is checked for shape here and for sense in the domain."""

from fastapi import APIRouter

from services.training.api import classes, programs

router = APIRouter(prefix="/training", tags=["training"])
router.include_router(programs.router)
router.include_router(classes.router)
