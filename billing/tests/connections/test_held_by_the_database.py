"""What connections say is of what is known: the database refuses the rest, whoever writes it."""

from __future__ import annotations

from typing import Any

import pytest
from django.db import IntegrityError, transaction

from billing.models import ExchangeTally, FieldRule, InboxItem, InboxNote, Link, Received
from billing.services import inbox
from billing.services.inbox import Raised
from billing.tests.connections.shops import Shop
from usage.tests.made import clock
from wallets.models import Account


def refused(model: Any, by: str, **fields: Any) -> None:
    with pytest.raises(IntegrityError, match=by), transaction.atomic():
        model.objects.create(**fields)


class TestLinks:
    @pytest.mark.parametrize(
        ("by", "fields"),
        [
            ("linked_customer_has_its_account", {"state": "linked"}),
            ("link_is_merged_into_another", {"state": "merged"}),
            ("link_is_merged_into_another", {"state": "merged", "merged_into": "1"}),
            ("link_is_merged_into_another", {"state": "gone", "merged_into": "2"}),
            ("link_is_merged_into_another", {"state": "lost"}),
        ],
    )
    def test_are_of_an_account_or_merged_into_another(
        self, shop: Shop, by: str, fields: dict[str, str]
    ) -> None:
        now = clock()
        made = {"connection": shop.row, "kind": "customer", "external_id": "1"}
        refused(Link, by, **made, created_at=now, changed_at=now, **fields)


class TestChoices:
    def test_are_those_that_are_known(self, shop: Shop, acme: Account) -> None:
        item = InboxItem.objects.get(pk=inbox.raise_item(Raised("burn", acme.reference, "It burns")))
        told = {"external_id": "1", "kind": "sale", "digest": b"1", "received_at": clock()}

        refused(FieldRule, "field_is_filled_in_or_out", connection=shop.row, direction="up")
        refused(Received, "record_came_in_a_known_way", connection=shop.row, way="post", **told)
        refused(ExchangeTally, "exchange_went_well_or_failed", connection=shop.row, job="x", outcome="so-so")
        refused(InboxNote, "inbox_note_verb_is_known", item=item, verb="lost", at=clock())
