"""The steps of the key database."""
