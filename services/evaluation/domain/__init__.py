"""The rules of evaluation: what was learned, what is used at work, and what must follow."""
