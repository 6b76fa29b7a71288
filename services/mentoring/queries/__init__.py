"""Reads of mentoring: locked ones for what is about to change, and those of people, who see what they may see."""
