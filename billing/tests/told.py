"""Whoever is told of the books: a program, a person, outside systems; what arrived and what waits."""

from __future__ import annotations

from billing.models import Delivery
from billing.rules.deliveries import Answer
from billing.services import endpoints, news, outbox, recipients
from billing.services.endpoints import EndpointWish
from billing.services.recipients import RecipientWish
from billing.tests.books import Books
from billing.tests.books_of_outgoing import connect
from usage.tests.made import a_grant, an_account, named

SOMEWHERE = "https://93.184.216.34/hooks"


def tell(books: Books) -> Books:
    """The books, with their news and the names `endpoint`, `recipient` and `delivered`."""
    news.tell()
    member = an_account()
    types = ["grant.created", "grant.expiring"]
    endpoint = endpoints.create(wish=EndpointWish(named("receiver"), SOMEWHERE, types)).endpoint
    wish = RecipientWish(f"{named('person')}@example.com", types, member.pk)
    recipient = recipients.create(wish=wish)
    for _ in range(2):
        a_grant(member, "1")
    news.tell()
    claimed = outbox.claim(endpoint.pk)
    assert claimed is not None
    outbox.record(claimed, Answer(status=200), 0.5)
    delivered = Delivery.objects.get(pk=claimed.delivery_id)
    names = {"endpoint": endpoint.pk, "recipient": recipient.pk, "delivered": delivered.pk}
    return Books({**books.names, **names, **connect()})
