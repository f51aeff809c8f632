"""What the palette finds besides pages: accounts, papers by their number, a charge or a refusal by its id."""

from __future__ import annotations

from collections.abc import Callable
from typing import Any
from uuid import UUID

from django.db.models import Model, QuerySet
from django.http import HttpRequest
from django.urls import reverse
from unfold.dataclasses import SearchResult

from billing.models import CreditNote, Invoice, Order, OrderName, Quotation
from billing.rules.numbers import number_in
from config.desk.lists import identity_in
from config.desk.templatetags.desk import tokens, words
from usage.models import Debit, Denial
from wallets.models import Account
from wallets.queries.accounts import named_like

FOUND_AT_MOST = 10
TRIALS_OFFERED = 3


def found_in_palette(request: HttpRequest, text: str) -> list[SearchResult]:
    """Few of each, and only what whoever asks may see. text: in small letters, which names of orders are not."""
    text = request.GET.get("s", text).strip()
    return [*_by_number(request, text), *_by_identity(request, identity_in(text)), *_accounts(request, text)]


def _accounts(request: HttpRequest, text: str) -> list[SearchResult]:
    if not request.user.has_perm("wallets.view_account"):
        return []
    accounts = list(named_like(Account.objects.order_by("reference"), text)[:FOUND_AT_MOST])
    found = [_result(each, str(each), f"Account {each.reference}", "groups") for each in accounts]
    may_sell = request.user.has_perm("wallets.issue_trial")
    return [*found, *(_trial_of(account) for account in accounts[:TRIALS_OFFERED] if may_sell)]


def _trial_of(account: Account) -> SearchResult:
    return SearchResult(
        title=f"Issue trial tokens to {account}",
        description=f"Trial for {account.reference}",
        link=reverse("admin:wallets_account_trial", args=[account.pk]),
        icon="redeem",
    )


def _by_number(request: HttpRequest, text: str) -> list[SearchResult]:
    """Invoices, credit notes, quotations and orders whose number it is."""
    found: list[SearchResult] = []
    if number := number_in(text):
        rows = Invoice.objects.filter(year=number[0], sequence=number[1]).select_related("customer")
        found += _papers(request, rows, "customer", "request_quote")
    if number := number_in(text, "C"):
        notes = CreditNote.objects.filter(year=number[0], sequence=number[1]).select_related("customer")
        found += _papers(request, notes, "customer", "assignment_return")
    if number := number_in(text.split("/")[0], "Q-"):
        quotations = Quotation.objects.filter(year=number[0], serial=number[1]).select_related("account")
        found += _papers(request, quotations.order_by("-revision"), "account", "edit_document")
    named = OrderName.objects.filter(external_id=text).values("order_id")
    orders = Order.objects.filter(pk__in=named).select_related("account")
    return found + _papers(request, orders, "account", "shopping_cart")


def _by_identity(request: HttpRequest, identity: UUID | None) -> list[SearchResult]:
    """The charge or the refusal that an answer of the API named."""
    if identity is None:
        return []
    debits = Debit.objects.filter(pk=identity).select_related("account", "unit")
    denials = Denial.objects.filter(pk=identity).select_related("account")
    return [
        *_papers(request, debits, "account", "receipt_long", _debit),
        *_papers(request, denials, "account", "block", _denial),
    ]


def _debit(debit: Debit) -> str:
    return f"Debit of {tokens(debit.tokens)} {debit.unit}"


def _denial(denial: Denial) -> str:
    return f"Refused: {words(denial.reason)}"


def _paper(row: Model) -> str:
    return f"{str(row._meta.verbose_name).capitalize()} {row}"


def _papers(
    request: HttpRequest,
    rows: QuerySet[Any],
    of: str,
    icon: str,
    titled: Callable[[Any], str] = _paper,
) -> list[SearchResult]:
    options = rows.model._meta
    if not request.user.has_perm(f"{options.app_label}.view_{options.model_name}"):
        return []
    return [_result(row, titled(row), str(getattr(row, of)), icon) for row in rows[:FOUND_AT_MOST]]


def _result(row: Model, title: str, description: str, icon: str) -> SearchResult:
    options = row._meta
    link = reverse(f"admin:{options.app_label}_{options.model_name}_change", args=[row.pk])
    return SearchResult(title=title, description=description, link=link, icon=icon)
