"""How a connection to Salesforce is let in, and what has to be made there."""

from __future__ import annotations

from collections.abc import Iterator
from dataclasses import replace
from datetime import timedelta

import pytest

from billing.connectors.salesforce_client import instance_of
from billing.rules.connecting import (
    Access,
    AccessExpired,
    Incoming,
    Later,
    NotSetUp,
    Refused,
    Unreachable,
    Unverified,
)
from billing.tests.connectors.held import NOW
from billing.tests.connectors.salesforce_books import ACCOUNT, OPPORTUNITY, TASK
from billing.tests.connectors.salesforce_server import SalesforceServer
from billing.tests.connectors.salesforce_told import SALESFORCE, access
from billing.tests.connectors.stand_in import Reply


@pytest.fixture
def vendor() -> Iterator[SalesforceServer]:
    server = SalesforceServer()
    yield server
    server.close()


def without(mine: Access, *names: str) -> Access:
    return replace(mine, secrets={name: kept for name, kept in mine.secrets.items() if name not in names})


class TestTokens:
    def test_come_with_the_address_that_they_count_at(self, vendor: SalesforceServer) -> None:
        mine = access(vendor)
        renewed = SALESFORCE.renew(mine, NOW)

        assert renewed is not None
        assert renewed.secrets.keys() == {"access_token", "instance"}
        assert renewed.secrets["instance"] == vendor.url
        assert renewed.expires_at is None

    def test_bring_another_refresh_token_where_the_app_rotates_them(self, vendor: SalesforceServer) -> None:
        vendor.rotates = True
        mine = access(vendor)
        renewed = SALESFORCE.renew(mine, NOW)

        assert renewed is not None
        assert renewed.secrets["refresh_token"] == vendor.refresh_token != mine.secret("refresh_token")
        with pytest.raises(Refused, match="expired access/refresh token"):
            SALESFORCE.renew(mine, NOW)

    def test_are_given_for_the_app_s_own_credentials_by_its_own_domain(
        self, vendor: SalesforceServer
    ) -> None:
        mine = without(access(vendor), "refresh_token", "access_token", "instance")
        renewed = SALESFORCE.renew(mine, NOW)
        vendor.has_my_domain = False

        assert renewed is not None
        assert renewed.secrets["access_token"] in vendor.tokens
        with pytest.raises(Refused, match="not supported on this domain"):
            SALESFORCE.renew(mine, NOW)

    def test_need_no_secret_where_the_app_has_none(self, vendor: SalesforceServer) -> None:
        assert SALESFORCE.renew(without(access(vendor), "client_secret"), NOW) is not None

    def test_are_not_given_to_who_is_not_the_app(self, vendor: SalesforceServer) -> None:
        with pytest.raises(Refused, match="client identifier invalid"):
            SALESFORCE.renew(access(vendor, client_id="another"), NOW)
        with pytest.raises(NotSetUp, match="client_secret"):
            SALESFORCE.renew(without(access(vendor), "refresh_token", "client_secret"), NOW)

    def test_that_were_asked_for_too_often_are_asked_for_later(
        self, vendor: SalesforceServer, monkeypatch: pytest.MonkeyPatch
    ) -> None:
        told = {"error": "invalid_grant", "error_description": "login rate exceeded"}
        monkeypatch.setattr(vendor, "answer", lambda asked: Reply(told, 400))

        with pytest.raises(Later):
            SALESFORCE.renew(access(vendor), NOW)

    def test_that_were_never_told_are_expired(self, vendor: SalesforceServer) -> None:
        for name in ("access_token", "instance"):
            with pytest.raises(AccessExpired):
                SALESFORCE.check(without(access(vendor), name))
        assert vendor.asked == []

    def test_that_ran_out_are_refused_by_401(self, vendor: SalesforceServer) -> None:
        mine = access(vendor)
        vendor.books.pass_by(hours=2)

        with pytest.raises(AccessExpired):
            SALESFORCE.pull(mine, "accounts", "")


class TestAnInstance:
    @pytest.mark.parametrize(
        "told",
        ["https://acme.my.salesforce.com", "https://acme.my.salesforce.com/", "http://10.0.0.7:8080"],
    )
    def test_is_a_host_by_https_or_one_that_the_operator_named(self, told: str) -> None:
        mine = Access("crm", private_hosts=frozenset({"10.0.0.7"}))

        assert instance_of(told, mine) == told.rstrip("/")

    @pytest.mark.parametrize(
        "told",
        [
            "http://acme.my.salesforce.com",
            "http://169.254.169.254",
            "https://acme.my.salesforce.com/path",
            "https://acme.my.salesforce.com?q=",
            "ftp://acme.my.salesforce.com",
            "acme.my.salesforce.com",
            "",
            None,
            {"url": "https://acme.my.salesforce.com"},
        ],
    )
    def test_is_nothing_else(self, told: object, vendor: SalesforceServer) -> None:
        with pytest.raises(Unreachable, match="no address by https"):
            instance_of(told, Access("crm"))

    @pytest.mark.parametrize("told", ["https://127.0.0.1", "https://[::1]", "https://169.254.169.254"])
    def test_in_nobody_s_public_network_is_not_called(self, told: str, vendor: SalesforceServer) -> None:
        mine = access(vendor)
        lie = replace(mine, secrets={**mine.secrets, "instance": [told]}, private_hosts=frozenset())

        with pytest.raises(Unreachable, match="no public address"):
            SALESFORCE.pull(lie, "accounts", "")
        assert vendor.asked == []

    def test_that_is_told_is_looked_at_before_it_is_kept(self, vendor: SalesforceServer) -> None:
        vendor.instance_url = "http://metadata.internal"

        with pytest.raises(Unreachable, match="no address by https"):
            SALESFORCE.renew(access(vendor), NOW)


class TestACheck:
    def test_says_which_org_answers(self, vendor: SalesforceServer) -> None:
        assert SALESFORCE.check(access(vendor)).said.startswith("Connected to the Salesforce org Ours (00D")

    def test_names_what_the_user_may_not_see(self, vendor: SalesforceServer) -> None:
        vendor.calls.hidden = {OPPORTUNITY, TASK}

        with pytest.raises(NotSetUp, match="may not read Opportunity, Task"):
            SALESFORCE.check(access(vendor))
        with pytest.raises(NotSetUp, match="Opportunity"):
            SALESFORCE.pull(access(vendor), "opportunities", "")

    def test_needs_a_field_that_holds_a_key_once(self, vendor: SalesforceServer) -> None:
        vendor.books.external_ids.clear()
        with pytest.raises(NotSetUp, match="no external id"):
            SALESFORCE.check(access(vendor))
        del vendor.books.fields[TASK]["Tokendesk_Key__c"]
        with pytest.raises(NotSetUp, match="Tasks have no field Tokendesk_Key__c"):
            SALESFORCE.check(access(vendor))

    def test_needs_the_fields_that_a_person_names(self, vendor: SalesforceServer) -> None:
        with pytest.raises(NotSetUp, match="Account has no field Region__c"):
            SALESFORCE.check(access(vendor, accounts_fields="Type, Region__c"))

    def test_wants_our_own_fields_named_where_they_are_there(self, vendor: SalesforceServer) -> None:
        vendor.books.add_field(ACCOUNT, "Tokendesk_Account__c")
        with pytest.raises(NotSetUp, match="name it in accounts_fields"):
            SALESFORCE.check(access(vendor))

        assert SALESFORCE.check(access(vendor, accounts_fields="Tokendesk_Account__c")).said

    def test_wants_the_currency_said_where_the_org_does_not(self, vendor: SalesforceServer) -> None:
        with pytest.raises(NotSetUp, match="one currency"):
            SALESFORCE.check(access(vendor, currency=""))
        with pytest.raises(NotSetUp, match="three capital letters"):
            SALESFORCE.check(access(vendor, currency="usd"))
        vendor.books.have_currencies()
        with pytest.raises(NotSetUp, match="several currencies"):
            SALESFORCE.check(access(vendor))

        assert SALESFORCE.check(access(vendor, currency="")).said

    def test_wants_a_day(self, vendor: SalesforceServer) -> None:
        with pytest.raises(NotSetUp, match="no day"):
            SALESFORCE.check(access(vendor, opportunities_since="soon"))

    def test_says_that_the_org_has_no_api(self, vendor: SalesforceServer) -> None:
        vendor.failing = [(0, "disabled")]
        with pytest.raises(NotSetUp, match="API is not enabled"):
            SALESFORCE.check(access(vendor))


class TestACall:
    def test_is_taken_of_nobody(self, vendor: SalesforceServer) -> None:
        call = Incoming({}, b"<notifications/>", NOW + timedelta(0))
        with pytest.raises(Unverified):
            SALESFORCE.verify(access(vendor), call)
