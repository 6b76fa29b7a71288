"""The demo: made-up people who live through a year of the loop by the services' own commands."""
