"""The database: engines, sessions, transactions, locks and column types."""
