"""Master data in: units, positions and employees from the workbooks that agencies have."""
