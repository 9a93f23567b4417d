"""What must hold whatever dies or falls silent: real processes, killed and cut off on purpose."""
