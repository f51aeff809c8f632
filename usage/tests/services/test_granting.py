"""Grants, voids and transfers as programs ask for them."""

from datetime import timedelta
from decimal import Decimal
from typing import Any
from uuid import uuid4

import pytest

from config.kernel.errors import (
    Conflict,
    DomainError,
    IdempotencyKeyReused,
    InvalidRequest,
    NotFound,
    UnknownFeature,
    UnknownReference,
)
from pricing.services import catalogue
from usage.models import Claim
from usage.rules.grants import GrantOrder
from usage.services import granting
from usage.services.claims import Done
from usage.tests.made import (
    DAY,
    HOUR,
    a_call,
    a_grant,
    a_product,
    an_account,
    clock,
    identity,
    ledger_of,
    named,
    together,
)
from wallets.errors import AccountClosed, ExternalIdTaken, NothingLeft
from wallets.models import Account, Currency, Entry, Grant, TokenUnit


def order(tokens: str = "100", **asked: Any) -> GrantOrder:
    return GrantOrder(kind=asked.pop("kind", "trial"), tokens=Decimal(tokens), **asked)


def give(account: Account, *words: str, **asked: Any) -> Done:
    return granting.grant(reference=account.reference, order=order(*words, **asked), call=a_call())


def nothing_happened(account: Account) -> bool:
    return not any(
        rows.filter(account=account).exists() for rows in (Grant.objects, Entry.objects, Claim.objects)
    )


@pytest.mark.django_db
class TestGrant:
    def test_hands_out_tokens_and_answers_the_grant(self) -> None:
        account, until = an_account(), clock() + 30 * DAY

        done = give(account, "500", expires_at=until, reason="Pilot.", external_id="opp-7")

        grant = Grant.objects.get(pk=done.answer["id"])
        told = {
            name: done.answer[name] for name in ("account", "token", "kind", "state", "tokens", "remaining")
        }
        assert told == {
            "account": account.reference,
            "token": "AIT",
            "kind": "trial",
            "state": "open",
            "tokens": "500.000000",
            "remaining": "500.000000",
        }
        assert (done.answer["reason"], done.answer["external_id"], done.answer["priority"]) == (
            "Pilot.",
            "opp-7",
            50,
        )
        assert (grant.tokens, grant.expires_at, grant.created_by) == (500, until, "tests")
        assert ledger_of(account) == [("grant", Decimal(500))]

    def test_answers_a_known_key_with_the_first_answer_whatever_came_since(self) -> None:
        account, product = an_account(), a_product()
        call = a_call(product, key="g-1")
        first = granting.grant(reference=account.reference, order=order(), call=call)
        granting.void(grant_id=identity(first.answer), reason="", call=a_call(product))
        Account.objects.filter(pk=account.pk).update(state="closed")

        again = granting.grant(reference=account.reference, order=order(), call=call)

        assert again.is_replay
        assert list(again.answer.items()) == list(first.answer.items())
        assert ledger_of(account) == [("grant", Decimal(100)), ("void", Decimal(100))]

    def test_refuses_a_known_key_for_another_body(self) -> None:
        account, product = an_account(), a_product()
        granting.grant(reference=account.reference, order=order(), call=a_call(product, key="g-1", body="a"))

        with pytest.raises(IdempotencyKeyReused):
            granting.grant(
                reference=account.reference, order=order(), call=a_call(product, key="g-1", body="b")
            )

        assert ledger_of(account) == [("grant", Decimal(100))]

    def test_refuses_an_external_id_that_was_seen_under_another_key(self) -> None:
        account = an_account()
        give(account, external_id="opp-7")

        with pytest.raises(ExternalIdTaken):
            give(account, "9", external_id="opp-7")

        assert ledger_of(account) == [("grant", Decimal(100))]
        assert Claim.objects.filter(account=account).count() == 1

    def test_books_tokens_of_another_unit_in_a_wallet_of_their_own(self) -> None:
        account = an_account()
        gem = TokenUnit.objects.create(code="GEM", name="Gems")

        assert give(account, token="GEM").answer["token"] == "GEM"
        assert set(account.wallets.values_list("unit_id", "balance")) == {
            (gem.pk, Decimal(100)),
            (TokenUnit.objects.get(code="AIT").pk, Decimal(0)),
        }

    def test_stores_what_a_token_cost_at_the_rate_of_the_day(self) -> None:
        account = an_account()
        Currency.objects.create(code="EUR", reporting_rate=Decimal("1.25"))

        done = give(account, unit_cost=Decimal("0.01"), currency="EUR")

        grant = Grant.objects.get(pk=done.answer["id"])
        assert (grant.exchange_rate, grant.draw_cost) == (Decimal("1.25"), Decimal("0.0125"))
        assert (done.answer["unit_cost"], done.answer["currency"]) == ("0.01", "EUR")

    def test_takes_a_cost_without_a_currency_for_the_reporting_one(self) -> None:
        assert give(an_account(), unit_cost=Decimal("0.01")).answer["currency"] == "USD"

    def test_refuses_a_closed_account(self) -> None:
        account = an_account(state="closed")

        with pytest.raises(AccountClosed):
            give(account)

        assert nothing_happened(account)

    def test_serves_a_suspended_account(self) -> None:
        account = an_account(state="suspended")

        give(account)

        assert ledger_of(account) == [("grant", Decimal(100))]

    @pytest.mark.parametrize(
        ("asked", "refusal", "pointer"),
        [
            ({"kind": "gift"}, InvalidRequest, "/kind"),
            ({"priority": 101}, InvalidRequest, "/priority"),
            ({"features": ("ch*t.*",)}, InvalidRequest, "/features/0"),
            ({"features": ("chat.*", "no.such")}, UnknownFeature, "/features/1"),
            ({"unit_cost": Decimal(1), "currency": "XXX"}, UnknownReference, "/currency"),
        ],
    )
    def test_refuses_what_cannot_be(
        self, asked: dict[str, Any], refusal: type[DomainError], pointer: str
    ) -> None:
        account = an_account()

        with pytest.raises(refusal) as told:
            give(account, **asked)

        assert [fault.pointer for fault in told.value.errors] == [pointer]
        assert nothing_happened(account)

    def test_refuses_a_unit_that_does_not_exist(self) -> None:
        account = an_account()

        with pytest.raises(UnknownReference, match="no token unit NIL"):
            give(account, token="NIL")

        assert nothing_happened(account)

    @pytest.mark.parametrize(
        ("start", "end", "pointer"),
        [
            (-35 * DAY - HOUR, None, "/effective_at"),
            (None, -HOUR, "/expires_at"),
            (-2 * DAY, -DAY, "/expires_at"),
            (2 * DAY, 2 * DAY, "/expires_at"),
        ],
    )
    def test_refuses_a_life_that_is_over_or_began_too_long_ago(
        self, start: timedelta | None, end: timedelta | None, pointer: str
    ) -> None:
        account, now = an_account(), clock()

        with pytest.raises(InvalidRequest) as told:
            give(account, effective_at=start and now + start, expires_at=end and now + end)

        assert [fault.pointer for fault in told.value.errors] == [pointer]
        assert nothing_happened(account)

    def test_takes_a_start_35_days_back_and_one_ahead(self) -> None:
        account, now = an_account(), clock()

        past = give(account, effective_at=now - 35 * DAY + HOUR)
        future = give(account, effective_at=now + DAY)

        assert (past.answer["state"], future.answer["state"]) == ("open", "pending")

    def test_restricts_tokens_to_features_that_exist(self) -> None:
        code = catalogue.create_feature(product=a_product(), code=named("chat")).code

        assert give(an_account(), features=(code, "chat.*", code)).answer["features"] == [code, "chat.*"]

    def test_refuses_an_amount_that_would_overflow(self) -> None:
        account = an_account()
        most = "9" * 18
        give(account, most)

        with pytest.raises(InvalidRequest, match="digits"):
            give(account, most)

    def test_refuses_an_account_that_does_not_exist(self) -> None:
        with pytest.raises(NotFound):
            granting.grant(reference=named("nobody"), order=order(), call=a_call())


@pytest.mark.django_db
class TestVoid:
    def test_takes_back_what_is_left(self) -> None:
        account = an_account()
        grant = a_grant(account)

        done = granting.void(grant_id=grant.pk, reason="Issued twice.", call=a_call(key="v-1"))

        assert (done.answer["state"], done.answer["voided"]) == ("voided", "100.000000")
        claim = Claim.objects.get(account=account, effect="void")
        assert claim.answer is not None
        assert claim.answer["reason"] == "Issued twice."
        assert Entry.objects.get(account=account, kind="void").cause_id == claim.effect_id

    def test_answers_a_known_key_with_the_first_answer(self) -> None:
        account = an_account()
        grant = a_grant(account)
        call = a_call(key="v-1")
        first = granting.void(grant_id=grant.pk, reason="", call=call)

        again = granting.void(grant_id=grant.pk, reason="", call=call)

        assert again.is_replay
        assert again.answer == first.answer
        assert ledger_of(account) == [("grant", Decimal(100)), ("void", Decimal(100))]

    def test_refuses_a_grant_of_which_nothing_is_left(self) -> None:
        account = an_account()
        grant = a_grant(account)
        granting.void(grant_id=grant.pk, reason="", call=a_call())

        with pytest.raises(NothingLeft):
            granting.void(grant_id=grant.pk, reason="", call=a_call())

        assert ledger_of(account) == [("grant", Decimal(100)), ("void", Decimal(100))]

    def test_refuses_a_grant_that_has_expired(self) -> None:
        now = clock()
        account = an_account()
        grant = a_grant(account, now=now - 2 * DAY, expires_at=now - DAY)

        with pytest.raises(Conflict):
            granting.void(grant_id=grant.pk, reason="", call=a_call())

        assert ledger_of(account) == [("grant", Decimal(100))]

    def test_refuses_a_grant_that_does_not_exist(self) -> None:
        with pytest.raises(NotFound):
            granting.void(grant_id=uuid4(), reason="", call=a_call())


@pytest.mark.committed
def test_sixteen_equal_calls_at_once_are_one_grant() -> None:
    account = an_account()
    call = a_call(key="same")
    answers = together([lambda: granting.grant(reference=account.reference, order=order(), call=call)] * 16)

    assert ledger_of(account) == [("grant", Decimal(100))]
    assert len({str(done.answer) for done in answers}) == 1
    assert [done.is_replay for done in answers].count(False) == 1
