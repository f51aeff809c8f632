"""The calls that the stand-in takes: each path with what it does and the parameters that Stripe publishes for it."""

from __future__ import annotations

import json
import re
from collections.abc import Callable, Mapping, Sequence
from dataclasses import dataclass
from functools import cache
from importlib import import_module
from typing import Any

from billing.tests.connectors.stripe_protocol import (
    Tree,
    expand,
    invalid,
    is_within,
    merged,
    missing,
    page,
    whole,
)
from billing.tests.connectors.stripe_sales import Sales

TENTHS = frozenset({"bhd", "jod", "kwd", "omr", "tnd"})
HUNDREDS = frozenset({"isk", "ugx"})


@dataclass(frozen=True)
class Asked:
    """One request. form: of the query or of the body, as a tree."""

    method: str
    path: str
    form: Tree

    @property
    def print(self) -> str:
        return json.dumps([self.method, self.path, self.form], sort_keys=True)


Act = Callable[..., Tree]


@cache
def taken(module: str) -> frozenset[str]:
    """The parameters that Stripe publishes for a call, by the module of the SDK that names them."""
    found = import_module(f"stripe.params.{module}")
    common = import_module("stripe").RequestOptions.__annotations__
    shape = next(
        each
        for name, each in vars(found).items()
        if name.lower() == module.rpartition(".")[2].replace("_", "")
    )
    return frozenset(shape.__annotations__) - frozenset(common)


def permission_of(asked: Asked) -> str:
    """What a restricted key needs for a call: `invoices read`."""
    noun = re.sub(r"^/v1/", "", asked.path).split("/")
    table = "/".join(noun[:2]) if noun[0] == "checkout" else noun[0]
    return f"{table} {'read' if asked.method == 'GET' else 'write'}"


def listing(table: str, module: str, **filters: str) -> Act:
    """A list of a table. filters: the parameter, with the path in a row that is equal to it."""

    def act(books: Sales, asked: Asked, **inside: str) -> Tree:
        _check(asked, module)
        rows: Sequence[Tree] = books.events() if table == "events" else books.tables[table.format(**inside)]
        for name, where in filters.items():
            if name in asked.form:
                said = _at(asked.form, "payment.payment_intent") if name == "payment" else asked.form[name]
                rows = [row for row in rows if _at(row, where) == said]
        if "created" in asked.form:
            bounds = asked.form["created"]
            rows = [row for row in rows if is_within(row.get("created", row.get("date")), bounds)]
        if "types" in asked.form:
            rows = [row for row in rows if row["type"] in asked.form["types"]]
        found = page(rows, asked.form, asked.path)
        expand(found, asked.form.get("expand", []), books.find)
        return found

    return act


def _at(tree: Any, path: str) -> Any:
    for part in path.split("."):
        tree = tree.get(part) if isinstance(tree, Mapping) else None
    return tree


def items_of_subscription(books: Sales, asked: Asked) -> Tree:
    _check(asked, "_subscription_item_list_params")
    rows = books.tables[f"subscription_items of {asked.form['subscription']}"]
    found = page(rows, asked.form, asked.path)
    expand(found, asked.form.get("expand", []), books.find)
    return found


def one(noun: str, module: str) -> Act:
    def act(books: Sales, asked: Asked, name: str) -> Tree:
        _check(asked, module)
        row = dict(_named(books, noun, name))
        expanded: Tree = json.loads(json.dumps(row))
        expand(expanded, asked.form.get("expand", []), books.find)
        return expanded

    return act


def account(books: Sales, asked: Asked) -> Tree:
    return books.account


def make_customer(books: Sales, asked: Asked) -> Tree:
    _check(asked, "_customer_create_params")
    return books.customer(asked.form.get("name", ""), merged({}, asked.form.get("metadata", {})))


def change_customer(books: Sales, asked: Asked, name: str) -> Tree:
    _check(asked, "_customer_update_params")
    row = _named(books, "customer", name)
    if row.get("deleted"):
        raise missing("customer", name)
    return books.change_customer(row, asked.form)


def delete_customer(books: Sales, asked: Asked, name: str) -> Tree:
    return books.delete_customer(_named(books, "customer", name))


def make_refund(books: Sales, asked: Asked) -> Tree:
    _check(asked, "_refund_create_params")
    if "charge" in asked.form:
        charge = _named(books, "charge", asked.form["charge"])
    else:
        intent = _named(books, "payment_intent", asked.form.get("payment_intent", ""))
        charge = books.by_name[intent["latest_charge"]]
    return books.refund(charge, whole(asked.form, "amount") if "amount" in asked.form else None)


def make_item(books: Sales, asked: Asked) -> Tree:
    """An invoice item: pending until the customer's next invoice."""
    _check(asked, "_invoice_item_create_params")
    form = asked.form
    customer = books.find(form.get("customer", ""))
    if customer is None or customer.get("deleted"):
        raise missing("customer", form.get("customer", ""), "customer", 400)
    currency, amount = form.get("currency", ""), whole(form, "amount")
    if not re.fullmatch(r"[a-z]{3}", currency):
        raise invalid(f"Invalid currency: {currency}", "currency")
    if (currency in TENTHS and amount % 10) or (currency in HUNDREDS and amount % 100):
        raise invalid(f"Invalid amount in {currency}: {amount}", "amount", "invalid_amount")
    period = form.get("period") or {"start": books.now(), "end": books.now()}
    row = books.keep(
        "invoiceitems",
        "ii",
        "invoiceitem",
        amount=amount,
        currency=currency,
        customer=customer["id"],
        date=books.now(),
        description=form.get("description"),
        metadata=merged({}, form.get("metadata", {})),
        period={end: whole(period, end) for end in ("start", "end")},
        invoice=None,
        parent=None,
        proration=False,
        quantity=1,
        livemode=False,
    )
    del row["created"]
    books.tell("invoiceitem.created", row)
    return row


def _named(books: Sales, noun: str, name: str) -> Tree:
    row = books.find(name)
    if row is None or row["object"] != noun:
        raise missing(noun.rpartition(".")[2], name)
    return row


def _check(asked: Asked, module: str) -> None:
    for name in asked.form:
        if name not in taken(module):
            raise invalid(f"Received unknown parameter: {name}", name, "parameter_unknown")


def _path(text: str) -> re.Pattern[str]:
    return re.compile("/v1/" + text.replace("{}", r"(?P<name>[A-Za-z0-9_]+)"))


_SESSION = "checkout._session_{}_params"
CALLS: Sequence[tuple[re.Pattern[str], str, Act]] = [
    (_path("account"), "GET", account),
    (_path("customers"), "GET", listing("customers", "_customer_list_params")),
    (_path("customers"), "POST", make_customer),
    (_path("customers/{}"), "GET", one("customer", "_customer_retrieve_params")),
    (_path("customers/{}"), "POST", change_customer),
    (_path("customers/{}"), "DELETE", delete_customer),
    (_path("products/{}"), "GET", one("product", "_product_retrieve_params")),
    (_path("products"), "GET", listing("products", "_product_list_params")),
    (_path("prices/{}"), "GET", one("price", "_price_retrieve_params")),
    (_path("prices"), "GET", listing("prices", "_price_list_params")),
    (
        _path("checkout/sessions"),
        "GET",
        listing(
            "checkout/sessions",
            _SESSION.format("list"),
            payment_intent="payment_intent",
            subscription="subscription",
        ),
    ),
    (_path("checkout/sessions/{}"), "GET", one("checkout.session", _SESSION.format("retrieve"))),
    (
        _path("checkout/sessions/{}/line_items"),
        "GET",
        listing("checkout/sessions/{name}/line_items", _SESSION.format("line_item_list")),
    ),
    (
        _path("invoices"),
        "GET",
        listing(
            "invoices",
            "_invoice_list_params",
            status="status",
            customer="customer",
            subscription="parent.subscription_details.subscription",
        ),
    ),
    (_path("invoices/{}"), "GET", one("invoice", "_invoice_retrieve_params")),
    (
        _path("invoices/{}/lines"),
        "GET",
        listing("invoices/{name}/lines", "_invoice_line_item_list_params"),
    ),
    (
        _path("invoice_payments"),
        "GET",
        listing(
            "invoice_payments",
            "_invoice_payment_list_params",
            invoice="invoice",
            status="status",
            payment="payment.payment_intent",
        ),
    ),
    (_path("invoiceitems"), "GET", listing("invoiceitems", "_invoice_item_list_params", customer="customer")),
    (_path("invoiceitems"), "POST", make_item),
    (_path("subscriptions/{}"), "GET", one("subscription", "_subscription_retrieve_params")),
    (_path("subscriptions"), "GET", listing("subscriptions", "_subscription_list_params")),
    (_path("subscription_items"), "GET", items_of_subscription),
    (_path("charges/{}"), "GET", one("charge", "_charge_retrieve_params")),
    (_path("charges"), "GET", listing("charges", "_charge_list_params")),
    (
        _path("refunds"),
        "GET",
        listing("refunds", "_refund_list_params", charge="charge", payment_intent="payment_intent"),
    ),
    (_path("refunds"), "POST", make_refund),
    (_path("credit_notes"), "GET", listing("credit_notes", "_credit_note_list_params", invoice="invoice")),
    (
        _path("credit_notes/{}/lines"),
        "GET",
        listing("credit_notes/{name}/lines", "_credit_note_line_item_list_params"),
    ),
    (_path("refunds/{}"), "GET", one("refund", "_refund_retrieve_params")),
    (
        _path("disputes"),
        "GET",
        listing("disputes", "_dispute_list_params", charge="charge", payment_intent="payment_intent"),
    ),
    (_path("disputes/{}"), "GET", one("dispute", "_dispute_retrieve_params")),
    (_path("events"), "GET", listing("events", "_event_list_params")),
    (_path("events/{}"), "GET", one("event", "_event_retrieve_params")),
]
