"""What operators do on the command line, the same for every service."""
