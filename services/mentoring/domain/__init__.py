"""Rules of mentoring: pure, standard library only."""
