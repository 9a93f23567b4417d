"""Accounts and sign-in of clerks and officers."""
