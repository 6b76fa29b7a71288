"""Delivery, identity, web and telemetry that every service stands on; no business rule lives here."""
