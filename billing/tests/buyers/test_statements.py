"""Statements: their lines lead from one balance to the other, by sums that share nothing with them."""

from __future__ import annotations

import re
from datetime import date, datetime, timedelta
from decimal import Decimal

import pytest
from django.db import connection

from billing.queries.statements import months_of, statement
from billing.rules.statements import Moved, Statement, Used, lines_of
from billing.tests.buyers.visiting import page, signed_in, text_of
from billing.tests.printed import letters
from usage.services import granting, reversing
from usage.tests.made import DAY, Shop, a_call, a_grant, a_reversal, an_account, clock, up_to
from wallets.models import Account, Entry, Wallet
from wallets.services import sweeping

pytestmark = pytest.mark.django_db


@pytest.fixture
def busy(shop: Shop) -> Account:
    """Everything that may move tokens, in two months; the account's midnights are not those of UTC."""
    now = clock()
    account = shop.an_account(now - 62 * DAY, name="Busy", time_zone="Asia/Tokyo", policy=up_to("500"))
    bought = a_grant(account, "1000", kind="purchase", now=now - 40 * DAY)
    a_grant(account, "70", now=now - 40 * DAY, expires_at=now - 10 * DAY)
    a_grant(account, "9", kind="promo", now=now - 40 * DAY)
    first = shop.debit(account, "30", "5", features=(shop.chat, shop.image), now=now - 39 * DAY)
    sweeping.expire_due(now - 9 * DAY)
    shop.debit(account, "8", at=now - 11 * DAY, now=now - 8 * DAY)
    granting.void(grant_id=bought.pk, reason="Returned.", call=a_call(now=now - 7 * DAY))
    shop.debit(account, "120", now=now - 6 * DAY)
    a_grant(account, "50", kind="adjustment", now=now - 5 * DAY)
    a_grant(account, "11", kind="included", now=now - 3 * DAY)
    reversing.reverse(a_reversal(first, "12", now - 2 * DAY))
    return account


def wallet_of(account: Account) -> Wallet:
    return Wallet.objects.get(account=account)


def all_statements(account: Account) -> list[Statement]:
    wallet, now = wallet_of(account), clock()
    found = [statement(wallet, "AIT", each.month, now) for each in months_of(wallet, now)]
    assert all(found)
    return [each for each in reversed(found) if each is not None]


def moved_in(wallet: Wallet, zone: str, month: date) -> Decimal:
    """What the ledger's entries of a month come to, by their kinds alone and by PostgreSQL's own calendar."""
    signs = """CASE WHEN kind IN ('grant', 'transfer_in', 'restore', 'late_hold', 'overage_reversal', 'settle') THEN 1
                    WHEN kind IN ('draw', 'transfer_out', 'expire', 'void', 'overage') THEN -1 ELSE 0 END"""
    with connection.cursor() as cursor:
        cursor.execute(
            f"""SELECT coalesce(sum(amount * ({signs})), 0) FROM wallets_entry WHERE wallet_id = %s
                AND date_trunc('month', recorded_at AT TIME ZONE %s) = %s::date""",
            [wallet.pk, zone, month],
        )
        found: Decimal = cursor.fetchone()[0]
    return found


class TestStatement:
    def test_leads_from_nothing_to_the_balance_month_by_month(self, busy: Account) -> None:
        told = all_statements(busy)

        assert told[0].opening == 0
        assert [each.closing for each in told[:-1]] == [each.opening for each in told[1:]]
        assert told[-1].closing == wallet_of(busy).balance
        assert [each.adds_up for each in told] == [True] * len(told)

    def test_moves_what_the_ledger_moved(self, busy: Account) -> None:
        wallet = wallet_of(busy)

        for each in all_statements(busy):
            assert each.change == moved_in(wallet, "Asia/Tokyo", each.month), each.month

    def test_tells_every_kind_of_movement_that_there_was(self, busy: Account) -> None:
        kinds = set(Entry.objects.filter(account=busy).values_list("kind", flat=True))
        assert kinds >= {"grant", "draw", "late_draw", "restore", "expire", "void", "overage", "repay"}

        summed: dict[str, Decimal] = {}
        for each in all_statements(busy):
            for line in each.lines:
                summed[line.words] = summed.get(line.words, Decimal(0)) + line.tokens

        used = sum(tokens for words, tokens in summed.items() if words.startswith(("chat", "image")))
        assert used == -(30 + 5 + 8 + 120)
        assert summed["Tokens bought"] == 1000
        assert summed["Trial tokens"] == 70
        assert summed["Tokens of promotions"] == 9
        assert summed["Tokens included in what was bought"] == 11
        assert summed["Tokens put right"] == 50
        assert summed["Usage given back"] == 12
        assert summed["Of it paid by tokens that had expired before"] == 8

    def test_says_so_where_lines_do_not_add_up(self) -> None:
        now = datetime.now().astimezone()
        lines = lines_of([Moved("grant", "purchase", Decimal(5), Decimal(5))], [])
        told = Statement(date(2026, 3, 1), now, now, "AIT", Decimal(0), lines, Decimal(6), False)

        assert not told.adds_up

    def test_takes_late_draws_off_the_usage(self) -> None:
        moved = [
            Moved("draw", "trial", Decimal(-3), Decimal(3)),
            Moved("late_draw", "trial", Decimal(0), Decimal(2)),
        ]

        lines = lines_of(moved, [Used("chat", "Chat", Decimal(5))])

        assert [line.tokens for line in lines] == [-5, 2]


class TestMonths:
    def test_begin_with_the_first_movement(self, busy: Account) -> None:
        months = months_of(wallet_of(busy), clock())

        assert [each.is_so_far for each in months] == [True, *[False] * (len(months) - 1)]
        assert all(one.month > other.month for one, other in zip(months, months[1:], strict=False))
        assert months[-1].opening == 0

    def test_that_never_were_have_no_page(self, busy: Account) -> None:
        client = signed_in(busy)

        for name in ("statements/2019-01/", "statements/2026-13/", "statements/2019-01.pdf"):
            assert client.get(page(busy, name)).status_code == 404

    def test_of_an_account_without_tokens_are_none(self) -> None:
        empty = an_account(name="Empty")

        assert "No token has moved yet." in text_of(signed_in(empty).get(page(empty, "statements/")))


class TestPages:
    def test_show_each_line_and_the_balance(self, busy: Account) -> None:
        told = all_statements(busy)[-1]
        path = page(busy, f"statements/{told.month:%Y-%m}/")

        shown = text_of(signed_in(busy).get(path))

        assert "The lines add up to the balance in the books." in shown
        assert "Tokens included in what was bought" in shown

    def test_print_the_same_lines(self, busy: Account) -> None:
        told = all_statements(busy)[-1]
        answer = signed_in(busy).get(page(busy, f"statements/{told.month:%Y-%m}.pdf"))

        read = letters(answer.content)
        assert answer["Content-Type"] == "application/pdf"
        assert f"statement-{told.month:%Y-%m}.pdf" in answer["Content-Disposition"]
        for line in told.lines:
            assert line.words in read
        assert "Balance so far" in read
        assert f"{told.closing.normalize():f}".replace("-", "−") in read.replace(",", "")

    def test_print_lines_that_lead_from_the_one_balance_to_the_other(self, busy: Account) -> None:
        client = signed_in(busy)
        for told in all_statements(busy):
            read = letters(client.get(page(busy, f"statements/{told.month:%Y-%m}.pdf")).content)
            read = read.replace("−", "-")
            lines = read.split("Movement Tokens AIT ")[1].split(" Balance at the beginning ")
            moved = [
                Decimal(amount.replace(",", ""))
                for words, amount in re.findall(r"(.+?) ([+-][\d,.]+)(?= |$)", lines[0])
                if not words.endswith(", together")
            ]
            opening, change, closing = (
                Decimal(each.replace(",", ""))
                for each in re.findall(r"(?<= )[+-]?[\d,.]+", f" {lines[1]}")[:3]
            )

            assert moved
            assert opening + sum(moved) == closing == told.closing
            assert change == sum(moved)

    def test_print_the_same_file_of_a_month_that_is_over(self, busy: Account) -> None:
        told, client = all_statements(busy)[0], signed_in(busy)
        path = page(busy, f"statements/{told.month:%Y-%m}.pdf")

        assert client.get(path).content == client.get(path).content
        assert timedelta(0) < told.until - told.since
