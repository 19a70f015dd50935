"""The people who work with the hub."""
