"""Persons, their accounts and how they sign in; personal data encrypted at rest."""
