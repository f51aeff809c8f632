"""A connection to the stand-in, and what its events come to."""

from __future__ import annotations

import json
from collections.abc import Mapping, Sequence
from datetime import UTC, datetime, timedelta

from billing.connectors.stripe import Stripe
from billing.rules.connecting import Access, Incoming, Record, Wish
from billing.rules.content import parsed
from billing.rules.mapping import Rule, mapped_by
from billing.tests.connectors.stripe_protocol import Tree
from billing.tests.connectors.stripe_server import StripeServer

STRIPE = Stripe()
HASTY = Stripe(seconds=1.0)
"""For whoever gives no answer; on a busy machine too hasty for anything else."""
HERE = frozenset({"127.0.0.1"})


def access(server: StripeServer, after: timedelta = timedelta(0), **settings: str) -> Access:
    """The connection as it is opened now."""
    return Access(
        "till",
        {"address": server.url} | settings,
        {"secret_key": [server.key], "signing_secret": [server.signing_secret]},
        HERE,
        at=datetime.fromtimestamp(server.books.now(), UTC) + after,
    )


def patient_with(trouble: str) -> Stripe:
    return HASTY if trouble == "hang" else STRIPE


def incoming(server: StripeServer, event: Tree, at: int | None = None) -> Incoming:
    """A webhook as it arrives now."""
    headers, body = server.delivery(event, at)
    return Incoming(headers, body, datetime.fromtimestamp(server.books.now(), UTC))


def wishes(
    server: StripeServer,
    event: Tree,
    rules: Mapping[tuple[str, str, str], Rule] | None = None,
    after: timedelta = timedelta(0),
) -> Sequence[Wish]:
    """What an event comes to, from its webhook on. after: how much later it is looked into."""
    record = STRIPE.verify(access(server), incoming(server, event))
    kept = Record(record.external_id, record.kind, parsed(json.dumps(record.content).encode()))
    completed = STRIPE.complete(access(server, after), kept)
    mapped = mapped_by(STRIPE.targets, rules or {})
    found = STRIPE.read(completed, mapped)
    assert STRIPE.read(completed, mapped) == found
    return found
