"""What every service shows alike: guards on routes, problem details, headers and the home page."""
