"""The sync desk in a real browser: cards, errors, runs, records and messages, fields while somebody writes."""

from __future__ import annotations

import time
from datetime import timedelta
from typing import cast

import pytest

from billing.connectors import registry
from billing.models import Connection, ConnectionHealth, Link, Resync
from billing.tests.connectors.desk_made import a_connection, a_message, a_run, applied, failed, told
from billing.tests.connectors.desk_sample import Sample
from billing.tests.look.browser import Browser
from billing.tests.look.person import FILL
from usage.tests.made import an_account, clock

pytestmark = [pytest.mark.look, pytest.mark.timeout(600)]

DRESSES = (("light", 1400), ("dark", 390))
KINDS = cast(dict[str, object], registry.CONNECTORS)


@pytest.fixture(scope="module")
def busy(browser: Browser) -> dict[str, str]:
    """Three connections, one of which has seen everything; the addresses of its pages."""
    KINDS.setdefault("sample", Sample())
    row, acme = a_connection("Sales CRM, Europe and the Americas"), an_account(name="Acme")
    failing = a_connection("Marketing CRM")
    ConnectionHealth.objects.filter(connection=failing).update(
        silent=5, fault="It can't be reached: connection refused.", rests_until=clock() + timedelta(minutes=9)
    )
    Connection.objects.filter(pk=a_connection("Old CRM").pk).update(state="paused")
    properties = {"name": "Acme", "domain": "acme.example", "owner": "ada@example.com", "our_ref": "acme"}
    good = applied(
        told(row, id=7, properties=properties | {"account_ref": "acme"}), "acme is linked to company 7."
    )
    fault, where = "There is no reference.", "properties.account_ref"
    for n in range(12):
        record = failed(told(row, id=n, properties=properties), fault, f"{fault} Company {n}.", where)
    failed(told(row, body=b"{half a page"), "It is no JSON.")
    answer = '{"status":"error","message":"Property td_balance does not exist","category":"VALIDATION_ERROR"}'
    message = a_message(row, acme.reference, fault="It answered 400.", answer=answer, balance="1250.500000")
    a_message(row, acme.reference, balance="1249.250000", runs_out_at="2026-12-24T00:00:00Z")
    Link.objects.create(
        connection=row, kind="customer", external_id="77", about=acme, created_at=clock(), changed_at=clock()
    )
    a_run(row, "companies", "Fetched 200 companies.", found=200, done=188, failed=12)
    a_run(
        failing,
        "companies",
        "It can't be reached: connection refused.",
        fault="It can't be reached",
        repeats=41,
    )
    counts = {
        "companies": {"new": 12, "changed": 30, "known": 4160, "unreadable": 2},
        "deals": {"known": 310},
    }
    resync = {"connection": row, "streams": ["companies", "deals"], "asked_at": clock(), "counts": counts}
    counted = Resync.objects.create(**resync, state="counted", faults={"There is no reference.": 2})
    running = Resync.objects.create(**resync, state="running", place=1)
    one = f"/admin/billing/connection/{row.pk}"
    return {
        "all": "/admin/billing/connection/",
        "one": f"{one}/change/",
        "in": f"{one}/change/?tab=in",
        "out": f"{one}/change/?tab=out",
        "record": f"{one}/in/{good.pk}/",
        "broken": f"{one}/in/{record.pk}/",
        "message": f"{one}/out/{message.pk}/",
        "settings": f"{one}/settings/",
        "off": f"{one}/off/",
        "fields": f"{one}/fields/?record={record.pk}",
        "counted": f"{one}/resync/{counted.pk}/",
        "running": f"{one}/resync/{running.pk}/",
        "kinds": "/admin/billing/connection/add/",
        "add": "/admin/billing/connection/add/?kind=sample",
        "account": f"/admin/wallets/account/{acme.pk}/change/?tab=systems",
        "home": "/admin/",
    }


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
