"""Who acts: people with built-in accounts, machines with tokens, and the system itself."""
