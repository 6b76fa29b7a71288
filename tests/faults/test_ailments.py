"""A process whose clock is bent reads the wrong time, before the jump ahead and after it behind."""

from __future__ import annotations

import os
import subprocess
import sys
import time

from tests.faults.ailments import CLOCK
from tests.faults.supervisor import ROOT

READ_TWICE = """
import os, signal, time
from tests.faults.ailments import bend_clock
bend_clock()
print(time.time())
os.kill(os.getpid(), signal.SIGUSR1)
print(time.time())
"""


def test_bent_clock_is_hours_ahead_and_jumps_behind() -> None:
    environment = {**os.environ, CLOCK: "2"}

    told = subprocess.run(
        [sys.executable, "-c", READ_TWICE], cwd=ROOT, env=environment, capture_output=True, check=True
    )

    hours = [round((float(line) - time.time()) / 3600) for line in told.stdout.split()]
    assert hours == [2, -2]
