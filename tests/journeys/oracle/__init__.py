"""The oracle: what the written rules (domain.md) make of the input files, computed apart from the product.

Nothing here comes from the product: no import, no rule file. `expected…` functions return plain dicts, keyed by
sheet row or id and never by a person's number; `comparison.differences` holds them against what `endpoints` read.
"""
