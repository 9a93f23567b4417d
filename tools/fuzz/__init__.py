"""Every route, asked whatever anybody could think of, by everybody: what must never be answered."""
