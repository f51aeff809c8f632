"""The sync desk in a real browser: cards, errors, runs, records and messages, fields while somebody writes."""

from __future__ import annotations

import time
from collections.abc import Iterator
from datetime import timedelta
from typing import cast
from uuid import UUID

import pytest

from billing.connectors import registry
from billing.models import Connection, ConnectionHealth, Link, Resync
from billing.services import erasing
from billing.services.erasing import Erasure
from billing.tests.connectors.desk_made import a_connection, a_message, a_run, applied, failed, told
from billing.tests.connectors.desk_sample import Sample
from billing.tests.look.browser import Browser
from billing.tests.look.person import FILL
from usage.tests.made import an_account, clock
from wallets.models import Account

pytestmark = [pytest.mark.look, pytest.mark.timeout(600)]

DRESSES = (("light", 1400), ("dark", 390))
KINDS = cast(dict[str, object], registry.CONNECTORS)


@pytest.fixture(scope="module")
def acme(browser: Browser) -> Account:
    KINDS.setdefault("sample", Sample())
    return an_account(name="Acme")


@pytest.fixture(scope="module")
def failing(acme: Account) -> Connection:
    """One that nobody answers, beside one that is paused."""
    row = a_connection("Marketing CRM")
    ConnectionHealth.objects.filter(connection=row).update(
        silent=5, fault="It can't be reached: connection refused.", rests_until=clock() + timedelta(minutes=9)
    )
    a_run(
        row, "companies", "It can't be reached: connection refused.", fault="It can't be reached", repeats=41
    )
    a_connection("Old CRM", state="paused")
    return row


@pytest.fixture(scope="module")
def busy(failing: Connection, acme: Account) -> Iterator[dict[str, str]]:
    """One that has seen everything; the addresses of its pages."""
    row = a_connection("Sales CRM, Europe and the Americas")
    one = f"/admin/billing/connection/{row.pk}"
    Link.objects.create(
        connection=row, kind="customer", external_id="77", about=acme, created_at=clock(), changed_at=clock()
    )
    a_run(row, "companies", "Fetched 200 companies.", found=200, done=188, failed=12)
    yield {
        "all": "/admin/billing/connection/",
        "one": f"{one}/change/",
        "in": f"{one}/change/?tab=in",
        "out": f"{one}/change/?tab=out",
        **came_in(row, acme, one),
        **goes_out(row, acme, one),
        **counted(row, one),
        "settings": f"{one}/settings/",
        "secret": f"{one}/secrets/signing/",
        "off": f"{one}/off/",
        "kinds": "/admin/billing/connection/add/",
        "add": "/admin/billing/connection/add/?kind=sample",
        "salesforce": "/admin/billing/connection/add/?kind=salesforce",
        "account": f"/admin/wallets/account/{acme.pk}/change/?tab=systems",
        "home": "/admin/",
    }
    KINDS.pop("sample")


def came_in(row: Connection, acme: Account, one: str) -> dict[str, str]:
    properties = {"name": "Acme", "domain": "acme.example", "owner": "ada@example.com", "our_ref": "acme"}
    good = told(row, id=7, properties=properties | {"account_ref": "acme"})
    applied(good, "acme is linked to company 7.", acme.reference)
    fault, where = "There is no reference.", "properties.account_ref"
    for n in range(12):
        broken = failed(told(row, id=n, properties=properties), fault, f"{fault} Company {n}.", where)
    failed(told(row, body=b"{half a page"), "It is no JSON.")
    return {
        "record": f"{one}/in/{good.pk}/",
        "broken": f"{one}/in/{broken.pk}/",
        "fields": f"{one}/fields/?record={broken.pk}",
        "erase": f"{one}/in/{broken.pk}/erase/",
        "erased": f"{one}/in/{erased(row, acme)}/",
    }


def erased(row: Connection, acme: Account) -> UUID:
    gone = applied(told(row, id=99, properties={"name": "Jane"}), "Erased.", acme.reference)
    erasing.erase(connection_id=row.pk, received_id=gone.pk, erasure=Erasure("ada", "Jane asked for it."))
    return gone.pk


def goes_out(row: Connection, acme: Account, one: str) -> dict[str, str]:
    answer = '{"status":"error","message":"Property td_balance does not exist","category":"VALIDATION_ERROR"}'
    refused = a_message(row, acme.reference, fault="It answered 400.", answer=answer, balance="1250.500000")
    a_message(row, acme.reference, balance="1249.250000", runs_out_at="2026-12-24T00:00:00Z")
    return {"message": f"{one}/out/{refused.pk}/"}


def counted(row: Connection, one: str) -> dict[str, str]:
    counts = {
        "companies": {"new": 12, "changed": 30, "known": 4160, "unreadable": 2},
        "deals": {"known": 310},
    }
    said = {"connection": row, "streams": ["companies", "deals"], "asked_at": clock(), "counts": counts}
    done = Resync.objects.create(**said, state="counted", faults={"There is no reference.": 2})
    running = Resync.objects.create(**said, state="running", place=1, worked_at=clock())
    return {"counted": f"{one}/resync/{done.pk}/", "running": f"{one}/resync/{running.pk}/"}


@pytest.mark.parametrize(("theme", "width"), DRESSES)
def test_fit_their_window_and_complain_of_nothing(
    browser: Browser, busy: dict[str, str], theme: str, width: int
) -> None:
    browser.dress(theme, width)
    for name, address in busy.items():
        browser.open(address)
        browser.keep(f"connections-{name}-{theme}-{width}")
        assert (browser.overflow(), browser.complaints()) == (0, []), name


def test_try_a_mapping_while_it_is_written(browser: Browser, busy: dict[str, str]) -> None:
    browser.dress("light", 1400)
    browser.open(busy["fields"])
    assert "There is no reference." in browser.run("return document.body.innerText")

    fill = FILL.replace("[name=${arguments[0]}]", '[name="${arguments[0]}"]')
    browser.run(fill, "x-in-customer-reference", "properties.our_ref")
    time.sleep(2)

    seen = browser.run("return document.querySelector('[data-preview-result]').innerText")
    browser.keep("connections-fields-tried-light-1400")
    assert "A customer" in seen
    assert "reference\nacme" in seen
    assert browser.complaints() == []


@pytest.mark.parametrize(("theme", "width"), [("light", 1400), ("dark", 390)])
def test_ask_for_what_a_pasted_event_leaves_out(
    browser: Browser, busy: dict[str, str], theme: str, width: int
) -> None:
    browser.dress(theme, width)
    browser.open(busy["fields"])
    browser.run("document.querySelector('[name=event]').closest('details').open = true")
    browser.run(FILL, "event", '{"type": "event", "id": 7}')
    time.sleep(2)
    browser.run("document.querySelector('[name=event]').scrollIntoView({block: 'start'})")
    browser.keep(f"connections-fields-pasted-{theme}-{width}")
    browser.run("document.querySelector('[data-ask]').click()")
    time.sleep(2)

    seen = browser.run("return document.querySelector('[data-preview-result]').innerText")
    browser.keep(f"connections-fields-asked-{theme}-{width}")
    assert "Acme, asked for" in seen
    assert (browser.overflow(), browser.complaints()) == (0, [])


def test_say_on_a_phone_under_each_field_what_it_finds(browser: Browser, busy: dict[str, str]) -> None:
    browser.dress("light", 390)
    browser.open(busy["fields"])
    fill = FILL.replace("[name=${arguments[0]}]", '[name="${arguments[0]}"]')
    browser.run(
        "document.querySelector('[name=\"x-in-customer-reference\"]').scrollIntoView({block: 'center'})"
    )
    browser.keep("connections-fields-phone-broken-390")
    assert "There is no reference." in browser.run("return document.querySelector('[data-tried]').innerText")

    browser.run(fill, "x-in-customer-reference", "properties.our_ref")
    time.sleep(2)

    browser.run(
        "document.querySelector('[name=\"x-in-customer-reference\"]').scrollIntoView({block: 'center'})"
    )
    browser.keep("connections-fields-phone-tried-390")
    finds = browser.run("return document.querySelector('[data-finds=customer-reference]').innerText")
    bar = "const bar = document.querySelector('[data-tried]').getBoundingClientRect();"
    assert finds == "finds acme"
    assert "a customer" in browser.run("return document.querySelector('[data-tried]').innerText")
    assert browser.run(f"{bar} return bar.top >= 0 && bar.bottom <= window.innerHeight")
    assert (browser.overflow(), browser.complaints()) == (0, [])
