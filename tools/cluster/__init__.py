"""Several nodes on one machine: nginx, serving nodes, senders, PostgreSQL and a tax bureau."""
