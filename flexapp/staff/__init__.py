"""Accounts of clerks and officers: sign-in, sessions, roles. Used by `counter` and `office`."""
