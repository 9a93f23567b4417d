"""The database layer: engines, sessions, transactions, locks and column types."""
