"""What stands out, and what does not."""

from __future__ import annotations

from datetime import UTC, datetime, timedelta

import pytest
from django.db import connection

from config.kernel.errors import InsufficientTokens
from usage.models import Denial, KeySighting
from usage.queries import watching
from usage.rules.enrolment import Enrolment
from usage.services import sightings, terms
from usage.tests.made import AUTHOR, DAY, HOUR, Shop, a_grant, clock


@pytest.fixture
def shop(db: None) -> Shop:
    return Shop()


class TestSuddenBurns:
    def test_name_an_account_that_burns_ten_times_its_usual_hour(self, shop: Shop) -> None:
        now = clock()
        acme, calm = shop.an_account(now - 9 * DAY), shop.an_account(now - 9 * DAY)
        for account in (acme, calm):
            a_grant(account, "100000", now=now - 9 * DAY)
            shop.debit(account, "1680", now=now - 2 * DAY)
        shop.debit(acme, "100", now=now)
        shop.debit(calm, "99", now=now)

        found = watching.sudden_burns(now + timedelta(seconds=5))

        assert [(each.account, each.tokens, each.usual, each.times) for each in found] == [
            (acme, 100, 10, 10)
        ]

    def test_leave_new_accounts_alone(self, shop: Shop) -> None:
        acme = shop.an_account()
        a_grant(acme, "1000")
        shop.debit(acme, "500")

        assert watching.sudden_burns(clock()) == []


class TestManyRefusals:
    def test_name_an_account_that_is_refused_a_hundred_times_in_an_hour(self, shop: Shop) -> None:
        acme = shop.an_account()
        for _ in range(100):
            assert watching.many_refusals(clock()) == []
            with pytest.raises(InsufficientTokens):
                shop.debit(acme, "1")

        assert [(each.account, each.times) for each in watching.many_refusals(clock())] == [(acme, 100)]
        assert Denial.objects.filter(account=acme).count() == 1


class TestWanderingKeys:
    def test_name_a_key_that_is_used_from_twenty_networks_a_day(self, shop: Shop) -> None:
        now = clock()
        for third in range(20):
            assert watching.wandering_keys(now) == []
            KeySighting.objects.create(api_key=shop.key, network=f"192.0.{third}.0/24", day=now.date())

        assert [(each.key, each.networks) for each in watching.wandering_keys(now)] == [(shop.key, 20)]
        assert watching.wandering_keys(now + DAY) == []


class TestTrialsTwice:
    def test_name_a_domain_of_two_accounts_with_trial_tokens(self, shop: Shop) -> None:
        first, second, third = (shop.an_account() for _ in range(3))
        for account in (first, second, third):
            asked = Enrolment(external_ids={"domain": " Example.com"})
            terms.enrol(reference=account.reference, asked=asked, author=AUTHOR)
        a_grant(first, "5")
        a_grant(third, "5", kind="purchase")
        assert watching.trials_twice(clock()) == []
        a_grant(second, "5")

        found = watching.trials_twice(clock())

        assert [(each.domain, list(each.accounts)) for each in found] == [("example.com", [first, second])]


class TestNetworkOf:
    @pytest.mark.parametrize(
        ("address", "network"),
        [
            ("192.0.2.17", "192.0.2.0/24"),
            ("2001:db8:1:2::9", "2001:db8:1::/48"),
            ("", None),
            ("unix", None),
        ],
    )
    def test_keeps_no_address(self, address: str, network: str | None) -> None:
        assert sightings.network_of(address) == network


@pytest.mark.committed
class TestNote:
    def test_writes_a_network_once_a_day(self) -> None:
        shop = Shop()
        noon = datetime(2026, 3, 2, 12, tzinfo=UTC)

        for address in ("192.0.2.1", "192.0.2.2", "192.0.2.1", "198.51.100.7"):
            sightings.note(shop.key.pk, address, noon)
        sightings.note(shop.key.pk, "192.0.2.1", noon + DAY)

        rows = KeySighting.objects.filter(api_key=shop.key).order_by("day", "network")
        assert [(row.network, str(row.day)) for row in rows] == [
            ("192.0.2.0/24", "2026-03-02"),
            ("198.51.100.0/24", "2026-03-02"),
            ("192.0.2.0/24", "2026-03-03"),
        ]

    def test_asks_the_database_once_for_an_address(self) -> None:
        shop = Shop()
        noon = datetime(2026, 3, 4, 12, tzinfo=UTC)
        sightings.note(shop.key.pk, "192.0.2.1", noon)
        asked: list[str] = []

        with connection.execute_wrapper(lambda run, sql, *rest: (asked.append(sql), run(sql, *rest))[1]):
            sightings.note(shop.key.pk, "192.0.2.1", noon + HOUR)

        assert asked == []
        assert KeySighting.objects.filter(api_key=shop.key).count() == 1
