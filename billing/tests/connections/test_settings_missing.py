"""What a person has to set right is waited for: nothing is given up for it, and all goes on once it is mended."""

from __future__ import annotations

from collections.abc import Sequence
from dataclasses import dataclass
from datetime import timedelta
from typing import Any

import pytest
from django.contrib.auth.models import Permission

from billing.connectors.registry import CONNECTORS
from billing.models import ConnectionHealth, Handling, Outgoing
from billing.queries.connections import standings
from billing.rules.connecting import Access, NotSetUp, Record
from billing.rules.handling import SETTINGS, WAIT_FOR_SETTINGS, Next, verdict_of
from billing.services import applying, connection_health, connection_secrets, connections, outgoing
from billing.services.connections import ConnectionWish
from billing.tests import trying
from billing.tests.connections.shops import Shop, a_sale
from usage.tests.made import clock
from wallets.models import Account


@dataclass
class Needy:
    """The generic connector, which asks them for more with a key that a person gives."""

    asked: int = 0

    def __getattr__(self, name: str) -> Any:
        return getattr(CONNECTORS["webhook"], name)

    def complete(self, access: Access, record: Record) -> Record:
        self.asked += 1
        access.secret("key")
        return record


@pytest.fixture
def needy(monkeypatch: pytest.MonkeyPatch) -> Needy:
    return Needy()


def work(connector: Any) -> None:
    applying.work_due({"webhook": connector}, 5.0)


def health(shop: Shop) -> ConnectionHealth:
    return ConnectionHealth.objects.get(connection=shop.row)


def condition(shop: Shop) -> Sequence[Any]:
    (standing,) = standings([shop.row], clock())
    return standing.condition.value, standing.needs_a_person


class TestAConnectionThatIsNotSetUp:
    def test_rests_after_one_record_and_gives_none_up(
        self, shop: Shop, needy: Needy, acme: Account, pack: str
    ) -> None:
        for _ in range(30):
            shop.tell(a_sale(acme.reference, pack))

        work(needy)
        work(needy)

        assert needy.asked == 1
        assert shop.states() == ["waiting"] * 30
        assert sum(each.attempts - each.round_began_with for each in shop.handlings()) == 0
        assert health(shop).needed_why == "The secret key is not set."
        assert condition(shop) == ("not set up", True)

    def test_goes_on_at_once_when_the_secret_is_given(
        self, shop: Shop, needy: Needy, acme: Account, pack: str
    ) -> None:
        for _ in range(3):
            shop.tell(a_sale(acme.reference, pack))
        work(needy)

        connection_secrets.put_secret(connection_id=shop.row.pk, name="key", text="a key")
        work(needy)

        assert shop.states() == ["applied"] * 3
        assert condition(shop) == ("working", False)

    def test_is_tried_again_after_its_rest_for_it_may_be_mended_elsewhere(
        self, shop: Shop, needy: Needy, acme: Account, pack: str
    ) -> None:
        shop.tell(a_sale(acme.reference, pack))
        work(needy)
        ConnectionHealth.objects.filter(connection=shop.row).update(applying_rests_until=clock())

        work(CONNECTORS["webhook"])

        assert shop.states() == ["applied"]
        assert health(shop).needed_since is None

    def test_takes_up_thousands_of_attempts_without_giving_up(
        self, shop: Shop, needy: Needy, acme: Account, pack: str
    ) -> None:
        shop.tell(a_sale(acme.reference, pack))
        for _ in range(20):
            work(needy)
            ConnectionHealth.objects.filter(connection=shop.row).update(applying_rests_until=clock())

        assert needy.asked == 20
        assert shop.states() == ["waiting"]


class TestAWishThatIsNotSetUp:
    def test_waits_alone_until_the_settings_change(self, shop: Shop, acme: Account, pack: str) -> None:
        seller, offer = trying.a_seller(), trying.an_offer("10")
        told = {"type": "trial", "external_id": "deal-1", "offer": offer.name, "account": acme.reference}
        shop.tell(told)
        shop.tell(a_sale(acme.reference, pack))
        work(CONNECTORS["webhook"])
        waiting = shop.handlings()[0]
        assert shop.states() == ["waiting", "applied"]
        assert (waiting.waits_for, waiting.attempts - waiting.round_began_with) == (SETTINGS, 0)
        assert waiting.next_at is not None
        assert waiting.next_at > clock() + timedelta(minutes=50)
        assert condition(shop) == ("not set up", True)

        seller.user_permissions.add(Permission.objects.get(codename="issue_trial"))
        connections.change(
            connection_id=shop.row.pk,
            known=CONNECTORS["webhook"].settings,
            wish=ConnectionWish("Shop", {"seller": seller.username}),
        )
        work(CONNECTORS["webhook"])

        assert shop.states() == ["applied", "applied"]
        assert condition(shop) == ("working", False)

    def test_is_forgotten_of_the_connection_once_nothing_waits_for_it(
        self, shop: Shop, acme: Account, pack: str
    ) -> None:
        offer = trying.an_offer("10")
        shop.tell({"type": "trial", "external_id": "1", "offer": offer.name, "account": acme.reference})
        work(CONNECTORS["webhook"])
        applying.ignore([shop.handlings()[0].pk], trying.a_seller(), "We sell no trials there.")

        shop.tell(a_sale(acme.reference, pack))
        work(CONNECTORS["webhook"])

        assert condition(shop) == ("working", False)


class TestMended:
    def test_lets_a_change_of_a_field_wake_what_waits(self, shop: Shop, acme: Account, pack: str) -> None:
        shop.tell(a_sale(acme.reference, pack))
        rows = Handling.objects.filter(connection=shop.row)
        rows.update(waits_for=SETTINGS, next_at=clock() + timedelta(hours=1))

        connection_health.mended(shop.row.pk)
        work(CONNECTORS["webhook"])

        assert shop.states() == ["applied"]

    def test_lets_messages_that_waited_for_it_be_sent_at_once_and_no_others(self, shop: Shop) -> None:
        for key, reason in (("missing", "The secret key is not set."), ("busy", "It answered 500.")):
            outgoing.put(shop.row.pk, "task", key, "acme", {})
            later = {"next_at": clock() + timedelta(minutes=9), "reason": reason}
            Outgoing.objects.filter(connection=shop.row, key=key).update(**later)
        connection_health.need_a_person(shop.row.pk, "send tasks", "The secret key is not set.")

        connection_secrets.put_secret(connection_id=shop.row.pk, name="key", text="a key")

        due = Outgoing.objects.filter(connection=shop.row, next_at__lte=clock())
        assert [each.key for each in due] == ["missing"]


class TestVerdictOf:
    @pytest.mark.parametrize("is_read", [True, False])
    def test_waits_for_settings_however_often(self, is_read: bool) -> None:
        verdict = verdict_of(NotSetUp("address is not set."), 500, 0.5, is_read=is_read)

        assert (verdict.next, verdict.waits_for, verdict.counts) == (Next.AGAIN, SETTINGS, False)
        assert verdict.rests is not is_read
        assert verdict.wait == (WAIT_FOR_SETTINGS if is_read else timedelta(0))
