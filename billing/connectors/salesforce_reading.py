"""What Salesforce's accounts and opportunities come to: accounts, orders and trials. Decision 0043 says why so."""

from __future__ import annotations

from collections.abc import Mapping
from typing import Any

from billing.connectors.crm import CANCELLED, Sells, figures
from billing.connectors.salesforce_client import stamp
from billing.connectors.salesforce_pulling import version_of
from billing.rules.connecting import (
    Customer,
    Gone,
    Merged,
    Nothing,
    Sale,
    Unreadable,
    Wish,
)
from billing.rules.mapping import Mapped, Target

SELLS = Sells("opportunity", "opportunities", "opportunity.AccountId", "The opportunity has no account.")

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
    *figures(lambda name: f"Tokendesk_{name.title()}__c"),
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
    beside = {"opportunity": opportunity, "currency": bundle["currency"]}
    lines = (line | beside for line in bundle["lines"] if not is_deleted(line))
    return SELLS.wishes(bundle, name, version, lines, mapped)


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
