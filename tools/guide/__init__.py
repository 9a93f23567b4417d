"""The illustrated steps walked in a browser, with a picture of each; tests/journeys tries it."""
