"""An invoice that is finalised while others finalise it, buy, or give usage back: each token goes one way."""

from __future__ import annotations

from functools import partial

import pytest

from billing.errors import InvoiceIsFinal, NothingToInvoice
from billing.models import CreditNote, Invoice, InvoicedOverage
from billing.services import crediting, invoicing
from billing.tests.invoiced import APRIL, AUTUMN_BEGINS, SPRING, a_seller, a_spender, drafted
from usage.services import reversing
from usage.tests.made import DAY, Shop, a_grant, a_reversal
from usage.tests.racing import at_once, prove
from wallets.models import Entry

pytestmark = pytest.mark.committed


@pytest.fixture
def shop() -> Shop:
    a_seller()
    return Shop(since=SPRING - 40 * DAY)


def test_twenty_who_finalise_make_one_invoice(shop: Shop) -> None:
    account = a_spender(shop)
    shop.debit(account, "30", now=SPRING + DAY)
    made = [each for found in at_once([partial(drafted, account)] * 8) for each in found]

    answers = at_once([partial(invoicing.finalise, invoice_id=made[0].pk, by="fin")] * 20)

    assert len(made) == 1
    assert sum(isinstance(answer, Invoice) for answer in answers) == 1
    assert sum(isinstance(answer, InvoiceIsFinal) for answer in answers) == 19
    assert InvoicedOverage.objects.filter(customer=account).count() == 1
    assert prove(account).overage == 0


def test_a_purchase_repays_what_the_invoice_does_not_carry(shop: Shop) -> None:
    for _ in range(6):
        account = a_spender(shop)
        for quantity in ("10", "20"):
            shop.debit(account, quantity, now=SPRING + DAY)
        (draft,) = drafted(account)

        at_once(
            [
                partial(invoicing.finalise, invoice_id=draft.pk, by="fin"),
                partial(a_grant, account, "25", kind="purchase"),
            ]
        )

        moved = dict.fromkeys(("settle", "repay"), 0)
        for entry in Entry.objects.filter(account=account, kind__in=moved):
            moved[entry.kind] += int(entry.amount)
        assert tuple(moved.values()) in ((30, 0), (5, 25))
        assert prove(account).overage == 0


def test_a_reversal_takes_overage_off_or_has_it_credited(shop: Shop) -> None:
    for _ in range(6):
        account = a_spender(shop)
        debit = shop.debit(account, "30", now=AUTUMN_BEGINS - DAY)
        (draft,) = drafted(account)

        invoice, back = at_once(
            [
                partial(invoicing.finalise, invoice_id=draft.pk, by="fin"),
                partial(reversing.reverse, a_reversal(debit)),
            ]
        )
        at_once([partial(crediting.credit_account, customer_id=account.pk)] * 4)

        assert back.overage == 30
        if isinstance(invoice, NothingToInvoice):
            assert not CreditNote.objects.filter(customer=account).exists()
        else:
            assert CreditNote.objects.get(customer=account).total == invoice.total
        assert prove(account).overage == 0
        assert not [each for each in drafted(account, AUTUMN_BEGINS + 40 * DAY) if each.period == APRIL]
