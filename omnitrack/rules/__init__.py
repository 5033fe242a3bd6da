"""Alert rules looked at without a stream: explained, tested, tried on stored rows."""
