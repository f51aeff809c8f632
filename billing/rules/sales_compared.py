"""How a sale as an outside system has it differs from the order that it is here."""

from __future__ import annotations

from collections.abc import Mapping, Sequence
from dataclasses import dataclass, field
from datetime import date, datetime
from decimal import Decimal
from uuid import UUID

from billing.rules.reconciling import Found
from config.kernel.amounts import plain

SALE = "sale"
LONGEST_SUBJECT = 200
FETCHED = {
    "asked": "to be fetched again",
    "stays": "fetched again, and still there",
    "resent": "fetched again",
}
"""What is said of sales in the place of words that say so of messages."""

Goods = tuple[str, Decimal, datetime | None]
"""One line of a sale: SKU, quantity, and when it ends, where that is still to come."""


@dataclass(frozen=True, slots=True)
class Standing:
    """A sale as one of the two has it. is_active: it is sold, and not all of it was given back.

    account: our reference; empty where it is not known. customer: the account, where it is one of ours. money: what is
    paid, of one period where there are periods, by currency. why: what is odd about it, in a sentence.
    """

    is_active: bool
    account: str = ""
    customer: UUID | None = None
    money: Mapping[str, Decimal] = field(default_factory=dict)
    goods: Sequence[Goods] = ()
    why: str = ""


@dataclass(frozen=True, slots=True)
class Pair:
    """One sale by the name that it has here or would have. here, there: none where that book knows nothing of it."""

    name: str
    here: Standing | None
    there: Standing | None

    @property
    def currency(self) -> str:
        """In which the two are set beside each other: the first that either has."""
        known = [*sorted(_money(self.here)), *sorted(_money(self.there))]
        return known[0] if known else ""

    @property
    def ours(self) -> Decimal | None:
        return _money(self.here).get(self.currency)

    @property
    def theirs(self) -> Decimal | None:
        return _money(self.there).get(self.currency)

    @property
    def is_of_nobody(self) -> bool:
        """Neither of the two has sold it."""
        return not (_is_active(self.here) or _is_active(self.there))


def subject_of(system: str, kind: str, name: str) -> str:
    """By which a gap names a record of an outside system."""
    return f"{system} {kind} {name}"[:LONGEST_SUBJECT]


def words_of(subject: str, word: str, label: str) -> str:
    """How a gap of this subject closed, or what became of it: a message is sent again, and a sale is fetched."""
    is_of_sale = subject.partition(" ")[2].startswith(f"{SALE} ")
    return FETCHED.get(word, label) if is_of_sale else label


def differs(system: str, pair: Pair, day: date) -> Found | None:
    """The gap between the two; None where they agree. A later version that says the same is none."""
    here, there = pair.here, pair.there
    if pair.is_of_nobody:
        return None
    if not _is_active(here):
        kind, said = "missing_here", "Here its order is cancelled." if here else ""
    elif not _is_active(there):
        kind = "missing_there"
        said = "There it is cancelled, or all of it was given back." if there else "There it is not known."
    else:
        assert here is not None
        assert there is not None
        kind, said = "differs", " ".join(_differences(here, there))
        if not said:
            return None
    odd = there.why if there else ""
    known = here if here and here.account else there
    account = f" of {known.account}" if known and known.account else ""
    words = [f"Sale {pair.name}{account} in {system}.", said, odd if odd not in said else ""]
    return Found(
        kind,
        subject_of(system, SALE, pair.name),
        day,
        here.customer if here and here.customer else there.customer if there else None,
        pair.ours if _is_active(here) else None,
        pair.theirs if _is_active(there) else None,
        pair.currency,
        " ".join(each for each in words if each),
    )


def _differences(here: Standing, there: Standing) -> list[str]:
    """What the two say otherwise, a sentence each."""
    found = [there.why] if there.why else []
    if there.account and there.account != here.account:
        found.append(f"There it is of the account {there.account}, here of {here.account}.")
    if dict(here.money) != dict(there.money):
        found.append(f"There it costs {_sum(there.money)}, here {_sum(here.money)}.")
    if sorted(here.goods, key=_order) != sorted(there.goods, key=_order):
        found.append(f"There it is {_list(there.goods)}, here {_list(here.goods)}.")
    return found


def _money(standing: Standing | None) -> Mapping[str, Decimal]:
    return standing.money if standing is not None and standing.is_active else {}


def _is_active(standing: Standing | None) -> bool:
    return standing is not None and standing.is_active


def _order(goods: Goods) -> tuple[str, Decimal, str]:
    sku, quantity, ends_at = goods
    return sku, quantity, str(ends_at or "")


def _sum(money: Mapping[str, Decimal]) -> str:
    told = [f"{plain(amount)} {currency}" for currency, amount in sorted(money.items())]
    return " and ".join(told) or "nothing"


def _list(goods: Sequence[Goods]) -> str:
    return ", ".join(_told(each) for each in sorted(goods, key=_order)) or "nothing"


def _told(goods: Goods) -> str:
    sku, quantity, ends_at = goods
    until = f" until {ends_at:%-d %b %Y %H:%M} UTC" if ends_at else ""
    return f"{plain(quantity)} × {sku}{until}"
