"""Orders that race with a change of the account's segment: both take the shared terms before the account."""

from __future__ import annotations

from concurrent.futures import ThreadPoolExecutor

import pytest
from django.db import transaction

from billing.tests.orders.sold import a_line, an_offer, order
from usage.queries.terms import own_terms
from usage.rules.enrolment import Enrolment
from usage.services import segments, terms
from usage.tests.made import AUTHOR, Shop, a_segment, clock, named
from usage.tests.racing import blocked

pytestmark = pytest.mark.committed


class TestOrder:
    def test_that_gives_a_segment_back_waits_for_nobody_who_waits_for_its_account(self) -> None:
        shop = Shop()
        acme = shop.an_account()
        first, second = (a_segment() for _ in range(2))
        segments.move_segment(segment=first, table=shop.table, author=AUTHOR)
        terms.enrol(reference=acme.reference, asked=Enrolment(segment=first.code), author=AUTHOR)
        plan, name = an_offer(rate_table=shop.table.code), named("SO")

        with ThreadPoolExecutor(2) as threads, transaction.atomic():
            order(acme, a_line(plan), external_id=name)
            cancelled = blocked(
                threads, lambda: order(acme, a_line(plan), external_id=name, version=2, state="cancelled")
            )
            asked = Enrolment(segment=second.code)
            moved = blocked(
                threads, lambda: terms.enrol(reference=acme.reference, asked=asked, author=AUTHOR)
            )

        assert cancelled.result()["state"] == "cancelled"
        assert moved.result().is_bound
        now = own_terms(acme.pk, clock())
        assert now
        assert now.segment == second
