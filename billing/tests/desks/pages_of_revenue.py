"""The pages of finance, and of what people do by hand."""

from __future__ import annotations

from billing.models import AccountingPeriod, JournalAccount
from billing.tests.books import Books
from billing.tests.books_of_revenue import close_winter
from billing.tests.desks.page import EVERYBODY, Page


def lists_of_revenue() -> list[Page]:
    return [
        Page("/admin/billing/revenuemonth/", "FA"),
        Page("/admin/billing/grantrevenue/", "FA"),
        Page("/admin/billing/accountingperiod/", "FA"),
        Page("/admin/billing/journalaccount/", "FA"),
        Page("/admin/billing/handact/"),
        Page("/admin/billing/actrule/"),
        Page("/admin/billing/actrule/add/", "F", "F"),
    ]


def of_revenue(books: Books) -> list[Page]:
    """January of that year is closed, February is not."""
    close_winter()
    january, february = ("/admin/billing/revenuemonth/2001-01", "/admin/billing/revenuemonth/2001-02")
    account = JournalAccount.objects.get(role="revenue").pk
    return [
        Page("/admin/billing/revenuemonth/?currency=USD", "FA"),
        Page(f"{january}/", "FA"),
        Page(f"{february}/", "FA"),
        Page(f"{february}/close/", "F", "F"),
        Page(f"{january}/reopen/", "F", "F"),
        Page(f"{february}/grants/USD/", "FA"),
        Page(f"{february}/journal/USD/", "FA"),
        Page(f"{february}/journal/USD.csv", "FA"),
        Page(f"/admin/billing/grantrevenue/{books.names['sold_revenue']}/change/", "FA"),
        Page(f"/admin/billing/accountingperiod/{AccountingPeriod.objects.latest('pk').pk}/change/", "FA"),
        Page(f"/admin/billing/journalaccount/{account}/change/", "FA", "F"),
        Page(f"/admin/billing/journalaccount/{account}/history/", "FA"),
        Page(f"/admin/wallets/account/{books.account}/debits/{books.names['second']}/reverse/", "FU", "FU"),
        Page(f"/admin/billing/handact/{books.names['act_waiting']}/change/", EVERYBODY, "F"),
        Page(f"/admin/billing/handact/{books.names['act_approved']}/change/"),
        Page(f"/admin/billing/actrule/{books.names['act_rule']}/change/", EVERYBODY, "F"),
    ]
