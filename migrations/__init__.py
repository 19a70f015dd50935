"""The schema of the databases, step by step: `log` for the hub's own, `keys` for the key database."""
