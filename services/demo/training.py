"""The people of training: who holds classes, who sits in them, what they learn there and elsewhere."""

from __future__ import annotations

from services.demo.catalogue import answer_revisions
from services.demo.classrooms import hold, put_right
from services.demo.outside import bring_certificates, doubt_certificates
from services.demo.participants import propose, think_again
from services.demo.seating import seat
from services.demo.stage import Stage


async def act(stage: Stage) -> int:
    """Do what waits for somebody in training; returns how many things were done."""
    done = await hold(stage) + await put_right(stage) + await answer_revisions(stage)
    done += await seat(stage) + await propose(stage) + await think_again(stage)
    return done + await bring_certificates(stage) + await doubt_certificates(stage)
