"""Mentoring: who is to be mentored or coached, in what, and why."""
