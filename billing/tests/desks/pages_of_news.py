"""The pages of news and of who is told of them."""

from __future__ import annotations

from billing.models import Delivery
from billing.tests.books import Books
from billing.tests.desks.page import Page


def of_news(books: Books) -> list[Page]:
    endpoint = f"/admin/billing/endpoint/{books.names['endpoint']}"
    recipient = f"/admin/billing/recipient/{books.names['recipient']}"
    mailed = Delivery.objects.filter(recipient=books.names["recipient"]).order_by("pk")[0]
    return [
        Page(f"{endpoint}/change/", "FUA"),
        Page(f"{endpoint}/change/?state=waiting", "FUA"),
        Page(f"{endpoint}/edit/", "U", "U"),
        Page(f"{endpoint}/off/", "U", "U"),
        Page(f"{endpoint}/on/", "U", "U"),
        Page(f"{endpoint}/secret/", "U", "U"),
        Page(f"{endpoint}/history/", "FUA"),
        Page(f"{recipient}/change/", "SMU", "SMU"),
        Page(f"{recipient}/history/", "SMFUA"),
        Page(f"/admin/billing/delivery/{books.names['delivered']}/change/", "FUA"),
        Page(f"/admin/billing/delivery/{mailed.pk}/change/", "FUA"),
        Page(f"/admin/billing/news/{mailed.news_id}/change/"),
    ]
