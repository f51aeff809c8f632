"""Grants, ledger, refusals and price lists as callers see them."""

from decimal import Decimal
from uuid import UUID, uuid4

import pytest

from config.kernel.errors import InsufficientTokens, NoRate, NotFound
from usage.queries.denials import denial
from usage.queries.grants import grant, grants_page
from usage.queries.ledger import ledger_page
from usage.queries.pricelists import price_list
from usage.rules.enrolment import Enrolment
from usage.rules.grants import TransferOrder
from usage.services import granting, terms
from usage.tests.held import a_hold
from usage.tests.made import AUTHOR, DAY, Shop, a_call, a_grant, a_product, an_account, clock, named, up_to
from wallets.errors import AccountMissing
from wallets.services import ledger

pytestmark = pytest.mark.django_db


class TestGrant:
    def test_counts_what_has_expired_as_expired_whether_or_not_it_was_swept(self) -> None:
        account, now = an_account(), clock()
        made = a_grant(account, "10", now=now - 2 * DAY, expires_at=now - DAY)

        before = grant(made.pk)
        ledger.expire(account_id=account.pk)

        assert (before["state"], before["remaining"], before["expired"]) == (
            "expired",
            "0.000000",
            "10.000000",
        )
        assert grant(made.pk) == before

    def test_tells_its_state(self) -> None:
        shop, now = Shop(), clock()
        account = shop.an_account()
        spent = a_grant(account, "1")
        shop.debit(account, "1")
        made = [spent, a_grant(account), a_grant(account, effective_at=now + DAY), a_grant(account)]
        granting.void(grant_id=made[3].pk, reason="", call=a_call())

        assert [grant(each.pk)["state"] for each in made] == ["spent", "open", "pending", "voided"]

    def test_refuses_one_that_does_not_exist(self) -> None:
        with pytest.raises(NotFound):
            grant(uuid4())


class TestGrantsPage:
    def test_shows_the_newest_first_and_goes_on_after_the_last(self) -> None:
        account = an_account()
        made = [str(a_grant(account, str(n)).pk) for n in range(1, 6)]
        a_grant(an_account())

        first = [row["id"] for row in grants_page(account.reference, after=None, limit=3)]
        second = [row["id"] for row in grants_page(account.reference, after=first[-1], limit=3)]

        assert first + second == made[::-1]


class TestLedgerPage:
    def test_shows_the_newest_movement_first_and_goes_on_after_the_last(self) -> None:
        shop = Shop()
        account = shop.an_account(policy=up_to("50"))
        a_grant(account, "10")
        receipt = shop.debit(account, "15")

        rows = ledger_page(account.reference, after=None, limit=2)
        last = ledger_page(account.reference, after=str(rows[-1]["number"]), limit=2)

        told = [
            (row["number"], row["kind"], row["tokens"], row["balance_before"], row["balance_after"])
            for row in rows
        ]
        assert told == [
            (3, "overage", "5.000000", "0.000000", "-5.000000"),
            (2, "draw", "10.000000", "10.000000", "0.000000"),
        ]
        assert [row["kind"] for row in last] == ["grant"]
        assert (rows[0]["overage_after"], rows[0]["grant"]) == ("5.000000", None)
        assert (rows[1]["cause"], rows[1]["cause_id"]) == ("debit", str(receipt.id))

    def test_of_an_account_that_never_moved_is_empty(self) -> None:
        assert ledger_page(an_account().reference, after=None, limit=5) == []


class TestDenial:
    def test_shows_request_figures_and_reason_in_sentences(self) -> None:
        shop = Shop()
        account = shop.an_account(policy=up_to("5"))
        a_grant(account, "10")
        shop.debit(account, "12")
        with pytest.raises(InsufficientTokens) as refusal:
            shop.debit(account, "4")

        told = denial(UUID(str(refusal.value.extras["denial"])), shop.product.pk)

        assert (told["account"], told["feature"], told["reason"], told["count"]) == (
            account.reference,
            shop.chat,
            "insufficient-tokens",
            1,
        )
        assert told["request"]["items"] == [{"feature": shop.chat, "quantity": "4", "dimensions": {}}]
        assert (told["request"]["table"], told["request"]["version"]) == (shop.table.code, 1)
        assert told["explanation"] == [
            "4.000000 tokens were asked for.",
            "The grants in force could pay 0.000000 of them.",
            "The policy allows overage up to 5.000000, and 2.000000 were owed already.",
            "1.000000 were missing.",
        ]

    def test_tells_of_room_that_holds_keep(self) -> None:
        shop = Shop()
        account = shop.an_account(policy=up_to("5"))
        a_hold(shop, account, "3")
        with pytest.raises(InsufficientTokens) as refusal:
            shop.debit(account, "4")

        assert denial(UUID(str(refusal.value.extras["denial"])), shop.product.pk)["explanation"] == [
            "4.000000 tokens were asked for.",
            "The grants in force could pay 0.000000 of them.",
            "The policy allows overage up to 5.000000, and 0.000000 were owed already.",
            "Room for 3.000000 more is promised to holds.",
            "2.000000 were missing.",
        ]

    def test_shows_a_refused_transfer(self) -> None:
        parent = an_account()
        part = an_account(parent=parent.reference)
        with pytest.raises(InsufficientTokens) as refusal:
            granting.transfer(
                reference=parent.reference, order=TransferOrder(part.reference, Decimal(1)), call=a_call()
            )

        told = denial(UUID(str(refusal.value.extras["denial"])))

        assert told["request"] == {"transfer": {"to": part.reference, "tokens": "1.000000", "reason": ""}}
        assert told["explanation"][-1] == "1.000000 were missing."

    def test_of_another_product_is_not_to_be_seen(self) -> None:
        shop = Shop()
        account = shop.an_account()
        with pytest.raises(InsufficientTokens) as refusal:
            shop.debit(account, "4")

        with pytest.raises(NotFound):
            denial(UUID(str(refusal.value.extras["denial"])), a_product().pk)


class TestPriceList:
    def test_is_the_one_that_priced_usage_of_that_instant(self) -> None:
        shop, now = Shop(), clock()
        account = shop.an_account(now - 20 * DAY)
        dearer = shop.a_table(tokens="3", since=now - 30 * DAY)
        asked = Enrolment(rate_table=dearer.code)
        terms.enrol(reference=account.reference, asked=asked, author=AUTHOR, now=now - 10 * DAY)

        told = [price_list(account.reference, now - n * DAY) for n in (11, 10, 0)]

        assert [each.head["table"] for each in told] == [shop.table.code, dearer.code, dearer.code]
        assert [each.rows[0]["tokens"] for each in told] == ["1", "3", "3"]

    def test_shows_rows_with_names_and_exact_prices(self) -> None:
        shop = Shop()
        account = shop.an_account()

        told = price_list(account.reference)

        assert told.head["version"] == 1
        assert told.head["token"] == "AIT"
        assert told.rows[0] == {
            "feature": shop.chat,
            "name": shop.chat,
            "unit": "token",
            "dimensions": {},
            "tokens": "1",
            "per": "1",
            "unit_tokens": "1",
            "minimum": "0.000000",
            "rounding": "half_up",
        }

    def test_refuses_where_nothing_was_in_force(self) -> None:
        shop = Shop(since=clock() - DAY)
        account = shop.an_account()

        with pytest.raises(NoRate):
            price_list(account.reference, clock() - 2 * DAY)
        with pytest.raises(AccountMissing):
            price_list(named("nobody"))
