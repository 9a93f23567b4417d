"""What the tests share: the linting client, pages, walks, the clock."""
