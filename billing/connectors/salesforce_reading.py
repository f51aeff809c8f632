"""What Salesforce's accounts and opportunities come to: accounts, orders and trials. Decision 0043 says why so."""

from __future__ import annotations

from collections.abc import Mapping, Sequence
from datetime import UTC, datetime
from decimal import Decimal
from typing import Any

from billing.connectors.salesforce_client import stamp
from billing.connectors.salesforce_pulling import version_of
from billing.rules.connecting import (
    Customer,
    Gone,
    Merged,
    Nothing,
    Sale,
    SaleLine,
    TrialWish,
    Unreadable,
    Wish,
)
from billing.rules.mapping import OUT, Mapped, Target

ACTIVE, CANCELLED = "active", "cancelled"

TARGETS = (
    Target(
        "customer",
        "reference",
        "Account's reference",
        "Tokendesk_Account__c || Id",
        help="Where it is empty, the account there is no customer of ours.",
    ),
    Target("customer", "name", "Name", "Name"),
    Target(
        "opportunity",
        "state",
        "State",
        "opportunity.IsWon && 'active' || 'open'",
        help="active: it is sold. Anything else is not, or is not any more. Give stages of one's own in the table.",
    ),
    Target(
        "opportunity", "account", "Account's reference", "", help="Where it is empty, the account's there."
    ),
    Target("opportunity", "customer", "Account there", "opportunity.AccountId"),
    Target("opportunity", "closed_on", "Closed on", "opportunity.CloseDate"),
    Target("opportunity", "starts_at", "Starts at", "", help="Where it is empty, when we are told."),
    Target("line", "sku", "SKU", "Product2.ProductCode", help="A line without one is not ours."),
    Target("line", "name", "Line's name", "Id", help="By it a line is known again when it changes."),
    Target("line", "quantity", "Quantity", "Quantity"),
    Target("line", "amount", "Amount", "TotalPrice", help="Of the whole line, net."),
    Target("line", "currency", "Currency", "CurrencyIsoCode || opportunity.CurrencyIsoCode || currency"),
    Target("line", "ends_at", "Ends at", ""),
    Target(
        "trial",
        "offer",
        "Trial offer's name",
        "opportunity.IsClosed == `false` && opportunity.Tokendesk_Trial__c || ''",
        help="Of an open opportunity that asks for a trial.",
    ),
    Target("trial", "reason", "Reason", "opportunity.Name"),
    Target("customer", "available", "Tokens available", "Tokendesk_Available__c", OUT),
    Target("customer", "overage", "Overage", "Tokendesk_Overage__c", OUT),
    Target("customer", "burn_a_day", "Tokens a day", "Tokendesk_Burn_A_Day__c", OUT),
    Target("customer", "runs_out_on", "Runs out on", "Tokendesk_Runs_Out_On__c", OUT),
    Target("customer", "trial", "Trial", "Tokendesk_Trial_State__c", OUT),
    Target("customer", "trial_ends_on", "Trial ends on", "Tokendesk_Trial_Ends_On__c", OUT),
    Target("customer", "plan", "Plan", "Tokendesk_Plan__c", OUT),
    Target("customer", "last_used_at", "Last used", "Tokendesk_Last_Used_At__c", OUT),
    Target("customer", "state", "State", "", OUT),
    Target("customer", "held", "Tokens held", "", OUT),
    Target("customer", "next_expiry_on", "Tokens expire on", "", OUT),
    Target("customer", "next_expiry_tokens", "How many expire then", "", OUT),
)


def account_wishes(account: Mapping[str, Any], mapped: Mapped) -> list[Wish]:
    """An account of theirs as it stands: ours, deleted, or merged into another.

    Raises Unreadable.
    """
    name = name_of(account)
    if is_deleted(account):
        into = account.get("MasterRecordId")
        if into is not None and not (isinstance(into, str) and into):
            raise Unreadable("The account was merged into something odd.", "MasterRecordId")
        return [Merged(name, into) if into else Gone(name)]
    if reference := mapped.text("customer", "reference", account):
        return [Customer(name, reference, mapped.text("customer", "name", account))]
    return [Nothing("The account names no account of ours.")]


def opportunity_wishes(bundle: Mapping[str, Any], mapped: Mapped) -> list[Wish]:
    """An opportunity as it stands: the order that it is or was, and the trial that it asks for.

    Raises Unreadable.
    """
    opportunity = bundle["opportunity"]
    name, version = name_of(opportunity), version_of(bundle)
    if not stamp(opportunity.get("SystemModstamp")):
        raise Unreadable("The opportunity does not say when it was changed.", "opportunity.SystemModstamp")
    if is_deleted(opportunity):
        return [Sale(name, version, state=CANCELLED)]
    is_won = mapped.text("opportunity", "state", bundle) == ACTIVE
    if is_won and _is_older(bundle, mapped):
        return [Nothing(f"It was closed before {bundle['since']}, from when on opportunities count.")]
    lines = _lines(bundle, mapped) if is_won else []
    wishes: list[Wish] = [
        _sale(bundle, name, lines, mapped) if lines else Sale(name, version, state=CANCELLED)
    ]
    if offer := mapped.text("trial", "offer", bundle):
        account, customer = _whose(bundle, mapped)
        reason = mapped.text("trial", "reason", bundle)
        wishes.append(
            TrialWish(f"opportunity {name}", offer, account=account, customer=customer, reason=reason)
        )
    return wishes


def name_of(record: Mapping[str, Any]) -> str:
    """Raises Unreadable."""
    name = record["Id"]
    if not isinstance(name, str) or not name:
        raise Unreadable("The record has no identity.", "Id")
    return name


def is_deleted(record: Mapping[str, Any]) -> bool:
    """Raises Unreadable where it does not say so or not."""
    told = record.get("IsDeleted")
    if not isinstance(told, bool):
        raise Unreadable("The record does not say whether it is deleted.", "IsDeleted")
    return told


def _is_older(bundle: Mapping[str, Any], mapped: Mapped) -> bool:
    closed = mapped.moment("opportunity", "closed_on", bundle)
    since = datetime.fromisoformat(bundle["since"]).replace(tzinfo=UTC)
    return closed is not None and closed < since


def _lines(bundle: Mapping[str, Any], mapped: Mapped) -> list[SaleLine]:
    found = []
    for line in bundle["lines"]:
        told = {**line, "opportunity": bundle["opportunity"], "currency": bundle["currency"]}
        if is_deleted(line) or not (sku := mapped.text("line", "sku", told)):
            continue
        quantity = mapped.number("line", "quantity", told)
        found.append(
            SaleLine(
                sku=sku,
                name=mapped.text("line", "name", told) or None,
                quantity=Decimal(1) if quantity is None else quantity,
                amount=mapped.number("line", "amount", told),
                currency=mapped.text("line", "currency", told) or None,
                ends_at=mapped.moment("line", "ends_at", told),
            )
        )
    return sorted(found, key=lambda line: (len(line.name or ""), line.name or ""))


def _sale(bundle: Mapping[str, Any], name: str, lines: Sequence[SaleLine], mapped: Mapped) -> Sale:
    account, customer = _whose(bundle, mapped)
    starts_at = mapped.moment("opportunity", "starts_at", bundle)
    return Sale(
        name,
        version_of(bundle),
        lines,
        account=account,
        customer=customer,
        state=ACTIVE,
        starts_at=starts_at,
    )


def _whose(bundle: Mapping[str, Any], mapped: Mapped) -> tuple[str, str]:
    """The account or the customer of an opportunity; one of the two is said.

    Raises Unreadable.
    """
    if account := mapped.text("opportunity", "account", bundle):
        return account, ""
    if customer := mapped.text("opportunity", "customer", bundle):
        return "", customer
    raise Unreadable("The opportunity has no account.", "opportunity.AccountId")
