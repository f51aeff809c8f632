"""What the wallets refuse."""

from config.kernel.errors import Conflict, NotFound, UnknownAccount, UnknownReference


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


class GrantOver(Conflict):
    """The grant has expired or was taken back."""

    default_detail = "The grant has expired or was taken back; its expiry stays as it is."


class ExpiryTooSoon(Conflict):
    """The new expiry is past, or so close that accepted usage may lie beyond it."""

    default_detail = "A grant's new expiry lies after its start and more than five minutes ahead."


class ExpiryUnchanged(Conflict):
    """The grant expires at that instant already."""

    default_detail = "The grant expires then already."


class NotRelated(Conflict):
    """Tokens move between a parent and its own parts alone."""

    default_detail = "Tokens are transferred between a parent and its sub-accounts only."


class GrantMissing(UnknownReference):
    """No such grant in this account."""


class UnitMissing(UnknownReference):
    """No such token unit."""


class HoldMissing(NotFound):
    """The hold does not exist, or is not this key's to see."""

    default_detail = "There is no such hold."


class HoldSettled(Conflict):
    """The hold was captured or released before."""

    default_detail = "The hold is settled already."


class HoldExpired(Conflict):
    """The hold is past its end, and keeps nothing."""

    default_detail = "The hold has expired."
