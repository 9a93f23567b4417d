"""核定: propose, assess, add, move and revoke contribution assessments, for oneself or by proxy."""
