"""What people, events and timers ask of evaluation. Nothing commits here."""
