"""What the wallets refuse."""

from config.kernel.errors import Conflict, UnknownAccount, UnknownReference


class AccountMissing(UnknownAccount):
    """No such account."""


class AccountClosed(Conflict):
    """A closed account gets no tokens."""

    default_detail = "The account is closed."


class ExternalIdTaken(Conflict):
    """The account has a grant with this external id."""

    default_detail = "A grant of this account has this external_id already."


class NothingLeft(Conflict):
    """The grant has nothing that could be taken back."""

    default_detail = "Nothing is left of the grant that is not held."


class NotRelated(Conflict):
    """Tokens move between a parent and its own parts alone."""

    default_detail = "Tokens are transferred between a parent and its sub-accounts only."


class GrantMissing(UnknownReference):
    """No such grant in this account."""


class UnitMissing(UnknownReference):
    """No such token unit."""
