"""What is asked of training: load, let the domain decide, write, tell the other services. Nothing commits here."""

from services.training.commands.classes import (
    record_attendance,
    record_attendances,
    record_scores,
    record_scores_of_classes,
    schedule_class,
    schedule_classes,
)
from services.training.commands.closing import CorrectionReason, close_class, close_classes, correct_class
from services.training.commands.demands import free_seats_of, open_demands, withdraw_demands
from services.training.commands.employment import remember_employment
from services.training.commands.ledger import Entry, enter, revoke_activity
from services.training.commands.nominations import decide_nominations, nominate
from services.training.commands.programs import change_program, create_program, note_revision_requests
from services.training.commands.seats import Newcomer, cancel, commit_to_apply, decline, enrol, enrol_in_classes

__all__ = [
    "CorrectionReason",
    "Entry",
    "Newcomer",
    "cancel",
    "change_program",
    "close_class",
    "close_classes",
    "commit_to_apply",
    "correct_class",
    "create_program",
    "decide_nominations",
    "decline",
    "enrol",
    "enrol_in_classes",
    "enter",
    "free_seats_of",
    "nominate",
    "note_revision_requests",
    "open_demands",
    "record_attendance",
    "record_attendances",
    "record_scores",
    "record_scores_of_classes",
    "remember_employment",
    "revoke_activity",
    "schedule_class",
    "schedule_classes",
    "withdraw_demands",
]
