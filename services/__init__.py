"""The four services of Bangkom and the commands that run them together."""
