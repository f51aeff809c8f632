"""What the pages say: balance, usage, prices and estimates."""

from __future__ import annotations

from dataclasses import replace
from decimal import Decimal

import pytest

from billing.queries.account_usage import usage_by_hour
from billing.tests.buyers.visiting import page, signed_in, text_of
from pricing.queries.versions import rows_of
from pricing.services import drafting, publishing
from usage.models import Debit
from usage.rules.enrolment import Enrolment
from usage.services import terms
from usage.tests.made import AUTHOR, DAY, Shop, a_grant, clock, up_to
from wallets.models import Account, Entry

pytestmark = pytest.mark.django_db


class TestOverview:
    def test_parts_what_was_paid_from_what_was_free(self, acme: Account) -> None:
        answer = signed_in(acme).get(page(acme))

        told = answer.context
        assert (told["paid"], told["free"]) == (1000, 58)
        assert told["summary"].holding.available == 1058
        assert "58 tokens, in 20 days" in text_of(answer)

    def test_blames_an_expiry_only_where_nothing_outlived_it(self, shop: Shop) -> None:
        now = clock()
        account = shop.an_account(now - 60 * DAY, policy=up_to("500"))
        a_grant(account, "100", now=now - 50 * DAY, expires_at=now - 9 * DAY)
        client = signed_in(account)
        assert "Tokens expired unused" in text_of(client.get(page(account)))

        a_grant(account, "7", now=now - 5 * DAY)
        shop.debit(account, "10")
        said = text_of(client.get(page(account)))

        assert "Nothing is available. What is used goes on as overage, up to 500." in said
        assert "Tokens expired unused" not in said

    def test_says_what_becomes_of_usage_where_nobody_set_a_policy(self, shop: Shop) -> None:
        account = shop.an_account()

        assert "Nothing is available. What costs tokens is refused." in text_of(
            signed_in(account).get(page(account))
        )

    def test_says_why_no_end_is_known(self, shop: Shop, monkeypatch: pytest.MonkeyPatch) -> None:
        now = clock()
        account = shop.an_account(now - 60 * DAY)
        a_grant(account, "100", now=now - 50 * DAY, expires_at=now + 3 * DAY)
        client = signed_in(account)
        assert "not known yet" in text_of(client.get(page(account)))

        once = usage_by_hour({now - 70 * DAY: Decimal(10)}, now - 50 * DAY, now)
        monkeypatch.setattr("billing.queries.account_page.usage_of", lambda *_asked: once)

        assert "nothing was spent lately" in text_of(client.get(page(account)))

    def test_asks_the_database_a_number_of_times_that_does_not_grow(
        self, acme: Account, shop: Shop, django_assert_max_num_queries: object
    ) -> None:
        client = signed_in(acme)
        for _ in range(20):
            shop.debit(acme, "1")

        with django_assert_max_num_queries(51):  # type: ignore[operator]
            client.get(page(acme))

    @pytest.mark.parametrize("name", ["usage/", "statements/"])
    def test_alone_asks_how_usage_goes_on(
        self, acme: Account, monkeypatch: pytest.MonkeyPatch, name: str
    ) -> None:
        asked: list[object] = []
        monkeypatch.setattr("billing.queries.account_page.usage_of", lambda *given: asked.append(given))

        signed_in(acme).get(page(acme, name))

        assert asked == []


class TestPrices:
    def test_are_the_accounts_own(self, acme: Account, shop: Shop) -> None:
        answer = signed_in(acme).get(page(acme, "prices/"))
        prices = answer.context["prices"]

        assert [(row["feature"], row["tokens"]) for row in prices.rows] == [
            (shop.chat, "1"),
            (shop.image, "1"),
        ]
        assert prices.coming == []
        assert f"by {prices.rows[0]['unit']}</span>" in text_of(answer)

    def test_announce_a_version_that_is_scheduled(self, acme: Account, shop: Shop) -> None:
        draft = drafting.draft_from(version=shop.table.versions.get())
        rows = [
            replace(row, tokens=Decimal(3)) if row.feature == shop.chat else row for row in rows_of(draft)
        ]
        drafting.replace_rates(draft=draft, rows=rows, revision=None)
        publishing.publish(version=draft, effective_from=clock() + 9 * DAY)
        client = signed_in(acme)

        (coming,) = client.get(page(acme, "prices/")).context["prices"].coming

        (change,) = coming.changes
        assert (change.feature, change.before["tokens"], change.after["tokens"]) == (shop.chat, "1", "3")
        assert "Prices change on" in text_of(client.get(page(acme)))

    def test_announce_another_table(self, acme: Account, shop: Shop) -> None:
        dear, at = shop.a_table(tokens="5"), clock() + 9 * DAY
        asked = Enrolment(rate_table=dear.code, rate_table_from=at)
        terms.enrol(reference=acme.reference, asked=asked, author=AUTHOR)

        (coming,) = signed_in(acme).get(page(acme, "prices/")).context["prices"].coming

        assert [(each.before["tokens"], each.after["tokens"]) for each in coming.changes] == [("1", "5")] * 2
        assert coming.at == at


class TestEstimate:
    def test_says_what_a_debit_would_come_to_and_writes_nothing(self, acme: Account, shop: Shop) -> None:
        client, entries, debits = signed_in(acme), Entry.objects.count(), Debit.objects.count()
        asked = {
            "usage_1": f"{shop.chat}?",
            "quantity_1": "40",
            "usage_2": f"{shop.image}?",
            "quantity_2": "2.5",
        }

        answer = client.get(page(acme, "estimate/"), asked)

        cost = answer.context["cost"]
        assert (cost.tokens, cost.left, cost.refusals) == (Decimal("42.5"), Decimal("1015.5"), [])
        assert shop.debit(acme, "40", "2.5", features=(shop.chat, shop.image)).tokens == cost.tokens
        assert (Entry.objects.count() - entries > 0, Debit.objects.count() - debits) == (True, 1)

    def test_says_that_it_would_be_refused(self, acme: Account, shop: Shop) -> None:
        asked = {"usage_1": f"{shop.chat}?", "quantity_1": "5000"}

        shown = text_of(signed_in(acme).get(page(acme, "estimate/"), asked))

        assert "The tokens that are left do not cover it" in shown

    def test_leaves_out_no_line_that_is_half_said(self, acme: Account, shop: Shop) -> None:
        asked = {"usage_1": f"{shop.chat}?", "quantity_1": "40"}
        client, path = signed_in(acme), page(acme, "estimate/")

        without_much = client.get(path, asked | {"usage_2": f"{shop.image}?", "quantity_2": ""})
        of_nothing = client.get(path, asked | {"usage_3": "", "quantity_3": "9"})

        assert (without_much.context["cost"], of_nothing.context["cost"]) == (None, None)
        assert "Say how much of it." in text_of(without_much)
        assert "Choose what it is of." in text_of(of_nothing)

    def test_refuses_in_a_sentence_what_it_cannot_read(self, acme: Account, shop: Shop) -> None:
        client = signed_in(acme)

        assert "Choose a usage" in text_of(client.get(page(acme, "estimate/?usage_1=&quantity_1=")))
        odd = client.get(page(acme, "estimate/"), {"usage_1": f"{shop.chat}?", "quantity_1": "-1"})
        gone = client.get(page(acme, "estimate/"), {"usage_1": "chat.old?", "quantity_1": "1"})
        assert "chat.old? has no price now. Choose another usage." in text_of(gone)
        assert odd.status_code == 200
        assert odd.context["cost"] is None
