"""A complete deployment on one machine: nginx, nodes, senders, PostgreSQL and a tax bureau."""
