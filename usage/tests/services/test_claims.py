"""Verbs happen at most once a key, and a refusal claims nothing."""

from datetime import datetime
from uuid import UUID

import pytest
from django.contrib.auth.models import User

from config.kernel.errors import Conflict, IdempotencyKeyReused
from usage.models import Claim
from usage.services.claims import THE_DESK, Act, Call, Done, Effect, once
from usage.tests.made import a_call, a_product, an_account
from wallets.errors import AccountMissing
from wallets.models import Account

TRANSFER = Claim.Effect.TRANSFER


class Counter:
    """An act that says how often it was done."""

    def __init__(self) -> None:
        self.times = 0

    def __call__(self, moment: datetime, effect_id: UUID) -> Effect:
        self.times += 1
        return Effect({"tokens": f"{self.times}.000000", "id": str(effect_id), "moved": []}, "Why not.")


def ask(account: Account, call: Call, act: Act) -> Done:
    return once(account_id=account.pk, call=call, effect=TRANSFER, act=act)


@pytest.mark.django_db
class TestOnce:
    def test_answers_the_first_answer_again(self) -> None:
        account, act = an_account(), Counter()

        first = ask(account, a_call(key="k", body="one"), act)
        again = ask(account, a_call(key="k", body="one"), act)

        assert (first.is_replay, again.is_replay, act.times) == (False, True, 1)
        assert list(again.answer.items()) == list(first.answer.items())

    def test_refuses_the_key_for_another_body(self) -> None:
        account, act = an_account(), Counter()
        ask(account, a_call(key="k", body="one"), act)

        with pytest.raises(IdempotencyKeyReused):
            ask(account, a_call(key="k", body="two"), act)

        assert act.times == 1

    def test_refuses_the_key_for_another_verb(self) -> None:
        account, act = an_account(), Counter()
        ask(account, a_call(key="k", body="one"), act)

        with pytest.raises(IdempotencyKeyReused):
            once(account_id=account.pk, call=a_call(key="k", body="one"), effect=Claim.Effect.VOID, act=act)

        assert act.times == 1

    def test_gives_each_account_and_each_product_keys_of_its_own(self) -> None:
        acme, zen, chat, act = an_account(), an_account(), a_product(), Counter()

        ask(acme, a_call(key="k"), act)
        ask(zen, a_call(key="k"), act)
        ask(acme, a_call(chat, key="k"), act)

        assert act.times == 3

    def test_lets_a_refusal_claim_nothing(self) -> None:
        account, act = an_account(), Counter()

        def refuse(moment: datetime, effect_id: UUID) -> Effect:
            raise Conflict("Not now.")

        with pytest.raises(Conflict, match="Not now"):
            ask(account, a_call(key="k", body="one"), refuse)

        assert not Claim.objects.filter(account=account).exists()
        assert not ask(account, a_call(key="k", body="two"), act).is_replay

    def test_keeps_what_a_returned_refusal_wrote(self) -> None:
        account = an_account()

        def refuse(moment: datetime, effect_id: UUID) -> Conflict:
            Account.objects.filter(pk=account.pk).update(name="seen")
            return Conflict("Not now.")

        with pytest.raises(Conflict, match="Not now"):
            ask(account, a_call(key="k"), refuse)

        account.refresh_from_db()
        assert account.name == "seen"
        assert not Claim.objects.filter(account=account).exists()

    def test_keeps_reason_and_author_beside_the_answer(self) -> None:
        account = an_account()
        mina = User.objects.create(username="mina-claims")

        done = ask(account, Call.at_the_desk(mina, "page-1", ("grant", 5)), Counter())

        claim = Claim.objects.get(account=account)
        assert (claim.product_id, claim.key) == (THE_DESK, "page-1")
        assert claim.answer is not None
        assert (claim.answer["reason"], claim.answer["by"]) == ("Why not.", "mina-claims")
        assert "reason" not in done.answer

    def test_refuses_an_account_that_does_not_exist(self) -> None:
        with pytest.raises(AccountMissing):
            once(account_id=UUID(int=0), call=a_call(), effect=TRANSFER, act=Counter())
