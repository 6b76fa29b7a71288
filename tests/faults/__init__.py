"""Faults of real processes: they are killed between any two steps, and what they did is checked."""
