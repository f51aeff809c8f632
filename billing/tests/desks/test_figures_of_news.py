"""What webhooks, connections and news are said to have done, beside an SQL of its own over what was sent and taken."""

from __future__ import annotations

import pytest
from django.test import Client

from billing.models import Delivery, Endpoint, Outgoing
from billing.services import endpoints, news
from billing.tests.connectors.desk_made import a_connection, a_message, applied, failed, page, told
from billing.tests.desks.asking import asked
from billing.tests.desks.cells import column_of, figures_of, rows_of
from billing.tests.news.made import a_delivery, a_recipient, an_endpoint, attempt_at
from billing.tests.news.receiver import Receiver, Said
from usage.tests.made import DAY, a_grant, an_account, clock

pytestmark = pytest.mark.django_db

# What never arrived waits, unless it was given up: an endpoint that was switched off gives up what waited for it.
_ENDPOINTS = """
    WITH sent AS (
        SELECT d.endpoint_id, d.finished_at IS NOT NULL AS is_over,
               EXISTS (SELECT FROM billing_attempt a WHERE a.delivery_id = d.id AND a.status = 200) AS has_arrived,
               (SELECT count(*) FROM billing_attempt a WHERE a.delivery_id = d.id) AS tries,
               (SELECT count(*) FROM billing_attempt a WHERE a.delivery_id = d.id AND a.status <> 200) AS missed
        FROM billing_delivery d WHERE d.endpoint_id = ANY (%(endpoints)s)
    )
    SELECT e.name, count(*) FILTER (WHERE NOT has_arrived AND NOT is_over),
           count(*) FILTER (WHERE NOT has_arrived AND is_over),
           round(100.0 * sum(missed) / nullif(sum(tries), 0), 1)
    FROM sent JOIN billing_endpoint e ON e.id = sent.endpoint_id GROUP BY 1
"""
_REACHED = """
    SELECT count(*) FILTER (WHERE EXISTS (SELECT FROM billing_attempt a WHERE a.delivery_id = d.id AND a.status = 200)),
           count(*)
    FROM billing_delivery d JOIN billing_news n ON n.id = d.news_id WHERE n.about_id = %(account)s
"""
# Of the last 24 hours; what waits and was not tried yet says nothing of how it goes.
_CONNECTION = """
    WITH passed AS (
        SELECT h.finished_at IS NULL AS waits, h.fault <> '' AS is_bad, r.received_at AS at, true AS is_in
        FROM billing_handling h JOIN billing_received r ON r.id = h.received_id WHERE h.connection_id = %(connection)s
        UNION ALL
        SELECT finished_at IS NULL, fault <> '', created_at, false FROM billing_outgoing
        WHERE connection_id = %(connection)s
    )
    SELECT count(*) FILTER (WHERE waits AND is_in), count(*) FILTER (WHERE waits AND NOT is_in),
           count(*) FILTER (WHERE is_bad AND NOT waits),
           round(100.0 * count(*) FILTER (WHERE is_bad AND at > statement_timestamp() - interval '1 day')
                 / count(*) FILTER (WHERE (is_bad OR NOT waits) AND at > statement_timestamp() - interval '1 day'), 1)
    FROM passed
"""


def an_endpoint_that_heard(receiver: Receiver, *statuses: int) -> Endpoint:
    """One that answered so, each time to news of its own; what failed waits to be tried again."""
    receiver.will_say(*map(Said, statuses))
    endpoint = an_endpoint(receiver.url())
    for _ in statuses:
        attempt_at(a_delivery(endpoint))
    return endpoint


class TestEndpoints:
    def test_tell_what_waits_what_was_given_up_and_how_much_failed(
        self, support: Client, receiver: Receiver
    ) -> None:
        works = an_endpoint_that_heard(receiver, 200, 200, 200)
        limps = an_endpoint_that_heard(receiver, 500, 200, 503)
        a_delivery(limps)
        given_up = an_endpoint_that_heard(receiver, 500, 200, 500, 200, 500, 200, 500)
        endpoints.switch_off(endpoint_id=given_up.pk)
        ours = {each.name: each for each in (works, limps, given_up)}

        shown = {
            name: each
            for each in rows_of(support.get("/admin/billing/endpoint/"))
            if (name := each[0].split(" ")[0]) in ours
        }
        alone = {
            each.name: figures_of(support.get(f"/admin/billing/endpoint/{each.pk}/change/"))
            for each in ours.values()
        }

        for name, waiting, dead, failing in asked(_ENDPOINTS, endpoints=[each.pk for each in ours.values()]):
            assert shown[name][2].split(" ")[0] == (str(waiting) if waiting else "–")
            assert shown[name][3:5] == [str(dead) if dead else "–", f"{failing} %"]
            figures = alone[name]
            assert (figures["Waiting"], figures["Given up"], figures["Failing"]) == (
                str(waiting),
                str(dead),
                f"{failing} %",
            )
        assert len(shown) == 3

    def test_news_tell_how_many_of_how_many_they_reached(self, support: Client, receiver: Receiver) -> None:
        acme = an_account()
        receiver.will_say(Said(200), Said(500))
        for _ in range(2):
            an_endpoint(receiver.url(), ["grant.created"])
        a_recipient(acme, ["grant.created"])
        a_grant(acme)
        news.tell()
        for delivery in Delivery.objects.filter(news__about=acme).exclude(endpoint=None):
            attempt_at(delivery)

        (reached,) = column_of(support.get(f"/admin/billing/news/?q={acme.reference}"), "reached")

        ((arrived, handed),) = asked(_REACHED, account=acme.pk)
        assert reached == f"{arrived} of {handed}" == "1 of 3"


@pytest.mark.usefixtures("outside")
class TestConnections:
    def test_tell_what_a_connection_waits_for_and_how_much_of_it_failed(self, support: Client) -> None:
        row, other = a_connection(), a_connection("Another")
        for at in (clock(), clock(), clock() - 2 * DAY):
            applied(told(row, name="a", at=at), "made")
            failed(told(row, name="b", at=at), "It has no name.")
        for fault in ("Unknown (400)", "", ""):
            a_message(row, "acme", fault=fault)
        told(row, name="waits")
        told(row, name="waits too")
        waits = a_message(row, "acme")
        Outgoing.objects.filter(pk=waits.pk).update(state="waiting", finished_at=None, next_at=clock())
        failed(told(other, name="c"), "It has no name.")

        figures = figures_of(support.get(page(row)))

        ((waits_in, waits_out, dead, rate),) = asked(_CONNECTION, connection=row.pk)
        assert figures["Waits to be applied"] == str(waits_in) == "2"
        assert figures["Waits to be sent"] == str(waits_out) == "1"
        assert (figures["Given up"], figures["Error rate, 24 h"]) == (str(dead), f"{rate} %")
