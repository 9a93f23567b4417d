"""The counters: who gets in, what each role may call, and what they do there."""
