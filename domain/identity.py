"""Ids that follow from what they stand for, so that the same thing told twice has one id."""

from __future__ import annotations

from uuid import UUID, uuid5

_CUSTOMERS = UUID("5b0c5b1e-6f0f-5f0e-9a53-2f6c3a1f2a10")
_CONTACTS = UUID("0a5c2f5e-8f4e-5b5f-8b0a-7d1e9b6c4d21")

SYSTEM = UUID("00000000-0000-5000-8000-000000000001")
"""Who acts when the hub itself does: its scheduler, its followers, its adapters."""


def customer_id_of(source: str, reference: str) -> UUID:
    """The id of the customer that a source knows under this reference."""
    return uuid5(_CUSTOMERS, f"{source}\n{reference}")


def contact_id_of(source: str, reference: str) -> UUID:
    """The id of the contact that a source knows under this reference."""
    return uuid5(_CONTACTS, f"{source}\n{reference}")
