"""Explanations of debits that a re-rating charged, or gave back."""

from __future__ import annotations

from typing import Any

import pytest

from usage.queries.explanations import explain
from usage.services import reversing
from usage.tests.made import DAY, HOUR, UNLIMITED, Shop, a_grant, a_reversal
from usage.tests.reported import an_event, debit_of, rate, report
from usage.tests.rerated import (
    LATER,
    MARCH,
    SPRING,
    a_payer,
    asked,
    booked,
    corrected_prices,
    now_charged,
    taken_back,
)

pytestmark = pytest.mark.django_db


@pytest.fixture
def shop() -> Shop:
    return Shop(since=SPRING - 40 * DAY)


def step(debit_id: Any, name: str) -> dict[str, Any]:
    return next(each for each in explain(debit_id)["steps"] if each["step"] == name)


def agrees(debit_id: Any) -> bool:
    return all(each.get("agrees", True) for each in explain(debit_id)["steps"])


class TestExplain:
    def test_says_in_whose_place_a_debit_stands_and_as_what_one_was_charged_anew(self, shop: Shop) -> None:
        account = a_payer(shop, "100")
        old = shop.debit(account, "10", now=SPRING + HOUR)
        reversing.reverse(a_reversal(old, "4", now=SPRING + DAY))
        version = corrected_prices(shop)

        row = booked(asked(shop, version, **MARCH), LATER)

        new = now_charged(old.id)
        assert step(new.pk, "rerating")["text"] == (
            f"It charges anew what debit {old.id} had charged as 10.000000 AIT, by re-rating {row.pk},"
            f" which mina asked for and tom approved: The price was wrong. Priced by rate table"
            f" {version.table.code}, version 1."
            " 4.000000 AIT that had been given back of the usage were given back again."
        )
        assert step(old.id, "replaced")["text"] == (
            f"On 2026-04-30T00:00:00Z it was given back and its usage charged anew as debit {new.pk} of 20.000000 AIT,"
            f" by re-rating {row.pk}, which mina asked for and tom approved: The price was wrong."
        )
        assert (agrees(old.id), agrees(new.pk)) == (True, True)

    def test_says_that_it_was_taken_back(self, shop: Shop) -> None:
        account = a_payer(shop, "100")
        old = shop.debit(account, "10", now=SPRING + HOUR)
        row = booked(asked(shop, corrected_prices(shop), **MARCH), LATER)

        taken_back(row, LATER)

        assert step(now_charged(old.id).pk, "rerating")["text"].endswith(
            f"when re-rating {row.pk} was taken back by tom: It was right after all. Priced as it was before."
        )
        assert agrees(now_charged(old.id).pk)

    @pytest.mark.parametrize("tokens", ["0.5", "3"])
    def test_agrees_where_grants_are_over_and_pay_again(self, shop: Shop, tokens: str) -> None:
        account = shop.an_account(SPRING - DAY, policy=UNLIMITED)
        a_grant(account, "50", now=SPRING - DAY, expires_at=SPRING + 10 * DAY)
        a_grant(account, "10", now=SPRING - DAY)
        old = shop.debit(account, "40", now=SPRING + HOUR)

        booked(asked(shop, corrected_prices(shop, tokens=tokens), **MARCH), LATER)

        assert agrees(now_charged(old.id).pk)

    def test_names_the_event_that_was_booked_first(self, shop: Shop) -> None:
        account = shop.an_account(policy=UNLIMITED)
        sent = an_event(shop, account, "10", at=SPRING + HOUR)
        report(shop, sent)
        rate(SPRING + DAY)
        old = debit_of(sent)
        assert old is not None

        booked(asked(shop, corrected_prices(shop), **MARCH), LATER)

        assert step(now_charged(old.pk).pk, "event")["id"] == sent.sent_id
        assert agrees(now_charged(old.pk).pk)
