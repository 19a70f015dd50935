"""How the hub itself is doing, and what an administrator can do about it."""
