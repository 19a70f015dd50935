"""Whether the hub is alive, ready, and which version it is."""
