"""What every page needs: units of work, htmx, forms, errors, headers and wording."""
