"""What quotations and promotions are said to come to, beside an SQL of its own over their lines and answers."""

from __future__ import annotations

from decimal import Decimal

import pytest

from billing.tests.desks.asking import asked
from billing.tests.desks.cells import column_of, figures_of
from billing.tests.desks.people import at_the_desk_of
from billing.tests.orders.sold import an_offer, monthly
from billing.tests.quotations.quoted import a_draft, a_line, a_promotion, accepted, off, sent
from usage.tests.made import Shop

pytestmark = pytest.mark.django_db

# A quotation uses a promotion when it is accepted, once however many of its lines have it.
_USES = """
    SELECT p.code, count(DISTINCT l.quotation_id) FROM billing_promotion p
    LEFT JOIN (billing_quotationline l
               JOIN billing_quotationanswer a ON a.quotation_id = l.quotation_id AND a.verdict = 'accepted')
      ON l.promotion_id = p.id
    WHERE p.code = ANY (%(codes)s) GROUP BY 1
"""
# A promotion by its terms; then the line's own share; then that of the whole, and what comes off the whole by lines.
_SUMS = """
    SELECT round(sum(o.list_price * l.quantity), 2), round(sum(l.amount), 2),
           round(sum(l.promotion_amount + l.discounted + l.spread), 2)
    FROM billing_quotationline l JOIN billing_offer o ON o.code = l.sku WHERE l.quotation_id = %(quotation)s
"""


class TestPromotions:
    def test_were_used_by_what_was_accepted(self) -> None:
        shop = Shop()
        offer, plan = an_offer("200"), an_offer("90", kind="plan", period="month", tokens=[monthly("1000")])
        often, seldom, never = (
            a_promotion("share", each, most_uses=most) for each, most in (("5", 9), ("7", None), ("9", 4))
        )
        twice = (a_line(offer, promotion=often.code), a_line(plan, promotion=often.code))
        accepted(sent(a_draft(shop.an_account(), *twice)))
        accepted(
            sent(
                a_draft(
                    shop.an_account(),
                    a_line(offer, promotion=often.code),
                    a_line(plan, promotion=seldom.code),
                )
            )
        )
        sent(a_draft(shop.an_account(), a_line(offer, promotion=never.code)))

        codes = [each.code for each in (often, seldom, never)]
        page = at_the_desk_of("Sales").get("/admin/billing/promotion/")

        told = dict(zip(column_of(page, "code"), column_of(page, "uses_shown"), strict=True))
        used = dict(asked(_USES, codes=codes))
        assert {code: told[code] for code in codes} == {
            often.code: f"{used[often.code]} of 9",
            seldom.code: str(used[seldom.code]),
            never.code: f"{used[never.code]} of 4",
        }
        assert used == {often.code: 2, seldom.code: 1, never.code: 0}


class TestQuotation:
    def test_comes_to_its_lines_less_what_was_taken_off(self) -> None:
        offer, plan = (
            an_offer("199.99"),
            an_offer("90", kind="plan", period="month", tokens=[monthly("1000")]),
        )
        tenth = a_promotion("share", "10")
        lines = (
            a_line(offer, "3", promotion=tenth.code),
            a_line(plan, "7", discount=off("12.5", reason="Won")),
        )
        quotation = sent(a_draft(Shop().an_account(), *lines, discount=off(amount="41", reason="The whole")))

        desk = at_the_desk_of("Sales")
        cards = figures_of(desk.get(f"/admin/billing/quotation/{quotation.pk}/change/"))
        listed = desk.get(f"/admin/billing/quotation/?q={quotation.number}")

        ((at_list, amount, taken_off),) = asked(_SUMS, quotation=quotation.pk)
        assert cards["To pay"] == f"{amount:,} USD"
        assert cards["At list price"] == f"{at_list:,} USD"
        assert column_of(listed, "to_pay") == [f"{amount:,} USD"]
        assert column_of(listed, "off") == [f"{taken_off:,} USD"]
        assert at_list - taken_off == amount == Decimal("539.97") + Decimal("551.25") - 41
