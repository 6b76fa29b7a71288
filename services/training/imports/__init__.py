"""Activities in: what people attended elsewhere, from the workbooks that agencies have."""
