"""Event contracts: plain data, past tense, versioned; the only thing services know of each other."""
