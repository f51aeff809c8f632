"""Transfers between a parent and its parts: in draw order, with life and cost, at most once a key."""

from decimal import Decimal
from uuid import UUID

import pytest

from config.kernel.errors import IdempotencyKeyReused, InsufficientTokens
from usage.models import Claim, Denial
from usage.rules.grants import GrantOrder, TransferOrder
from usage.services import granting
from usage.services.claims import Done
from usage.tests.made import (
    DAY,
    a_call,
    a_grant,
    an_account,
    clock,
    ledger_of,
    named,
    together,
)
from wallets.errors import AccountClosed, AccountMissing, NotRelated
from wallets.models import Account, Grant


@pytest.mark.django_db
class TestTransfer:
    def test_moves_tokens_in_draw_order_with_their_life_and_cost(self) -> None:
        parent = an_account()
        part = an_account(parent=parent.reference)
        until = clock() + 10 * DAY
        soon = a_grant(parent, "30", expires_at=until, unit_cost=Decimal("0.02"))
        never = a_grant(parent, "100")

        done = granting.transfer(
            reference=parent.reference,
            order=TransferOrder(part.reference, Decimal(50), "Team budget."),
            call=a_call(),
        )

        moved = [(each["grant"], each["tokens"]) for each in done.answer["moved"]]
        assert moved == [(str(soon.pk), "30.000000"), (str(never.pk), "20.000000")]
        twins = [Grant.objects.get(pk=each["to_grant"]) for each in done.answer["moved"]]
        assert [(twin.account_id, twin.expires_at, twin.draw_cost) for twin in twins] == [
            (part.pk, until, Decimal("0.02")),
            (part.pk, None, Decimal(0)),
        ]
        assert done.answer["balance"] == {
            "available": "80.000000",
            "held": "0.000000",
            "overage": "0.000000",
        }
        assert list(done.answer)[:5] == ["id", "account", "to", "token", "tokens"]

    def test_goes_back_from_the_part_to_the_parent_once(self) -> None:
        parent = an_account()
        part = an_account(parent=parent.reference)
        a_grant(part)
        call = a_call(key="t-1")
        back = TransferOrder(parent.reference, Decimal(40))
        first = granting.transfer(reference=part.reference, order=back, call=call)

        again = granting.transfer(reference=part.reference, order=back, call=call)

        assert again.is_replay
        assert list(again.answer.items()) == list(first.answer.items())
        assert ledger_of(part) == [("grant", Decimal(100)), ("transfer_out", Decimal(40))]
        assert ledger_of(parent) == [("transfer_in", Decimal(40))]

    def test_refuses_more_than_there_is_and_records_the_denial(self) -> None:
        parent = an_account()
        part = an_account(parent=parent.reference)
        a_grant(parent, "10")
        more = TransferOrder(part.reference, Decimal(11), "Too much.")

        with pytest.raises(InsufficientTokens) as refusal:
            granting.transfer(reference=parent.reference, order=more, call=a_call(key="t-1"))

        denial = Denial.objects.get(account=parent)
        assert refusal.value.extras == {
            "required": "11.000000",
            "available": "10.000000",
            "shortfall": "1.000000",
            "denial": str(denial.pk),
        }
        assert (denial.reason, denial.count, denial.request["transfer"]["to"]) == (
            "insufficient_tokens",
            1,
            part.reference,
        )
        assert ledger_of(parent) == [("grant", Decimal(10))]
        assert ledger_of(part) == []
        assert not Claim.objects.filter(account=parent, key="t-1").exists()

    def test_raises_the_count_of_the_denial_when_it_is_asked_again(self) -> None:
        parent = an_account()
        part = an_account(parent=parent.reference)
        more = TransferOrder(part.reference, Decimal(11))

        for _ in range(2):
            with pytest.raises(InsufficientTokens):
                granting.transfer(reference=parent.reference, order=more, call=a_call(key="t-1"))

        assert Denial.objects.get(account=parent).count == 2

    def test_refuses_accounts_that_are_not_related(self) -> None:
        acme, zen = an_account(), an_account()
        a_grant(acme)

        for to in (zen, acme):
            with pytest.raises(NotRelated):
                granting.transfer(
                    reference=acme.reference, order=TransferOrder(to.reference, Decimal(1)), call=a_call()
                )

        assert ledger_of(acme) == [("grant", Decimal(100))]
        assert not Denial.objects.filter(account=acme).exists()

    def test_answers_a_known_key_before_it_looks_where_to(self) -> None:
        acme = an_account()
        granted = a_call(key="t-1")
        order = GrantOrder(kind="promo", tokens=Decimal(3))
        granting.grant(reference=acme.reference, order=order, call=granted)

        for to in (acme.reference, "nobody"):
            with pytest.raises(IdempotencyKeyReused):
                granting.transfer(
                    reference=acme.reference, order=TransferOrder(to, Decimal(1)), call=a_call(key="t-1")
                )

        assert ledger_of(acme) == [("grant", Decimal(3))]

    def test_refuses_a_closed_target(self) -> None:
        parent = an_account()
        part = an_account(parent=parent.reference, state="closed")
        a_grant(parent)

        with pytest.raises(AccountClosed):
            granting.transfer(
                reference=parent.reference, order=TransferOrder(part.reference, Decimal(1)), call=a_call()
            )

        assert ledger_of(parent) == [("grant", Decimal(100))]

    def test_refuses_a_target_that_does_not_exist(self) -> None:
        with pytest.raises(AccountMissing) as refusal:
            granting.transfer(
                reference=an_account().reference, order=TransferOrder(named("no"), Decimal(1)), call=a_call()
            )

        assert [fault.pointer for fault in refusal.value.errors] == ["/to"]


@pytest.mark.committed
def test_transfers_that_cross_never_wait_for_each_other() -> None:
    parent = an_account()
    part = an_account(parent=parent.reference)
    a_grant(parent, "50")
    a_grant(part, "50")

    def move(source: Account, target: Account, key: str) -> Done:
        order = TransferOrder(target.reference, Decimal(1))
        return granting.transfer(reference=source.reference, order=order, call=a_call(key=key))

    there = [lambda n=n: move(parent, part, f"there-{n}") for n in range(8)]
    back = [lambda n=n: move(part, parent, f"back-{n}") for n in range(8)]
    answers = together([*there, *back])

    assert len(answers) == 16
    assert {UUID(done.answer["id"]).version for done in answers} == {7}
    assert sorted(Account.objects.get(pk=each.pk).wallets.get().balance for each in (parent, part)) == [
        50,
        50,
    ]
