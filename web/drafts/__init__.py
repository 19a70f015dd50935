"""Drafts: what somebody was typing."""
