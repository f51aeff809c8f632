"""What passes between the product and an outside system, in words that no vendor owns; its faults too."""

from __future__ import annotations

from collections.abc import Mapping, Sequence
from dataclasses import dataclass, field
from datetime import UTC, datetime
from decimal import Decimal
from typing import Any

from billing.rules.connection_faults import AccessExpired as AccessExpired
from billing.rules.connection_faults import ConnectionFault as ConnectionFault
from billing.rules.connection_faults import Incomplete as Incomplete
from billing.rules.connection_faults import Later as Later
from billing.rules.connection_faults import NotSetUp as NotSetUp
from billing.rules.connection_faults import Refused as Refused
from billing.rules.connection_faults import Unreachable as Unreachable
from billing.rules.connection_faults import Unreadable as Unreadable
from billing.rules.connection_faults import Unverified as Unverified
from billing.rules.deliveries import Answer


@dataclass(frozen=True, slots=True)
class Setting:
    """One thing that a person says about a connection. is_secret: sealed at rest, shown to nobody.

    is_made_here: a secret that we make and they are given. default: what counts where nothing is said.
    """

    name: str
    label: str
    help: str = ""
    default: str = ""
    is_secret: bool = False
    is_made_here: bool = False
    is_needed: bool = True


SELLER = Setting(
    "seller",
    "Trials in the name of",
    "The user name of whoever answers for trials that this connection asks for; they count in that month's allowance.",
    is_needed=False,
)


@dataclass(frozen=True, slots=True)
class Access:
    """A connection as its connector is given it.

    secrets: by name, the present one first, then what still counts beside it while it is rotated.
    private_hosts: named by the operator, may lie in a network of one's own. at: when it was opened, by our clock.
    """

    code: str
    settings: Mapping[str, str] = field(default_factory=dict)
    secrets: Mapping[str, Sequence[str]] = field(default_factory=dict, repr=False)
    private_hosts: frozenset[str] = frozenset()
    at: datetime = datetime.min.replace(tzinfo=UTC)

    def setting(self, name: str) -> str:
        """What a person said.

        Raises NotSetUp.
        """
        if not (said := self.settings.get(name, "")):
            raise NotSetUp(f"{name} is not set.")
        return said

    def secret(self, name: str) -> str:
        """The present secret of this name.

        Raises NotSetUp.
        """
        if not (kept := self.secrets.get(name)):
            raise NotSetUp(f"The secret {name} is not set.")
        return kept[0]


@dataclass(frozen=True, slots=True)
class Incoming:
    """A call from outside, as it came. headers: in lower case. at: when, by our clock. url: as the caller has it."""

    headers: Mapping[str, str]
    body: bytes
    at: datetime
    url: str = ""


@dataclass(frozen=True, slots=True)
class Record:
    """One thing an outside system told, once for good by its `external_id`.

    A pulled record's identity names its revision too, so that the same thing changed again is another record.
    kind: the vendor's word for it. content: what was read of the JSON, its numbers with a point as exact text.
    bytes_vary: told again it may come in other bytes; its identity alone says that it is the same.
    """

    external_id: str
    kind: str
    content: Mapping[str, Any]
    occurred_at: datetime | None = None
    bytes_vary: bool = False


@dataclass(frozen=True, slots=True)
class Page:
    """Records of one stream, and where the next page begins. is_last: nothing is left for now."""

    records: Sequence[Record]
    cursor: str
    is_last: bool = True


# What a record comes to.


@dataclass(frozen=True, slots=True)
class Customer:
    """A company of theirs that is, or becomes, an account of ours. reference: ours, where they know or make it.

    is_one_of_several: they may have more than one of the same company; the account stays with the one it is linked to.
    """

    external_id: str
    reference: str
    name: str = ""
    is_one_of_several: bool = False


@dataclass(frozen=True, slots=True)
class SaleLine:
    """One line of a sale. None: as an order means what it does not say."""

    sku: str
    name: str | None = None
    quantity: Decimal = Decimal(1)
    amount: Decimal | None = None
    currency: str | None = None
    ends_at: datetime | None = None


@dataclass(frozen=True, slots=True)
class Sale:
    """An order by its name at theirs. Of its account one is said: our reference, or their customer.

    version: rises with every change, as a stamp in milliseconds does. state: active or cancelled. formerly: its names
    before several sales were made this one.
    """

    external_id: str
    version: int
    lines: Sequence[SaleLine] = ()
    account: str = ""
    customer: str = ""
    state: str = "active"
    starts_at: datetime | None = None
    billing: str = "external"
    formerly: Sequence[str] = ()


@dataclass(frozen=True, slots=True)
class TrialWish:
    """Trial tokens by the name of an offer, once a key. Of its account one is said, as of a sale."""

    key: str
    offer: str
    account: str = ""
    customer: str = ""
    reason: str = ""


@dataclass(frozen=True, slots=True)
class Refund:
    """Money given back of a sale, once by its name at theirs. is_whole: the sale is undone.

    lines: how much of the amount is for which of the sale's lines, by their names; the rest, and where it is None all,
    is for all of them.
    """

    external_id: str
    sale: str
    amount: Decimal
    currency: str
    is_whole: bool
    reason: str = ""
    lines: Mapping[str, Decimal] | None = None


@dataclass(frozen=True, slots=True)
class RefundFailed:
    """Money that was to be given back of a sale came back, or never went: the refund of this name counts nowhere.

    amount: of the refund, as far as it was for the sale's lines.
    """

    external_id: str
    sale: str
    amount: Decimal
    currency: str
    reason: str = ""


@dataclass(frozen=True, slots=True)
class Merged:
    """Two customers of theirs became one; what was linked to the first is linked to the second."""

    gone: str
    into: str


@dataclass(frozen=True, slots=True)
class Gone:
    """A customer of theirs was deleted. The account stays; nothing is written to it any more."""

    external_id: str


@dataclass(frozen=True, slots=True)
class Nothing:
    """The record concerns us in no way; why, in a sentence."""

    why: str


CUSTOMER = "customer"
"""The kind of link between a customer of theirs and an account of ours."""

Wish = Customer | Sale | TrialWish | Refund | RefundFailed | Merged | Gone | Nothing


# What goes out.


@dataclass(frozen=True, slots=True)
class Message:
    """One thing to tell an outside system, the same at every attempt.

    key: sent along, so that they do it once. subject: their name of the customer, where it is of one.
    """

    kind: str
    key: str
    subject: str
    content: Mapping[str, Any]


FIELDS, TASK, INVOICE_ITEM = "fields", "task", "invoice item"
"""Kinds of messages: figures of an account for fields of theirs; something a person should do; overage to be billed.

The content of an invoice item: `amount`, an exact number as text in whole units of `currency`, below 0 where it is
given back; `description`; and where they are known `period`, a month as 2026-11, and `document`, our invoice's number.
"""


@dataclass(frozen=True, slots=True)
class Sent:
    """How one message went, and what it is called at theirs."""

    answer: Answer
    external_id: str = ""


@dataclass(frozen=True, slots=True)
class Listed:
    """What they have of a message that we sent: by their name of it, with its exact amount. at: when it was made."""

    external_id: str
    amount: Decimal
    currency: str
    at: datetime


@dataclass(frozen=True, slots=True)
class Sold:
    """A sale of theirs as it stands: by its name there, with a record that is read as any that they tell.

    record: completed. Told as it is, or kept and applied as a fetched one, it comes to the same sale.
    """

    external_id: str
    record: Record


@dataclass(frozen=True, slots=True)
class Renewed:
    """Secrets that took the place of those that run out. expires_at: of the new ones."""

    secrets: Mapping[str, str] = field(repr=False)
    expires_at: datetime | None


@dataclass(frozen=True, slots=True)
class Checked:
    """What a test of the connection found: who we are there, in a sentence."""

    said: str
