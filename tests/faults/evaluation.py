"""``python -m tests.faults.evaluation …``: the evaluation service itself, its handlers watched and maybe ailing."""

from __future__ import annotations

from dataclasses import replace

from services.evaluation.app import SERVICE
from services.evaluation.handlers import HANDLERS
from shared.directory import DIRECTORY_HANDLERS
from shared.operate.service import run_service
from tests.faults.ailments import ailing, bend_clock
from tests.faults.first_hop import watched

if __name__ == "__main__":
    bend_clock()
    run_service(replace(SERVICE, handlers=ailing(watched({**DIRECTORY_HANDLERS, **HANDLERS}))))
