"""Reads of evaluation: locked ones for what events change, and those of people, who see what they may see."""
