"""Delivery of events: nothing lost, nothing twice, in order per subject."""
