"""The pages of what an account may use and how far."""

from __future__ import annotations

from urllib.parse import quote

from billing.tests.books import Books
from billing.tests.desks.page import EVERYBODY, Page
from usage.models import Allowance, Budget
from usage.tests.made import Shop
from usage.tests.services.test_unlocking import an_unlock


def of_limits(books: Books) -> list[Page]:
    family = f"/admin/wallets/account/{books.names['family']}"
    budget = f"{family}/budgets/{Budget.objects.get(account=books.names['family']).pk}"
    pattern = quote(Allowance.objects.get(account=books.names["family"]).pattern)
    unlock = f"/admin/usage/unlock/{an_unlock(Shop()).pk}"
    return [
        Page(f"{family}/change/?tab=limits"),
        Page(f"{family}/budgets/open/", "FU", "FU"),
        Page(f"{budget}/"),
        Page(f"{budget}/change/", "FU", "FU"),
        Page(f"{budget}/end/", "FU", "FU"),
        Page(f"{family}/included/", "PF", "PF"),
        Page(f"{family}/included/?pattern={pattern}", "PF", "PF"),
        Page(f"{family}/included/end/?pattern={pattern}", "PF", "PF"),
        Page(f"{family}/access/", "PF", "PF"),
        Page(f"{family}/access/mode/", "PF", "PF"),
        Page(f"{unlock}/change/", EVERYBODY, "P"),
        Page(f"{unlock}/history/"),
    ]
