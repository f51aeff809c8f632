"""Policies as floors under wallets, and the tree of accounts."""

from datetime import timedelta
from decimal import Decimal
from typing import Any

import pytest

from config.kernel.errors import Conflict, InsufficientTokens, InvalidRequest
from usage.rules.enrolment import Enrolment
from usage.services import terms
from usage.services.authors import Author
from usage.services.terms import Enrolled
from usage.tests.made import (
    AUTHOR,
    UNLIMITED,
    Shop,
    a_grant,
    an_account,
    named,
    up_to,
)
from wallets.errors import AccountMissing
from wallets.models import Account, TokenUnit, Wallet

INSTANT = timedelta(microseconds=1)


def enrol(reference: str, author: Author = AUTHOR, now: Any = None, **asked: Any) -> Enrolled:
    return terms.enrol(reference=reference, asked=Enrolment(**asked), author=author, now=now)


@pytest.mark.django_db
class TestPolicy:
    def test_is_a_floor_under_every_wallet(self) -> None:
        account = an_account()
        TokenUnit.objects.create(code="GEM", name="Gems")
        a_grant(account, token="GEM")

        floors = []
        for policy in (up_to("12.5"), UNLIMITED, None):
            enrol(account.reference, policy=policy)
            floors.append(set(Wallet.objects.filter(account=account).values_list("floor", flat=True)))

        assert floors == [{Decimal("-12.5")}, {None}, {Decimal(0)}]

    def test_holds_for_a_wallet_that_is_opened_later(self) -> None:
        account = an_account(policy=up_to("7"))
        TokenUnit.objects.create(code="GEM", name="Gems")

        a_grant(account, token="GEM")

        assert set(account.wallets.values_list("floor", flat=True)) == {Decimal(-7)}

    def test_decides_the_next_debit(self) -> None:
        shop = Shop()
        account = shop.an_account()
        with pytest.raises(InsufficientTokens):
            shop.debit(account, "5")

        enrol(account.reference, policy=up_to("5"))

        assert shop.debit(account, "5").overage == 5
        with pytest.raises(InsufficientTokens):
            shop.debit(account, "0.000001")

    def test_may_be_lowered_below_what_is_owed(self) -> None:
        shop = Shop()
        account = shop.an_account(policy=UNLIMITED)
        shop.debit(account, "5")

        enrol(account.reference, policy=None)

        with pytest.raises(InsufficientTokens):
            shop.debit(account, "1")
        assert account.wallets.get().overage == 5


@pytest.mark.django_db
class TestParent:
    def test_is_named_by_its_reference(self) -> None:
        parent = an_account()

        child = enrol(named("team"), parent=parent.reference).answer

        assert child["parent"] == parent.reference
        assert enrol(child["account"], parent=None).answer["parent"] is None

    def test_has_to_exist(self) -> None:
        reference = named("team")

        with pytest.raises(AccountMissing) as refusal:
            enrol(reference, parent=named("nobody"))

        assert [fault.pointer for fault in refusal.value.errors] == ["/parent"]
        assert not Account.objects.filter(reference=reference).exists()

    def test_is_never_itself_nor_below_the_account(self) -> None:
        top = an_account()
        middle = an_account(parent=top.reference)
        bottom = an_account(parent=middle.reference)

        with pytest.raises(Conflict):
            enrol(top.reference, parent=bottom.reference)
        with pytest.raises(InvalidRequest):
            enrol(top.reference, parent=top.reference)

        top.refresh_from_db()
        assert top.parent is None
