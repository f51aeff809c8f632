"""What a record wishes for, done through the ordinary services: each once, in a transaction of its own."""

from __future__ import annotations

from django.contrib.auth.models import User

from billing.models import Connection, TrialOffer
from billing.queries.trials import domain_of
from billing.rules import sales
from billing.rules.connecting import (
    Customer,
    Gone,
    Merged,
    Nothing,
    NotSetUp,
    Refund,
    RefundFailed,
    Sale,
    TrialWish,
    Wish,
)
from billing.rules.handling import Came
from billing.rules.trial_orders import TrialOrder
from billing.services import external_refunds, external_sales, links, order_trials, trials
from config.kernel.errors import UnknownReference

MAY_ISSUE = "wallets.issue_trial"


def grant(row: Connection, wish: Wish) -> Came:
    """Do what is wished for; done before, it answers the same and changes nothing.

    Raises ConnectionFault and DomainError.
    """
    match wish:
        case Customer():
            return links.enrol(row, wish)
        case Sale():
            return _settled(external_sales.sold(row, wish))
        case Refund():
            return _settled(external_refunds.refunded(row, wish))
        case RefundFailed():
            return _settled(external_refunds.failed(row, wish))
        case TrialWish():
            return _trial(row, wish)
        case Merged():
            return links.merge(row, wish)
        case Gone():
            return links.forget(row, wish)
        case Nothing():
            return Came("nothing", "", wish.why)


def _settled(came: Came) -> Came:
    """What came of a sale, its order's trials settled in transactions after its own."""
    order_trials.settle_named(came.ref)
    return came


def brings(wish: Wish) -> list[str]:
    """What is here once the wish is granted, as records that waited for it name it."""
    match wish:
        case Customer():
            return [f"customer {wish.external_id}", f"account {wish.reference}"]
        case Merged():
            return [f"customer {wish.into}", f"customer {wish.gone}"]
        case Sale():
            return [f"sale {wish.external_id}"]
    return []


def _trial(row: Connection, wish: TrialWish) -> Came:
    """Issue a trial, or ask a manager for it, in the name of the person whom the connection names.

    Raises NotSetUp, Unreadable, NotThereYet, UnknownReference, and as `trials.issue`.
    """
    seller = _seller(row)
    account = links.account_meant(row, account=wish.account, customer=wish.customer)
    offer = TrialOffer.objects.on().filter(name=wish.offer).first()
    if offer is None:
        raise UnknownReference(f"There is no trial offer {wish.offer}, or it is offered no more.")
    key = sales.name(f"{row.code}:{wish.key}", "key")
    order = TrialOrder(
        reference=account.reference,
        offer_id=offer.pk,
        reason=wish.reason.strip() or f"{row}: {wish.key}.",
        opportunity=key,
        domain=domain_of(account),
    )
    issued = trials.issue(order=order, key=key, seller=seller)
    if issued.trial is None:
        asked = str(issued.request.pk) if issued.request else ""
        said = (
            f"The month's allowance of {seller.get_username()} has no room for {offer}: a manager was asked."
        )
        return Came("request", asked, said)
    return Came("trial", str(issued.trial.pk), f"{offer} was issued to the account {account.reference}.")


def _seller(row: Connection) -> User:
    name = row.settings.get("seller", "")
    seller = User.objects.filter(username=name, is_active=True).first() if name else None
    if seller is None or not seller.has_perm(MAY_ISSUE):
        raise NotSetUp("Trials are issued in somebody's name: say whose, of those who may issue them.")
    return seller
