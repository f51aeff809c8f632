"""What HubSpot's companies and deals come to: accounts, orders and trials. Decision 0041 says why so."""

from __future__ import annotations

from collections.abc import Mapping, Sequence
from datetime import UTC, datetime
from decimal import Decimal
from typing import Any

from billing.connectors.hubspot_client import changed_at, stamp
from billing.connectors.hubspot_pulling import MERGED, version_of
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
    Target("customer", "available", "Tokens available", "tokendesk_available", OUT),
    Target("customer", "overage", "Overage", "tokendesk_overage", OUT),
    Target("customer", "burn_a_day", "Tokens a day", "tokendesk_burn_a_day", OUT),
    Target("customer", "runs_out_on", "Runs out on", "tokendesk_runs_out_on", OUT),
    Target("customer", "trial", "Trial", "tokendesk_trial_state", OUT),
    Target("customer", "trial_ends_on", "Trial ends on", "tokendesk_trial_ends_on", OUT),
    Target("customer", "plan", "Plan", "tokendesk_plan", OUT),
    Target("customer", "last_used_at", "Last used", "tokendesk_last_used_at", OUT),
    Target("customer", "state", "State", "", OUT),
    Target("customer", "held", "Tokens held", "", OUT),
    Target("customer", "next_expiry_on", "Tokens expire on", "", OUT),
    Target("customer", "next_expiry_tokens", "How many expire then", "", OUT),
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
    is_won = mapped.text("deal", "state", bundle) == ACTIVE
    if is_won and _is_older(bundle, mapped):
        return [Nothing(f"It was closed before {bundle['since']}, from when on deals count.")]
    lines = _lines(bundle, mapped) if is_won else []
    if lines:
        wishes: list[Wish] = [_sale(bundle, name, version, lines, former, mapped)]
    else:
        wishes = [Sale(name, version, state=CANCELLED, formerly=former)]
    if offer := mapped.text("trial", "offer", bundle):
        wishes.append(_trial(bundle, name, offer, former, mapped))
    return wishes


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


def _is_older(bundle: Mapping[str, Any], mapped: Mapped) -> bool:
    closed = mapped.moment("deal", "closed_on", bundle)
    since = datetime.fromisoformat(bundle["since"]).replace(tzinfo=UTC)
    return closed is not None and closed < since


def _lines(bundle: Mapping[str, Any], mapped: Mapped) -> list[SaleLine]:
    found = []
    for line in bundle["lines"]:
        told = {**line, "deal": bundle["deal"]}
        if not (sku := mapped.text("line", "sku", told)):
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


def _sale(
    bundle: Mapping[str, Any],
    name: str,
    version: int,
    lines: Sequence[SaleLine],
    former: Sequence[str],
    mapped: Mapped,
) -> Sale:
    account, customer = _whose(bundle, mapped)
    return Sale(
        name,
        version,
        lines,
        account=account,
        customer=customer,
        state=ACTIVE,
        starts_at=mapped.moment("deal", "starts_at", bundle),
        formerly=former,
    )


def _trial(bundle: Mapping[str, Any], name: str, offer: str, former: Sequence[str], mapped: Mapped) -> Wish:
    if former:
        return Nothing("It was merged of several deals: a trial for it is issued by hand.")
    account, customer = _whose(bundle, mapped)
    reason = mapped.text("trial", "reason", bundle)
    return TrialWish(f"deal {name}", offer, account=account, customer=customer, reason=reason)


def _whose(bundle: Mapping[str, Any], mapped: Mapped) -> tuple[str, str]:
    """The account or the customer of a deal; one of the two is said.

    Raises Unreadable.
    """
    if account := mapped.text("deal", "account", bundle):
        return account, ""
    if customer := mapped.text("deal", "customer", bundle):
        return "", customer
    raise Unreadable("The deal has no primary company.", "companies")
