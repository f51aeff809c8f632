"""However many sell at once, nobody passes the allowance, and nothing is given twice."""

from __future__ import annotations

from functools import partial
from typing import Any

import pytest

from billing import errors
from billing.models import Trial, TrialOffer, TrialRequest
from billing.services import trial_files
from billing.services.trial_files import Filed
from billing.tests.trying import a_seller, allow, an_offer, ask
from config.kernel.errors import DomainError, InvalidRequest
from usage.tests.made import an_account, named, together

pytestmark = pytest.mark.committed

SELLING = 50


def quietly(call: Any) -> Any:
    """What the call answers, or the refusal it raises."""
    try:
        return call()
    except DomainError as refusal:
        return refusal


class TestAllowance:
    def test_lets_ten_of_fifty_grants_have_the_last_ten(self) -> None:
        seller, offer = a_seller(), an_offer("1")
        allow(seller, "10")
        accounts = [an_account() for _ in range(SELLING)]

        answers = together([partial(ask, seller, offer, each) for each in accounts])

        issued = [each for each in answers if getattr(each, "trial", None)]
        assert (len(issued), len(answers)) == (10, SELLING)
        assert Trial.objects.filter(seller=seller).count() == 10
        assert TrialRequest.objects.filter(seller=seller).count() == 40

    def test_is_not_passed_while_it_shrinks(self) -> None:
        seller, offer = a_seller(), an_offer("1")
        allow(seller, "12")
        accounts = [an_account() for _ in range(8)]

        sales = [partial(ask, seller, offer, each) for each in accounts]
        together([*sales, partial(allow, seller, "4")])

        assert 4 <= Trial.objects.filter(seller=seller).count() <= 8


class TestFiles:
    def test_that_name_the_same_opportunities_crosswise_wait_for_each_other(self) -> None:
        """One begins with the deal that the other ends with, so that each would wait for what the other has."""
        offer, deals = an_offer("1"), [named("deal"), named("deal")]
        files = [_file(offer, first, last) for first, last in (deals, deals[::-1])]

        answers = together([partial(quietly, partial(_issued, text)) for text in files])

        assert len(answers) == 2
        assert sum(isinstance(each, InvalidRequest) for each in answers) == 1
        assert Trial.objects.filter(offer=offer).count() == BETWEEN + 2


BETWEEN = 8


def _file(offer: TrialOffer, first: str, last: str) -> str:
    rows = [f"{an_account().reference},{offer.name},{deal},Fair" for deal in (first, *[""] * BETWEEN, last)]
    return "\n".join(["account,offer,opportunity,reason", *rows])


def _issued(text: str) -> Filed:
    return trial_files.issue_file(text=text, key=named("file"), seller=a_seller(), is_dry=False)


class TestOnce:
    def test_answers_one_trial_to_one_opportunity_from_many_sellers(self) -> None:
        offer, account, deal = an_offer("1"), an_account(), named("deal")
        sellers = [a_seller() for _ in range(8)]

        answers = together([partial(ask, each, offer, account, opportunity=deal) for each in sellers])

        assert len({each.trial.pk for each in answers}) == 1
        assert Trial.objects.filter(offer=offer).count() == 1

    def test_gives_an_account_one_trial_from_many_sellers(self) -> None:
        offer, account = an_offer("1", once_per="account"), an_account()
        sellers = [a_seller() for _ in range(8)]

        answers = together([partial(quietly, partial(ask, each, offer, account)) for each in sellers])

        assert sum(getattr(each, "trial", None) is not None for each in answers) == 1
        assert sum(isinstance(each, errors.TrialGivenAlready) for each in answers) == 7
