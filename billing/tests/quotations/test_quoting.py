"""Drafts, approval, sending and revisions."""

from __future__ import annotations

from datetime import timedelta
from decimal import Decimal

import pytest
from django.contrib.auth.models import Group, User
from django.db import IntegrityError, transaction

from billing.errors import ApprovalNeeded, QuotationEdited, QuotationNotOpen, QuotationOutdated, QuotationSent
from billing.models import Quotation, QuotationDecision
from billing.queries.quotations import quotation_of, shown
from billing.services import quotation_answers, quoting
from billing.tests.orders.sold import an_offer, bought, given_to
from billing.tests.quotations.quoted import (
    a_draft,
    a_limit,
    a_line,
    a_seller,
    accepted,
    asked,
    off,
    sent,
)
from config.kernel.errors import InvalidRequest, UnknownReference
from usage.tests.made import DAY, Shop, clock
from wallets.models import Account

pytestmark = pytest.mark.django_db


@pytest.fixture
def shop() -> Shop:
    return Shop()


@pytest.fixture
def acme(shop: Shop) -> Account:
    return shop.an_account(time_zone="America/New_York")


class TestDraft:
    def test_keeps_list_and_paid_price_apart(self, acme: Account) -> None:
        pack, plan = an_offer("100"), an_offer("30", kind="plan", period="month")

        quotation = a_draft(
            acme,
            a_line(pack, "3", discount=off("20", reason="Loyal")),
            a_line(plan),
            discount=off(amount="7"),
        )

        first, second = quotation.lines.order_by("position")
        assert (first.list_amount, first.discounted, first.spread, first.amount) == (
            300,
            60,
            Decimal("6.22"),
            Decimal("233.78"),
        )
        assert (second.list_amount, second.spread, second.amount) == (30, Decimal("0.78"), Decimal("29.22"))
        assert (quotation.list_amount, quotation.amount) == (330, 263)
        sums = {each.period: each.amount for each in shown(quotation, clock()).sums}
        assert sums == {"": Decimal("233.78"), "month": Decimal("29.22")}

    def test_is_valid_to_the_end_of_its_last_day_where_the_account_is(self, acme: Account) -> None:
        day = clock().date() + timedelta(days=10)

        quotation = a_draft(acme, a_line(an_offer()), last_day=day)

        assert quotation.valid_until.hour in (4, 5)
        assert quotation.valid_until.date() == day + timedelta(days=1)
        assert shown(quotation, clock()).last_day == day

    def test_refuses_an_offer_in_another_currency_and_what_is_not_on_sale(self, acme: Account) -> None:
        foreign, gone = an_offer(currency="EUR"), an_offer(is_sold=False)

        with pytest.raises(UnknownReference) as refusal:
            a_draft(acme, a_line(an_offer()), a_line(foreign), a_line(gone))

        assert [each.pointer for each in refusal.value.errors] == ["/lines/1/sku", "/lines/2/sku"]
        assert "it has no list price in USD" in refusal.value.detail

    def test_refuses_a_currency_in_which_no_order_can_be(self, acme: Account) -> None:
        with pytest.raises(UnknownReference, match="no rate for the currency XTS"):
            a_draft(acme, a_line(an_offer(currency="XTS")), currency="XTS")

    def test_is_not_saved_over_what_somebody_else_saved(self, acme: Account) -> None:
        quotation, user = a_draft(acme, a_line(an_offer())), a_seller()
        one_more = asked(a_line(an_offer("5")))
        quoting.edit(quotation_id=quotation.pk, edits=1, asked=one_more, user=user)

        with pytest.raises(QuotationEdited):
            quoting.edit(quotation_id=quotation.pk, edits=1, asked=one_more, user=user)

        told = Quotation.history.filter(id=quotation.pk).values_list("history_user__username", "amount")
        assert list(told) == [(user.username, 5), (quotation.author.username, 100)]


class TestSend:
    def test_numbers_them_without_a_gap(self, acme: Account) -> None:
        first = sent(a_draft(acme, a_line(an_offer())))
        with transaction.atomic():
            sent(a_draft(acme, a_line(an_offer())))
            transaction.set_rollback(True)
        second = sent(a_draft(acme, a_line(an_offer())))

        assert (second.year, second.serial) == (first.year, (first.serial or 0) + 1)
        assert second.number == f"Q-{second.year}-{second.serial:04}"

    def test_closes_it_for_good(self, acme: Account) -> None:
        quotation = sent(a_draft(acme, a_line(an_offer())))

        with pytest.raises(QuotationSent):
            quoting.edit(
                quotation_id=quotation.pk, edits=1, asked=asked(a_line(an_offer())), user=quotation.author
            )
        line = quotation.lines.get()
        for change in (
            lambda: Quotation.objects.filter(pk=quotation.pk).update(note="Better"),
            lambda: quotation.lines.update(amount=1),
            lambda: quotation.lines.all().delete(),
            lambda: (
                type(line)
                .objects.filter(pk=line.pk)
                .create(
                    **{f.attname: getattr(line, f.attname) for f in line._meta.fields if f.name != "id"}
                    | {"position": 9}
                )
            ),
        ):
            with pytest.raises(IntegrityError, match="never changes"), transaction.atomic():
                change()

    def test_refuses_what_nobody_has_seen(self, acme: Account) -> None:
        offer = an_offer("100", tokens=[bought("1000")])
        quotation = a_draft(acme, a_line(offer))
        offer.tokens.update(tokens=Decimal(900))

        with pytest.raises(QuotationOutdated, match="save it again"):
            sent(quotation)

    def test_refuses_a_day_that_is_over(self, acme: Account) -> None:
        quotation = a_draft(acme, a_line(an_offer()))
        Quotation.objects.filter(pk=quotation.pk).update(valid_until=clock() - DAY)

        with pytest.raises(InvalidRequest, match="is over"):
            sent(quotation)


class TestSecondPerson:
    def test_is_not_needed_without_a_rule(self, acme: Account) -> None:
        assert sent(a_draft(acme, a_line(an_offer(), discount=off("90")))).limit_share is None

    def test_approves_before_it_is_sent(self, acme: Account) -> None:
        a_limit("10", group=Group.objects.get(name="Sales"))
        manager = a_seller("Sales management")
        quotation = a_draft(acme, a_line(an_offer(), discount=off("10.01")))
        with pytest.raises(ApprovalNeeded, match=r"10\.01 % off is over .* limit of 10 %"):
            sent(quotation)
        quoting.ask(quotation_id=quotation.pk, edits=1, note="They grow", user=quotation.author)
        assert quotation_of(quotation.pk, clock()).state == "review"  # type: ignore[attr-defined]
        decided = self.approve(quotation, manager)

        done = sent(quotation)

        assert (done.approval_id, done.limit_share, done.widest_share) == (decided.pk, 10, Decimal("10.01"))

    def test_is_never_the_author(self, acme: Account) -> None:
        manager = a_seller("Sales management")
        quotation = a_draft(acme, a_line(an_offer()), user=manager)

        with (
            pytest.raises(IntegrityError, match="quotation_is_approved_by_somebody_else"),
            transaction.atomic(),
        ):
            self.approve(quotation, manager)

    def test_approves_what_the_draft_said_and_no_more(self, acme: Account) -> None:
        offer = an_offer()
        quotation = a_draft(acme, a_line(offer, discount=off("20")))
        a_limit("10", seller=quotation.author)
        self.approve(quotation, a_seller("Sales management"))
        edited = quoting.edit(
            quotation_id=quotation.pk,
            edits=1,
            asked=asked(a_line(offer, discount=off("30"))),
            user=quotation.author,
        )

        with pytest.raises(ApprovalNeeded):
            sent(edited)

    def test_has_a_limit_of_his_own_before_that_of_his_groups(self, acme: Account) -> None:
        seller = a_seller()
        a_limit("50", group=Group.objects.get(name="Sales"))
        a_limit("5", seller=seller)

        with pytest.raises(ApprovalNeeded):
            sent(a_draft(acme, a_line(an_offer(), discount=off("6")), user=seller))

    def approve(self, quotation: Quotation, manager: User) -> QuotationDecision:
        return quoting.decide(
            quotation_id=quotation.pk, edits=quotation.edits, verdict="approved", reason="", user=manager
        )


class TestRevision:
    def test_takes_the_place_of_what_was_sent_once_it_is_sent_itself(self, acme: Account) -> None:
        offer = an_offer("100", tokens=[bought("10")])
        first = sent(a_draft(acme, a_line(offer)))
        revision = quoting.revise(quotation_id=first.pk, user=first.author)
        again = quoting.revise(quotation_id=first.pk, user=first.author)
        assert (again.pk, quotation_of(first.pk, clock()).state) == (revision.pk, "sent")  # type: ignore[attr-defined]
        better = quoting.edit(
            quotation_id=revision.pk,
            edits=1,
            asked=asked(a_line(offer, discount=off("10"))),
            user=first.author,
        )

        second = sent(better)

        assert second.number == f"{first.number}/2"
        with pytest.raises(QuotationNotOpen, match="A revision took the place"):
            accepted(first)
        assert accepted(second).order.external_id == first.number
        assert [grant.tokens for grant in given_to(acme)] == [10]

    def test_is_refused_once_the_former_was_accepted(self, acme: Account) -> None:
        first = sent(a_draft(acme, a_line(an_offer())))
        revision = quoting.revise(quotation_id=first.pk, user=first.author)
        accepted(first)

        with pytest.raises(QuotationNotOpen, match="was accepted meanwhile"):
            sent(revision)


class TestDecline:
    def test_ends_it_and_a_revision_may_follow(self, acme: Account) -> None:
        quotation = sent(a_draft(acme, a_line(an_offer())))
        quotation_answers.decline(
            quotation_id=quotation.pk, answered_by="Ada", reason="Too dear", user=quotation.author
        )

        with pytest.raises(QuotationNotOpen, match="was declined"):
            accepted(quotation)
        assert quoting.revise(quotation_id=quotation.pk, user=quotation.author).revision == 2
