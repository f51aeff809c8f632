"""The pages of invoices and of what they go by."""

from __future__ import annotations

from billing.tests.books import Books
from billing.tests.desks.page import EVERYBODY, Page


def lists_of_invoices() -> list[Page]:
    return [
        Page("/admin/billing/invoice/"),
        Page("/admin/billing/creditnote/"),
        Page("/admin/billing/overagerate/"),
        Page("/admin/billing/overagerate/add/", "F", "F"),
        Page("/admin/billing/seller/"),
    ]


def of_invoices(books: Books) -> list[Page]:
    draft = f"/admin/billing/invoice/{books.names['invoice_draft']}"
    final = f"/admin/billing/invoice/{books.names['invoice']}"
    return [
        Page(f"/admin/billing/invoice/?customer={books.names['invoiced']}"),
        Page(f"{draft}/change/"),
        Page(f"{draft}/paper/"),
        Page(f"{draft}/line/", "F", "F"),
        Page(f"{draft}/finalise/", "F", "F"),
        Page(f"{draft}/discard/", "F", "F"),
        Page(f"{final}/change/"),
        Page(f"{final}/paper/"),
        Page(f"{final}/credit/", "F", "F"),
        Page(f"/admin/billing/invoice/{books.names['member_draft']}/change/"),
        Page(f"/admin/billing/invoice/{books.names['member_invoice']}/change/"),
        Page(f"/admin/billing/creditnote/{books.names['by_hand']}/change/"),
        Page("/admin/billing/seller/1/change/", EVERYBODY, "F"),
        Page("/admin/billing/seller/1/history/"),
    ]
