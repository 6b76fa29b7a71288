"""What is asked of the needs service: master data here, the rest by subject. Nothing commits here."""

from services.needs.commands.master import (
    lock_master_data,
    record_employees,
    record_positions,
    record_units,
)

__all__ = ["Changes", "lock_master_data", "record_employees", "record_positions", "record_units"]
