"""Help: the keys, and the words."""
