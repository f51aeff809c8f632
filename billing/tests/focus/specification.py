"""FOCUS 1.2 as published: of each column that files of ours carry, its type, whether it may be null, and its values.

Source: FinOps-Open-Cost-and-Usage-Spec/FOCUS_Spec, tag v1.2, specification/columns and specification/attributes.
"""

from __future__ import annotations

import re
from collections.abc import Iterator, Mapping
from decimal import Decimal

MANDATORY = (
    *("BilledCost", "BillingAccountId", "BillingAccountName", "BillingCurrency", "BillingPeriodEnd"),
    *("BillingPeriodStart", "ChargeCategory", "ChargeClass", "ChargeDescription", "ChargePeriodEnd"),
    *("ChargePeriodStart", "ContractedCost", "EffectiveCost", "InvoiceIssuerName", "ListCost"),
    *("PricingQuantity", "PricingUnit", "ProviderName", "PublisherName", "ServiceCategory", "ServiceName"),
)
RECOMMENDED = ("AvailabilityZone", "ChargeFrequency", "InvoiceId", "ServiceSubcategory")
CONDITIONAL = (
    *(
        "BillingAccountType",
        "CapacityReservationId",
        "CapacityReservationStatus",
        "CommitmentDiscountCategory",
    ),
    *(
        "CommitmentDiscountId",
        "CommitmentDiscountName",
        "CommitmentDiscountQuantity",
        "CommitmentDiscountStatus",
    ),
    *("CommitmentDiscountType", "CommitmentDiscountUnit", "ConsumedQuantity", "ConsumedUnit"),
    *("ContractedUnitPrice", "ListUnitPrice", "PricingCategory", "PricingCurrency"),
    *("PricingCurrencyContractedUnitPrice", "PricingCurrencyEffectiveCost", "PricingCurrencyListUnitPrice"),
    *("RegionId", "RegionName", "ResourceId", "ResourceName", "ResourceType", "SkuId", "SkuMeter"),
    *("SkuPriceDetails", "SkuPriceId", "SubAccountId", "SubAccountName", "SubAccountType", "Tags"),
)
NEVER_NULL = (
    *("BilledCost", "BillingAccountId", "BillingCurrency", "BillingPeriodEnd", "BillingPeriodStart"),
    *("ChargeCategory", "ChargeFrequency", "ChargePeriodEnd", "ChargePeriodStart", "ContractedCost"),
    *("EffectiveCost", "InvoiceIssuerName", "ListCost", "PricingCurrency", "PricingCurrencyEffectiveCost"),
    *("ProviderName", "PublisherName", "ServiceCategory", "ServiceName", "ServiceSubcategory"),
)
# Not null of usage and purchases that are no corrections.
PRICED = (
    *("ContractedUnitPrice", "ListUnitPrice", "PricingCategory", "PricingCurrencyContractedUnitPrice"),
    *("PricingCurrencyListUnitPrice", "PricingQuantity", "PricingUnit", "SkuId", "SkuPriceId"),
)
NOT_NEGATIVE = (
    *("ContractedUnitPrice", "ListUnitPrice", "PricingCurrencyContractedUnitPrice"),
    "PricingCurrencyListUnitPrice",
)
DECIMAL = (
    *("BilledCost", "ConsumedQuantity", "ContractedCost", "EffectiveCost", "ListCost", "PricingQuantity"),
    *("PricingCurrencyEffectiveCost", *NOT_NEGATIVE),
)
INSTANT = ("BillingPeriodEnd", "BillingPeriodStart", "ChargePeriodEnd", "ChargePeriodStart")
VALUES = {
    "ChargeCategory": {"Usage", "Purchase", "Tax", "Credit", "Adjustment"},
    "ChargeClass": {"Correction"},
    "ChargeFrequency": {"One-Time", "Recurring", "Usage-Based"},
    "PricingCategory": {"Standard", "Dynamic", "Committed", "Other"},
    "ServiceCategory": {"AI and Machine Learning"},  # of nineteen; its subcategories are six
    "ServiceSubcategory": {
        *("AI Platforms", "Bots", "Generative AI", "Machine Learning", "Natural Language Processing"),
        "Other (AI and Machine Learning)",
    },
}
NATIONAL = re.compile(r"[A-Z]{3}")
NUMBER = re.compile(r"-?[0-9]+(\.[0-9]+)?(E-?[0-9]+)?")
MOMENT = re.compile(r"[0-9]{4}-[0-9]{2}-[0-9]{2}T[0-9]{2}:[0-9]{2}:[0-9]{2}Z")

Row = Mapping[str, str]


def faults_of_columns(columns: list[str]) -> Iterator[str]:
    """FOCUS columns come first and are known, each mandatory one is there, and custom ones begin with x_."""
    own = [each for each in columns if each.startswith("x_")]
    focus = columns[: len(columns) - len(own)]
    known = {*MANDATORY, *RECOMMENDED, *CONDITIONAL}
    yield from (f"{each} is missing" for each in MANDATORY if each not in focus)
    yield from (f"{each} is unknown" for each in focus if each not in known)
    if focus != sorted(focus) or len(set(columns)) != len(columns) or columns[len(focus) :] != own:
        yield "the order"


def faults_of(row: Row) -> Iterator[str]:
    """What the specification forbids of a row. A null is an empty cell."""
    yield from (f"{each} is null" for each in NEVER_NULL if not row[each])
    yield from (f"{each} is no number" for each in DECIMAL if row[each] and not NUMBER.fullmatch(row[each]))
    yield from (f"{each} is no instant" for each in INSTANT if not MOMENT.fullmatch(row[each]))
    yield from (f"{each} is {row[each]}" for each in VALUES if row[each] and row[each] not in VALUES[each])
    yield from (f"{each} is negative" for each in NOT_NEGATIVE if row[each].startswith("-"))
    if not NATIONAL.fullmatch(row["BillingCurrency"]):
        yield "BillingCurrency is no national currency"
    if row["ChargePeriodStart"] >= row["ChargePeriodEnd"]:
        yield "the charge period is empty"
    yield from _faults_of_category(row)
    yield from _faults_of_prices(row)


def _faults_of_category(row: Row) -> Iterator[str]:
    category, is_correction = row["ChargeCategory"], bool(row["ChargeClass"])
    if category in ("Usage", "Purchase") and not is_correction:
        yield from (f"{each} is null" for each in PRICED if not row[each])
    if category != "Usage" and (row["ConsumedQuantity"] or row["ConsumedUnit"]):
        yield "something that is no usage is consumed"
    if category == "Usage" and not is_correction and not (row["ConsumedQuantity"] and row["ConsumedUnit"]):
        yield "usage consumes nothing"
    if category == "Purchase" and row["ChargeFrequency"] == "Usage-Based":
        yield "a purchase is based on usage"
    if bool(row["PricingQuantity"]) != bool(row["PricingUnit"]):
        yield "a quantity without its unit"
    if not row["SkuId"] and row["SkuMeter"]:
        yield "a meter without its SKU"
    if not row["SkuPriceId"] and row["SkuPriceDetails"]:
        yield "details without their price"


def _faults_of_prices(row: Row) -> Iterator[str]:
    for cost, price in (("ContractedCost", "ContractedUnitPrice"), ("ListCost", "ListUnitPrice")):
        if not row[price]:
            if row["ChargeCategory"] == "Credit" and row[cost] != row["BilledCost"]:
                yield f"{cost} is not what is billed"
        elif not row["ChargeClass"] and Decimal(row[price]) * Decimal(row["PricingQuantity"]) != Decimal(
            row[cost]
        ):
            yield f"{cost} is not {price} times the quantity"
