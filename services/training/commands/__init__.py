"""What is asked of training: load, let the domain decide, write, tell the other services. Nothing commits here."""

from services.training.commands.classes import record_attendance, record_scores, schedule_class
from services.training.commands.closing import CorrectionReason, close_class, correct_class
from services.training.commands.demands import free_seats_of, open_demands, withdraw_demands
from services.training.commands.employment import remember_employment
from services.training.commands.ledger import Entry, enter, revoke_activity
from services.training.commands.nominations import decide_nominations, nominate
from services.training.commands.programs import change_program, create_program, note_revision_requests
from services.training.commands.seats import Newcomer, cancel, commit_to_apply, decline, enrol

__all__ = [
    "CorrectionReason",
    "Entry",
    "Newcomer",
    "cancel",
    "change_program",
    "close_class",
    "commit_to_apply",
    "correct_class",
    "create_program",
    "decide_nominations",
    "decline",
    "enrol",
    "enter",
    "free_seats_of",
    "nominate",
    "note_revision_requests",
    "open_demands",
    "record_attendance",
    "record_scores",
    "remember_employment",
    "revoke_activity",
    "schedule_class",
    "withdraw_demands",
]
