"""A shop of somebody else's that told of a customer, of what he bought, and of money given back."""

from __future__ import annotations

from decimal import Decimal
from typing import Any

import orjson

from billing.models import ExternalRefund, ExternalSale, Link, Received, RefundChange
from billing.rules.connecting import Merged, Record, RefundFailed
from billing.services import erasing, keeping, receiving, wishes
from billing.services.erasing import Erasure
from billing.services.receiving import Told
from billing.tests.connections.shops import a_sale, a_shop
from billing.tests.orders.sold import an_offer, bought
from usage.tests.made import DAY, clock, named


def connections() -> dict[str, Any]:
    """Names of what was written."""
    shop, reference = a_shop(), named("told")
    sku = an_offer("100", tokens=[bought("1000")]).code
    refund = {"type": "refund", "order": "SO-1", "currency": "USD"}
    told = (
        {"type": "customer", "external_id": "17", "account": reference, "name": "Told"},
        a_sale("", sku, "SO-1", customer="17", version=2),
        a_sale("", sku, "SO-1", customer="17", version=1, state="cancelled"),
        refund | {"external_id": "R-1", "amount": "40"},
        a_sale("", sku, "SO-2", customer="17"),
        refund | {"external_id": "R-2", "amount": "100", "order": "SO-2", "whole": True},
    )
    for place, each in enumerate(told):
        record = Record(f"msg-{place}", str(each.get("type", "order")), {})
        receiving.store(shop.row.pk, [Told(record, orjson.dumps(each))], "call")
    wishes.grant(shop.row, Merged("16", "17"))
    shop.work()
    assert set(shop.states()) == {"applied"}
    erased = Received.objects.get(connection=shop.row, external_id="msg-4").pk
    erasure = Erasure("a person", "He asked for it.")
    assert erasing.erase(connection_id=shop.row.pk, received_id=erased, erasure=erasure)
    wishes.grant(shop.row, RefundFailed("R-3", "SO-1", Decimal(10), "USD"))
    records = Received.objects.filter(connection=shop.row).order_by("id").values_list("pk", flat=True)
    names = ("told_customer", "told_sale", "told_late", "told_refund", "told_second", "told_whole")
    return dict(zip(names, records, strict=True)) | {
        "external_sale": ExternalSale.objects.get(connection=shop.row, external_id="SO-1").pk,
        "external_sale_undone": ExternalSale.objects.get(connection=shop.row, external_id="SO-2").pk,
        "told_long_ago": _told_long_ago(),
        "external_refund": ExternalRefund.objects.get(sale__connection=shop.row, external_id="R-1").pk,
        "refund_change": RefundChange.objects.get(refund__sale__connection=shop.row).pk,
        "merged_link": Link.objects.get(connection=shop.row, external_id="16").pk,
        "customer_link": Link.objects.get(connection=shop.row, external_id="17").pk,
    }


def _told_long_ago() -> Any:
    """A record of another shop whose body was removed for its age."""
    shop = a_shop()
    receiving.store(shop.row.pk, [Told(Record("old", "ignore", {}), b'{"type": "ignore"}')], "call")
    shop.work()
    assert keeping.tidy([shop.row], 20, clock() + 91 * DAY).bodies == 1
    return Received.objects.get(connection=shop.row).pk
