"""The pages of what accounts buy by themselves."""

from __future__ import annotations

from billing.tests.books import Books
from billing.tests.desks.page import Page


def of_top_ups(books: Books) -> list[Page]:
    buyer = f"/admin/wallets/account/{books.names['self_buyer']}"
    waiting = f"{buyer}/top-ups/{books.names['waiting_top_up']}"
    return [
        Page("/admin/billing/topup/"),
        Page(f"{buyer}/change/?tab=top_ups"),
        Page(f"{buyer}/top-up/", "SMF", "SMF"),
        Page(f"{buyer}/top-up/switch/", "SMF", "SMF"),
        Page(f"{waiting}/paid/", "F", "F"),
        Page(f"{waiting}/refuse/", "F", "F"),
        Page(f"{waiting}/withdraw/", "F", "F"),
    ]
