"""Every read with what its query takes, by kind."""

from __future__ import annotations

from collections.abc import Iterator
from dataclasses import dataclass

from usage.tests.api.conftest import Shop, debit_of
from usage.tests.api.writing import a_seat, a_top_up_rule, an_order, price_seats
from usage.tests.api.writing_limits import put_budget


@dataclass(frozen=True)
class Read:
    """A path that is read with GET. moments, quantities, texts: names of parameters. is_paged: has limit and cursor.

    is_open: needs no key. status, query: of what is answered.
    """

    path: str
    moments: tuple[str, ...] = ()
    quantities: tuple[str, ...] = ()
    texts: tuple[str, ...] = ()
    is_paged: bool = False
    is_open: bool = False
    status: int = 200
    query: str = ""


def reads(shop: Shop) -> Iterator[Read]:
    """All of them."""
    price_seats(shop)
    account = shop.account("5")
    grant = shop.grant(account, "5")["id"]
    debit = shop.all.post("/debits", debit_of(account)).json["id"]
    hold = shop.all.post("/holds", debit_of(account, "1")).json["id"]
    denial = shop.all.post("/debits", debit_of(account, "1000")).json["denial"]
    yield Read(f"/debits/{debit}")
    yield Read(f"/debits/{debit}/explanation")
    yield Read(f"/holds/{hold}")
    yield Read(f"/denials/{denial}")
    yield Read(f"/checkouts/{a_seat(shop, account)}")
    yield Read(f"/accounts/{account}")
    yield Read(f"/accounts/{account}/grants", is_paged=True)
    yield Read(f"/grants/{grant}")
    yield Read(f"/accounts/{account}/balance", moments=("as_of",), texts=("token",))
    yield Read(f"/accounts/{account}/ledger", texts=("token",), is_paged=True)
    yield Read(f"/accounts/{account}/entitlements", is_paged=True)
    yield Read(f"/accounts/{account}/entitlements/chat.input", quantities=("quantity",))
    put_budget(shop, account)
    yield Read(f"/accounts/{account}/budgets", is_paged=True)
    yield Read(f"/accounts/{account}/budgets/users", texts=("value",))
    yield Read(f"/accounts/{account}/allowances", is_paged=True)
    yield Read(f"/accounts/{account}/access", is_paged=True)
    yield Read("/rates", moments=("at",), texts=("account",), is_paged=True, query=f"?account={account}")
    yield Read("/usage", moments=("from", "to"), texts=("account", "token"), is_paged=True)
    order = an_order(account)
    assert order.send(shop.all, order.body).status == 200
    yield Read("/orders/SO-1")
    rule = a_top_up_rule(account)
    assert rule.send(shop.all, rule.body).status == 200
    yield Read(f"/accounts/{account}/top-up", texts=("token",))
    yield Read("/schema", is_open=True)
    yield Read("/docs", is_open=True)
    yield Read("/problems/conflict", is_open=True, status=302)
