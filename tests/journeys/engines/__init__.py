"""A walk in the engines of other phones than those with Chromium: Firefox's and Safari's."""
