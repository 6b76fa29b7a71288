"""The needs service: who works where, and, from there, who needs which competency."""
