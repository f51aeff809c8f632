"""Grants and ledger are read as they are once what has started was brought into force."""

import pytest
from django.db import connection
from django.test.utils import CaptureQueriesContext

from config.kernel.errors import NotFound
from usage.services import showing
from usage.tests.made import DAY, UNLIMITED, Shop, a_grant, an_account, clock, ledger_of, named
from wallets.models import Account, Grant

pytestmark = pytest.mark.django_db


@pytest.fixture
def started() -> tuple[Account, Grant]:
    """A purchase whose start has passed, on an account that owes 30."""
    shop, now = Shop(), clock()
    account = shop.an_account(now - 10 * DAY, policy=UNLIMITED)
    shop.debit(account, "30", now=now - 5 * DAY)
    grant = a_grant(account, "100", kind="purchase", now=now - 4 * DAY, effective_at=now - 2 * DAY)
    return account, grant


def test_a_grant_has_repaid_what_it_repays(started: tuple[Account, Grant]) -> None:
    told = showing.grant(started[1].pk)

    assert (told["state"], told["remaining"], told["spent"]) == ("open", "70.000000", "30.000000")


def test_the_grants_of_an_account_have_as_well(started: tuple[Account, Grant]) -> None:
    (told,) = showing.grants_page(started[0].reference, after=None, limit=5)

    assert told["remaining"] == "70.000000"


def test_the_ledger_says_so_first(started: tuple[Account, Grant]) -> None:
    rows = showing.ledger_page(started[0].reference, after=None, limit=1)

    assert (rows[0]["kind"], rows[0]["tokens"], rows[0]["overage_after"]) == (
        "repay",
        "30.000000",
        "0.000000",
    )


def test_a_read_locks_nothing_where_nothing_has_started() -> None:
    account, now = an_account(), clock()
    a_grant(account, "5", effective_at=now + DAY)

    with CaptureQueriesContext(connection) as queries:
        showing.grants_page(account.reference, after=None, limit=5)

    assert not [each for each in queries if "FOR" in each["sql"] or "wallets_settle" in each["sql"]]
    assert [kind for kind, _ in ledger_of(account)] == ["grant"]


def test_what_does_not_exist_is_not_found() -> None:
    with pytest.raises(NotFound):
        showing.grants_page(named("nobody"), after=None, limit=5)
