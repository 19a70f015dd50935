"""The steps of the hub's own database."""
