"""传输: what leaves for the tax bureau and what comes back."""
