"""What is true of PostgreSQL alone, and of the server that the tests start."""
