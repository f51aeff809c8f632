"""What HubSpot's companies and deals come to: accounts, orders and trials. Decision 0041 says why so."""

from __future__ import annotations

from collections.abc import Mapping, Sequence
from typing import Any

from billing.connectors.crm import CANCELLED, Sells, figures
from billing.connectors.hubspot_client import changed_at, stamp
from billing.connectors.hubspot_pulling import MERGED, version_of
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

SELLS = Sells("deal", "deals", "companies", "The deal has no primary company.")

TARGETS = (
    Target(
        "customer",
        "reference",
        "Account's reference",
        "properties.tokendesk_account || id",
        help="Where it is empty, the company is no customer of ours.",
    ),
    Target("customer", "name", "Name", "properties.name || properties.domain"),
    Target(
        "deal",
        "state",
        "State",
        "deal.properties.hs_is_closed_won == 'true' && 'active' || 'open'",
        help="active: it is sold. Anything else is not, or is not any more. Give stages of one's own in the table.",
    ),
    Target("deal", "account", "Account's reference", "", help="Where it is empty, the company's account."),
    Target("deal", "customer", "Company", "companies[?primary].id | [0]"),
    Target("deal", "closed_on", "Closed on", "deal.properties.closedate"),
    Target("deal", "starts_at", "Starts at", "", help="Where it is empty, when we are told."),
    Target("line", "sku", "SKU", "properties.hs_sku", help="A line without one is not ours."),
    Target("line", "name", "Line's name", "id", help="By it a line is known again when the deal changes."),
    Target("line", "quantity", "Quantity", "properties.quantity"),
    Target("line", "amount", "Amount", "properties.amount", help="Of the whole line, net."),
    Target(
        "line",
        "currency",
        "Currency",
        "properties.hs_line_item_currency_code || deal.properties.deal_currency_code",
    ),
    Target("line", "ends_at", "Ends at", ""),
    Target(
        "trial",
        "offer",
        "Trial offer's name",
        "deal.properties.hs_is_closed != 'true' && deal.properties.tokendesk_trial || ''",
        help="Of an open deal that asks for a trial.",
    ),
    Target("trial", "reason", "Reason", "deal.properties.dealname"),
    *figures("tokendesk_{}".format),
)


def company_wishes(company: Mapping[str, Any], mapped: Mapped) -> list[Wish]:
    """A company as it stands: what was merged into it first, then the account that it is.

    Raises Unreadable.
    """
    name = name_of(company)
    wishes: list[Wish] = [Merged(gone, name) for gone in merged_of(company, name)]
    if reference := mapped.text("customer", "reference", company):
        return [*wishes, Customer(name, reference, mapped.text("customer", "name", company))]
    return [*wishes, Nothing("The company names no account of ours.")]


def deal_wishes(bundle: Mapping[str, Any], mapped: Mapped) -> list[Wish]:
    """A deal as it stands: the order that it is or was, and the trial that it asks for.

    Raises Unreadable.
    """
    deal = bundle["deal"]
    name, version = name_of(deal), version_of(bundle)
    former = merged_of(deal, name)
    if not changed_at(deal):
        raise Unreadable("The deal does not say when it was changed.", "properties.hs_lastmodifieddate")
    lines = ({**line, "deal": deal} for line in bundle["lines"])
    return SELLS.wishes(bundle, name, version, lines, mapped, former)


def deleted_company(company: Mapping[str, Any]) -> Wish:
    return Gone(name_of(company))


def deleted_deal(deal: Mapping[str, Any]) -> Wish:
    """Raises Unreadable where it does not say when it was deleted."""
    if not (at := stamp(deal.get("archivedAt"))):
        raise Unreadable("The deal does not say when it was deleted.", "archivedAt")
    return Sale(name_of(deal), at, state=CANCELLED)


def name_of(record: Mapping[str, Any]) -> str:
    """Raises Unreadable."""
    name = record["id"]
    if not isinstance(name, str) or not name:
        raise Unreadable("The record has no identity.", "id")
    return name


def merged_of(record: Mapping[str, Any], name: str) -> Sequence[str]:
    """The identities of what was merged into a record, in the order in which they were made.

    Raises Unreadable.
    """
    told = record["properties"].get(MERGED) or ""
    if not isinstance(told, str):
        raise Unreadable("What was merged is no list of identities.", f"properties.{MERGED}")
    parts = [each.strip().partition(":")[0] for each in told.split(";")]
    former = sorted({each for each in parts if each and each != name}, key=lambda each: (len(each), each))
    if any(not (each.isascii() and each.isdigit()) for each in former):
        raise Unreadable(f"What was merged has odd identities: {told[:80]}.", f"properties.{MERGED}")
    return tuple(former)
