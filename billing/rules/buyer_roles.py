"""What the people of an account may do with its tokens: each role also what those before it may."""

from __future__ import annotations

ROLES = ("viewer", "manager", "buyer", "owner")
MOST_PACKS = 10_000
"""Of what a producer may let contacts order within thirty days."""
CONTACT = "contact "
"""Before a contact's number where it is said who did something: no user's name has a blank in it."""


def may(role: str, least: str) -> bool:
    """Whether a role may do what `least` may."""
    return ROLES.index(role) >= ROLES.index(least)


def signature(contact_id: int) -> str:
    """Who it was, in books that name no person and can't be erased."""
    return f"{CONTACT}{contact_id}"


def is_contact(name: str) -> bool:
    """Whether a contact did it, and no person or program of the producer's."""
    return name.startswith(CONTACT)
