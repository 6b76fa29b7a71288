"""Every fault that the campaign tries, by its number in the list of what a system of events must survive."""

from __future__ import annotations

from tests.faults import campaign
from tests.faults.campaign import Fault
from tests.faults.log_faults import LOG_FAULTS
from tests.faults.process_faults import PROCESS_FAULTS
from tests.faults.record_faults import RECORD_FAULTS

FAULTS: dict[str, Fault] = {**campaign.FAULTS, **LOG_FAULTS, **PROCESS_FAULTS, **RECORD_FAULTS}
