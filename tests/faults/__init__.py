"""What the hub promises, tried under faults: each drill with a weaker setup that must fail it."""
