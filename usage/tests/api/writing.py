"""Every write endpoint with a body it takes, and where in that body values of each kind stand."""

from __future__ import annotations

import copy
from collections.abc import Iterator
from dataclasses import dataclass, field
from typing import Any

from django.apps import apps

from pricing.tests.prices import published, row
from usage.tests.api.client import Answer, ApiClient
from usage.tests.api.conftest import Shop, debit_of
from usage.tests.api.writing_limits import ACCESS, ALLOWANCE, BUDGET


@dataclass(frozen=True)
class Endpoint:
    """numbers, texts, moments, money, days: JSON pointers of members of these kinds; only money may be 0.

    limit: of bytes.
    takes_nothing: whether it may be called without a body.
    """

    method: str
    path: str
    body: dict[str, Any]
    numbers: tuple[str, ...] = ()
    texts: tuple[str, ...] = ()
    moments: tuple[str, ...] = ()
    money: tuple[str, ...] = ()
    days: tuple[str, ...] = ()
    limit: int = 1024 * 1024
    is_moving: bool = field(default=True)
    takes_nothing: bool = False

    def send(self, client: ApiClient, body: object, **environ: str) -> Answer:
        if self.is_moving:
            environ.setdefault("HTTP_IDEMPOTENCY_KEY", "bad-input")
        return client.send(self.method, self.path, body, **environ)

    def with_member(self, pointer: str, value: object) -> dict[str, Any]:
        """The body with another value at the pointer."""
        body = copy.deepcopy(self.body)
        *above, last = pointer.strip("/").split("/")
        place: Any = body
        for step in above:
            place = place[int(step)] if isinstance(place, list) else place[step]
        if isinstance(place, list):
            place[int(last)] = value
        else:
            place[last] = value
        return body


ITEM_TEXTS = (
    "/account",
    "/items/0/feature",
    "/items/0/dimensions/model",
    "/items/0/currency",
    "/subject/user",
)
DESCRIBED = {"dimensions": {"model": "x"}, "cost": "0.01", "currency": "USD"}


def write_endpoints(shop: Shop) -> Iterator[Endpoint]:
    """All of them but the batch, whose rows are judged one by one."""
    account, part = shop.account("100"), shop.account("100")
    shop.all.put(f"/accounts/{part}", {"parent": account})
    debit = shop.all.post("/debits", debit_of(account)).json["id"]
    grant = shop.grant(account, "5")["id"]
    charged = debit_of(account, subject={"user": "u"}, metadata={"request": "r"})
    charged["items"][0] |= DESCRIBED
    kinds = {"numbers": ("/items/0/quantity",), "moments": ("/occurred_at",), "money": ("/items/0/cost",)}
    yield Endpoint("POST", "/debits", charged, texts=(*ITEM_TEXTS, "/metadata/request"), **kinds)
    yield Endpoint("POST", "/quotes", charged, texts=ITEM_TEXTS, is_moving=False, **kinds)
    yield from _of_holds(shop, account, charged)
    yield Endpoint("POST", f"/debits/{debit}/reversals", {"tokens": "1"}, ("/tokens",), ("/reason",))
    yield Endpoint(
        "POST",
        f"/accounts/{account}/grants",
        {"kind": "promo", "tokens": "1", "unit_cost": "1", "currency": "USD", "features": ["chat.input"]},
        ("/tokens",),
        ("/kind", "/token", "/currency", "/reason", "/external_id", "/features/0"),
        ("/effective_at", "/expires_at"),
        ("/unit_cost",),
    )
    yield Endpoint("POST", f"/grants/{grant}/void", {}, (), ("/reason",))
    yield Endpoint(
        "POST",
        f"/accounts/{account}/transfers",
        {"to": part, "tokens": "1"},
        ("/tokens",),
        ("/to", "/reason"),
    )
    yield from _of_seats(shop, account)
    yield from _of_accounts(account)
    yield an_order(account)
    yield a_top_up_rule(account)
    for word in ("paid", "refused"):
        path = f"/top-ups/{a_top_up_that_waits(shop)}/{word}"
        yield Endpoint("POST", path, {"reason": "r"}, texts=("/reason",), is_moving=False)


def a_top_up_that_waits(shop: Shop) -> str:
    """The id of what an account of its own is to pay for."""
    rule = a_top_up_rule(shop.account(tokens=None))
    put = shop.all.put(rule.path, rule.body | {"needs_payment": True})
    waiting: str = put.json["top_ups"][0]["id"]
    return waiting


def an_order(account: str) -> Endpoint:
    """One line of a pack that is on sale. The app above makes packs: its models are asked for by name."""
    apps.get_model("billing", "Offer").objects.get_or_create(
        code="a-pack", defaults={"name": "A pack", "list_price": 10, "currency": "USD"}
    )
    line = {"line": "one", "sku": "a-pack", "quantity": "2", "amount": "18", "currency": "USD"}
    return Endpoint(
        "POST",
        "/orders",
        {"external_id": "SO-1", "account": account, "lines": [line]},
        ("/lines/0/quantity",),
        ("/external_id", "/account", "/state", "/lines/0/line", "/lines/0/sku", "/lines/0/currency"),
        ("/starts_at", "/lines/0/ends_at"),
        ("/lines/0/amount",),
        is_moving=False,
    )


def a_top_up_rule(account: str) -> Endpoint:
    """By a pack that gives tokens; the app above makes packs."""
    unit = apps.get_model("wallets", "TokenUnit").objects.get(is_default=True)
    pack, is_new = apps.get_model("billing", "Offer").objects.get_or_create(
        code="a-full-pack", defaults={"name": "A pack", "list_price": 10, "currency": "USD"}
    )
    if is_new:
        apps.get_model("billing", "OfferTokens").objects.create(offer=pack, unit=unit, tokens=100)
    return Endpoint(
        "PUT",
        f"/accounts/{account}/top-up",
        {
            "threshold": "0",
            "fill_to": "1",
            "sku": "a-full-pack",
            "most": 1,
            "window": "day",
            "token": "AIT",
            "most_amount": "50",
            "reason": "r",
        },
        (),
        ("/sku", "/window", "/token", "/reason"),
        (),
        ("/most_amount",),
        is_moving=False,
    )


def a_seat(shop: Shop, account: str) -> str:
    """The id of a seat that was taken, beyond the base seats of which there are none. `price_seats` prices it."""
    taken: str = shop.all.post("/checkouts", {"account": account, "feature": "seat"}).json["id"]
    return taken


def price_seats(shop: Shop) -> None:
    """Let the shop's table have a seat by the hour as well."""
    seat = row("seat", "2", interval="PT1H", refund_unused="prorata")
    published(shop.table, row("chat.input", "0.5"), row("chat.output", "2"), seat)


def _of_seats(shop: Shop, account: str) -> Iterator[Endpoint]:
    """Each with a seat of its own."""
    price_seats(shop)
    asked = {"account": account, "feature": "seat", "dimensions": {"model": "x"}}
    described = {"subject": {"user": "u"}, "metadata": {"request": "r"}}
    texts = ("/account", "/feature", "/dimensions/model", "/subject/user", "/metadata/request")
    yield Endpoint("POST", "/checkouts", asked | described, texts=texts)
    beat, end = (f"/checkouts/{a_seat(shop, account)}/{verb}" for verb in ("heartbeat", "checkin"))
    yield Endpoint("POST", beat, {}, is_moving=False, takes_nothing=True)
    yield Endpoint("POST", end, {}, takes_nothing=True)


def _of_accounts(account: str) -> Iterator[Endpoint]:
    yield Endpoint(
        "POST",
        "/entitlements/query",
        {"accounts": [account], "features": ["chat.input"]},
        (),
        ("/accounts/0", "/features/0"),
        is_moving=False,
    )
    yield _of_an_account(account)
    yield from _of_limits(account)


def _of_limits(account: str) -> Iterator[Endpoint]:
    """Names that nothing has been put under."""
    yield Endpoint(
        "PUT",
        f"/accounts/{account}/budgets/research",
        BUDGET,
        texts=("/period", "/feature", "/subject/team", "/dimensions/model", "/per", "/token", "/reason"),
        money=("/tokens",),
        is_moving=False,
    )
    yield Endpoint(
        "PUT",
        f"/accounts/{account}/allowances/chat.*",
        ALLOWANCE,
        ("/units",),
        ("/period", "/reason"),
        ("/effective_from", "/effective_until"),
        ("/carries",),
        ("/anchor",),
        is_moving=False,
    )
    yield Endpoint(
        "PUT",
        f"/accounts/{account}/access/chat.*",
        ACCESS,
        (),
        ("/state", "/reason"),
        ("/effective_from", "/effective_until"),
        is_moving=False,
    )


def _of_an_account(account: str) -> Endpoint:
    return Endpoint(
        "PUT",
        f"/accounts/{account}",
        {"policy": {"mode": "overage", "limit": "1"}, "external_ids": {"crm": "x"}},
        (),
        (
            *("/name", "/rate_table", "/time_zone", "/state", "/parent", "/external_ids/crm", "/policy/mode"),
            "/entitlements",
        ),
        ("/rate_table_from",),
        is_moving=False,
    )


def _of_holds(shop: Shop, account: str, charged: dict[str, Any]) -> Iterator[Endpoint]:
    """Each with a hold of its own."""
    held = [shop.all.post("/holds", debit_of(account)).json["id"] for _ in range(3)]
    asked = {**charged, "expires_in": 60}
    numbers, moments, money = ("/items/0/quantity", "/expires_in"), ("/occurred_at",), ("/items/0/cost",)
    yield Endpoint("POST", "/holds", asked, numbers, (*ITEM_TEXTS, "/metadata/request"), moments, money)
    yield Endpoint(
        "POST",
        f"/holds/{held[0]}/capture",
        {"items": copy.deepcopy(charged["items"]), "final": True},
        ("/items/0/quantity",),
        ("/items/0/feature", "/items/0/dimensions/model", "/items/0/currency"),
        money=money,
        takes_nothing=True,
    )
    yield Endpoint("POST", f"/holds/{held[1]}/release", {}, (), ("/reason",), takes_nothing=True)
    extension = {"expires_in": 600}
    yield Endpoint("POST", f"/holds/{held[2]}/extend", extension, ("/expires_in",), is_moving=False)


def census() -> dict[str, int]:
    """How many rows of ours there are, by table."""
    ours = ("wallets", "pricing", "usage", "billing")
    return {
        model.__name__: model._default_manager.count()
        for app in ours
        for model in apps.get_app_config(app).get_models()
    }
