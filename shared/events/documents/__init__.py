"""What outsiders read of the catalogue, made from it: JSON Schemas, a page and an AsyncAPI document."""
