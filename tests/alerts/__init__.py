"""Alerts on their way: rules, routes, and faults that raise the right one."""
