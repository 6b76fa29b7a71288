"""What delivery promises, asked of both transports alike."""
