"""Delivery against models: state machines that try any story on the real code and compare what is left of it."""
