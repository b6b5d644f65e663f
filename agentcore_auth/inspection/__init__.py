"""A page on this machine that explains a token: what it shows, what claims mean, and its server."""
