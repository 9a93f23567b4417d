"""The stand-in tax bureau: a separate program with its own database, for demonstrations and tests.

It receives assessments over a small machine API, lets a pretended tax clerk mark them paid or
revoke them, and tells the product what happened; both sides sign every message (protocol v1). Of
the product it knows the pure rules only; the product knows of it only its HTTP surface.
"""

from flexapp.taxbureau.app import beijing_now, create_taxbureau
from flexapp.taxbureau.delivery import deliver_events
from flexapp.taxbureau.signatures import DEMO_TRUSTED, demo_keys

__all__ = ["DEMO_TRUSTED", "beijing_now", "create_taxbureau", "deliver_events", "demo_keys"]
