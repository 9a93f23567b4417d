"""办事指南: illustrated steps of every errand."""
