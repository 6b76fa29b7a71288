"""Rules of the needs service: pure, standard library only."""
