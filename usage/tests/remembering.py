"""What a process remembers of a database, for tests that go over to another one."""

from __future__ import annotations

from pricing.queries.pricebook import pricebook
from usage.queries import standings


def forget_what_is_remembered() -> None:
    """Forget prices and terms; identities of one database are others' in another."""
    pricebook().forget_all()
    standings._begin_anew()
