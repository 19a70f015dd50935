"""Preferences: how somebody wants to see the hub."""
