"""Quotations for tests, in a line each."""

from __future__ import annotations

from datetime import timedelta
from decimal import Decimal
from typing import Any

from django.contrib.auth.models import Group, User

from billing.models import DiscountRule, Offer, Promotion, Quotation
from billing.rules.quotations import Discount, LineQuoted, QuotationAsked
from billing.services import quotation_answers, quoting
from usage.tests.made import DAY, clock, named
from wallets.models import Account


def a_seller(group: str = "Sales") -> User:
    user = User.objects.create(username=named(group.split()[-1].lower()), is_staff=True)
    user.groups.add(Group.objects.get(name=group))
    return user


def off(share: str | None = None, amount: str | None = None, reason: str = "") -> Discount:
    return Discount(share and Decimal(share), amount and Decimal(amount), reason)  # type: ignore[arg-type]


def a_line(offer: Offer, quantity: str = "1", **given: Any) -> LineQuoted:
    return LineQuoted(offer.code, Decimal(quantity), **given)


def asked(*lines: LineQuoted, **given: Any) -> QuotationAsked:
    """Valid for ten days, in dollars."""
    last_day = clock().date() + timedelta(days=10)
    return QuotationAsked(**{"currency": "USD", "last_day": last_day, "lines": lines} | given)


def a_draft(account: Account, *lines: LineQuoted, user: User | None = None, **given: Any) -> Quotation:
    return quoting.draft(account_id=account.pk, asked=asked(*lines, **given), user=user or a_seller())


def sent(quotation: Quotation, user: User | None = None) -> Quotation:
    return quoting.send(quotation_id=quotation.pk, edits=quotation.edits, user=user or quotation.author)


def accepted(quotation: Quotation, **given: Any) -> Any:
    return quotation_answers.accept(
        quotation_id=quotation.pk,
        answered_by="Ada Buyer",
        reference="PO-7",
        user=given.pop("user", quotation.author),
        **given,
    )


def a_promotion(kind: str = "share", value: str = "10", **given: Any) -> Promotion:
    code = named("P")
    since = {"effective_from": clock() - DAY}
    return Promotion.objects.create(code=code, name=code, kind=kind, value=Decimal(value), **since | given)


def a_limit(share: str, **whose: Any) -> DiscountRule:
    return DiscountRule.objects.create(share=Decimal(share), **whose)
