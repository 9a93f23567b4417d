"""The stand-in tax bureau: a separate program with its own database, for demonstrations and tests.

It receives assessments over a small machine API and lets a pretended tax clerk mark them paid or
revoke them. Of the product it knows the pure rules only; the product knows of it only its HTTP
surface.
"""

from flexapp.taxbureau.app import beijing_now, create_taxbureau

__all__ = ["beijing_now", "create_taxbureau"]
