"""Shared web layer: unit of work, htmx, forms, errors, headers, formatting and observability."""
