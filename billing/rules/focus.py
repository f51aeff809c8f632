"""Charges as rows of FOCUS 1.2, the FinOps Open Cost and Usage Specification, with prices in a virtual currency.

Every amount of one row follows from that row: costs are unit prices times quantities, to the last digit.
"""

from __future__ import annotations

from collections.abc import Iterable, Iterator, Mapping
from dataclasses import dataclass
from datetime import date
from decimal import ROUND_HALF_UP, Decimal
from typing import Any

from billing.rules.months import next_month
from config.kernel.amounts import EXACT, plain
from config.kernel.csv_lines import csv_line
from config.kernel.neutral import neutral

ZERO, PRICE_PLACES = Decimal(0), Decimal(1).scaleb(-15)
COLUMNS = (
    *("BilledCost", "BillingAccountId", "BillingAccountName", "BillingCurrency", "BillingPeriodEnd"),
    *("BillingPeriodStart", "ChargeCategory", "ChargeClass", "ChargeDescription", "ChargeFrequency"),
    *("ChargePeriodEnd", "ChargePeriodStart", "ConsumedQuantity", "ConsumedUnit", "ContractedCost"),
    *("ContractedUnitPrice", "EffectiveCost", "InvoiceId", "InvoiceIssuerName", "ListCost", "ListUnitPrice"),
    *("PricingCategory", "PricingCurrency", "PricingCurrencyContractedUnitPrice"),
    *("PricingCurrencyEffectiveCost", "PricingCurrencyListUnitPrice", "PricingQuantity", "PricingUnit"),
    *("ProviderName", "PublisherName", "ServiceCategory", "ServiceName", "ServiceSubcategory", "SkuId"),
    *("SkuMeter", "SkuPriceDetails", "SkuPriceId", "SubAccountId", "SubAccountName"),
    *("x_GrantId", "x_GrantKind", "x_RelatedInvoiceId", "x_Source"),
)
CATEGORY, SUBCATEGORY = "AI and Machine Learning", "Other (AI and Machine Learning)"
USAGE, PURCHASE, CREDIT, ADJUSTMENT = "Usage", "Purchase", "Credit", "Adjustment"


@dataclass(frozen=True, slots=True)
class Charge:
    """One row. quantity: in `unit`, or None where nothing is priced by it. Prices are of one of these.

    price, list_price: in `currency`; priced, list_priced, effective_priced: in `pricing_currency`.
    ends_on: the first day after the charge's.
    """

    source: str
    category: str
    account: str
    account_name: str
    parent: str | None
    parent_name: str | None
    starts_on: date
    ends_on: date
    description: str
    currency: str
    pricing_currency: str
    billed: Decimal = ZERO
    effective: Decimal = ZERO
    effective_priced: Decimal = ZERO
    quantity: Decimal | None = None
    unit: str | None = None
    price: Decimal | None = None
    list_price: Decimal | None = None
    priced: Decimal | None = None
    list_priced: Decimal | None = None
    frequency: str = "One-Time"
    service: str | None = None
    sku: str | None = None
    sku_price: str | None = None
    invoice: str | None = None
    of_invoice: str | None = None
    grant: str | None = None
    grant_kind: str | None = None
    is_correction: bool = False


def charge_of(found: Mapping[str, Any], reporting: str) -> Charge:
    """A charge from what a query found. reporting: the currency of what nothing was paid for."""
    about = {name: found[name] for name in ("source", "account", "account_name", "parent", "parent_name")}
    about |= {name: found[name] for name in ("starts_on", "ends_on")}
    if found["source"] in ("usage", "reversal", "repayment"):
        return _usage(about, found, found["currency"] or reporting)
    if found["source"] == "credit_note":
        return Charge(
            **about,
            category=CREDIT,
            description=f"Credit: {found['description']}",
            currency=found["currency"],
            pricing_currency=found["currency"],
            billed=found["amount"],
            effective=found["effective"],
            effective_priced=found["effective"],
            invoice=found["invoice"],
            of_invoice=found["of_invoice"],
            is_correction=found["is_late"],
        )
    if found["source"] == "earned":
        return Charge(
            **about,
            category=ADJUSTMENT,
            description=found["description"],
            currency=found["currency"],
            pricing_currency=found["currency"],
            effective=found["effective"],
            effective_priced=found["effective"],
            service=found["product"],
            sku=found["sku"],
            of_invoice=found["of_invoice"],
        )
    return _purchase(about, found)


def _usage(about: Mapping[str, Any], found: Mapping[str, Any], currency: str) -> Charge:
    tokens, quantity = found["tokens"], found["quantity"]
    is_repayment = found["source"] == "repayment"
    each = _quotient(tokens, quantity)
    listed = each if found["list_tokens"] is None else found["list_tokens"]
    token_price = found["token_price"] or ZERO
    token_list = found["token_price"] if found["token_list_price"] is None else found["token_list_price"]
    name = found["description"] or found["sku"] or "usage"
    said = {
        "usage": name,
        "reversal": f"{name}, given back",
        "repayment": f"{name}: overage paid by a purchase",
    }
    return Charge(
        **about,
        category=ADJUSTMENT if is_repayment else USAGE,
        description=said[found["source"]],
        currency=currency,
        pricing_currency=found["token"],
        effective=found["effective"],
        effective_priced=tokens,
        quantity=None if is_repayment else quantity,
        unit=None if is_repayment else (found["unit"] or "Units"),
        price=None if is_repayment else _price(each * token_price),
        list_price=None if is_repayment else _price(listed * (token_list or ZERO)),
        priced=None if is_repayment else _price(each),
        list_priced=None if is_repayment else _price(listed),
        frequency="Usage-Based",
        service=found["product"],
        sku=found["sku"],
        sku_price=found["price"] or found["sku"],
        grant=found["grant"],
        grant_kind=found["grant_kind"],
        is_correction=found["is_late"],
    )


def _purchase(about: Mapping[str, Any], found: Mapping[str, Any]) -> Charge:
    amount, quantity = found["amount"], abs(found["quantity"])
    price = _quotient(abs(amount), quantity)
    listed = found["list_amount"]
    list_price = price if listed is None else _quotient(abs(listed), quantity)
    return Charge(
        **about,
        category=PURCHASE,
        description=found["description"],
        currency=found["currency"],
        pricing_currency=found["currency"],
        billed=amount,
        effective=found["effective"],
        effective_priced=found["effective"],
        quantity=-quantity if amount < 0 else quantity,
        unit=found["token"] or "Units",
        price=_price(price),
        list_price=_price(list_price),
        priced=_price(price),
        list_priced=_price(list_price),
        frequency="Recurring" if found["is_recurring"] else "One-Time",
        sku=found["sku"] or found["kind"],
        sku_price=found["sku"] or found["kind"],
        invoice=found["invoice"],
    )


def _quotient(amount: Decimal, quantity: Decimal) -> Decimal:
    return EXACT.divide(amount, quantity) if quantity else ZERO


def _price(amount: Decimal) -> Decimal:
    return abs(amount).quantize(PRICE_PLACES, rounding=ROUND_HALF_UP, context=EXACT)


def row_of(charge: Charge, month: date, seller: str) -> dict[str, str]:
    """A charge as FOCUS names it; what is null is left out."""
    found: dict[str, Any] = {
        **_about(charge),
        **_priced(charge),
        "BilledCost": charge.billed,
        "BillingPeriodEnd": next_month(month),
        "BillingPeriodStart": month,
        "EffectiveCost": charge.effective,
        "InvoiceIssuerName": seller,
        "ProviderName": seller,
        "PublisherName": seller,
        "ServiceCategory": CATEGORY,
        "ServiceName": charge.service or seller,
        "ServiceSubcategory": SUBCATEGORY,
    }
    if charge.category == USAGE:
        found |= {"ConsumedQuantity": charge.quantity, "ConsumedUnit": charge.unit}
    return {name: _written(value) for name, value in found.items() if value is not None and value != ""}


def _about(charge: Charge) -> dict[str, Any]:
    """Whose charge it is, of what and of which time."""
    return {
        "BillingAccountId": charge.parent or charge.account,
        "BillingAccountName": charge.parent_name if charge.parent else charge.account_name,
        "ChargeCategory": charge.category,
        "ChargeClass": "Correction" if charge.is_correction else None,
        "ChargeDescription": charge.description,
        "ChargeFrequency": charge.frequency,
        "ChargePeriodEnd": charge.ends_on,
        "ChargePeriodStart": charge.starts_on,
        "InvoiceId": charge.invoice,
        "SkuId": charge.sku,
        "SkuMeter": charge.sku and (charge.unit or charge.sku),
        "SkuPriceId": charge.sku_price,
        "SubAccountId": charge.account if charge.parent else None,
        "SubAccountName": charge.account_name if charge.parent else None,
        "x_GrantId": charge.grant,
        "x_GrantKind": charge.grant_kind,
        "x_RelatedInvoiceId": charge.of_invoice,
        "x_Source": charge.source,
    }


def _priced(charge: Charge) -> dict[str, Any]:
    """What it costs by its prices, in money and in what it is priced in."""
    return {
        "BillingCurrency": charge.currency,
        "ContractedCost": _cost(charge, charge.price),
        "ContractedUnitPrice": charge.price,
        "ListCost": _cost(charge, charge.list_price),
        "ListUnitPrice": charge.list_price,
        "PricingCategory": "Standard" if charge.category in (USAGE, PURCHASE) else None,
        "PricingCurrency": charge.pricing_currency,
        "PricingCurrencyContractedUnitPrice": charge.priced,
        "PricingCurrencyEffectiveCost": charge.effective_priced,
        "PricingCurrencyListUnitPrice": charge.list_priced,
        "PricingQuantity": charge.quantity,
        "PricingUnit": charge.unit,
    }


def _cost(charge: Charge, price: Decimal | None) -> Decimal:
    """A unit price times its quantity; of what has none, what is billed."""
    if price is None or charge.quantity is None:
        return charge.billed
    return EXACT.multiply(price, charge.quantity)


def _written(value: Any) -> str:
    if isinstance(value, Decimal):
        text = plain(value)
        return "0" if text == "-0" else text
    if isinstance(value, date):
        return f"{value.isoformat()}T00:00:00Z"
    return neutral(str(value))


def as_csv(charges: Iterable[Charge], month: date, seller: str) -> Iterator[str]:
    """The rows as CSV, one by one; a cell that is null is empty."""
    yield csv_line(COLUMNS)
    for charge in charges:
        row = row_of(charge, month, seller)
        yield csv_line([row.get(name, "") for name in COLUMNS])
