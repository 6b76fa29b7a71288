"""Evaluation: what training achieved, and what must follow when it did not."""
