"""The gallery: every page that somebody can open, and the addresses that are none, each with its reason."""

from __future__ import annotations

import re
from collections.abc import Iterator, Mapping
from typing import Any
from urllib.parse import urlsplit

from django.contrib import admin
from django.contrib.auth.models import Group, User
from django.test import Client
from django.urls import URLResolver, get_resolver, resolve

from billing.models import DigestChoice, JournalAccount, TrialRequest
from billing.services import advising, digests
from billing.tests.desks.page import Page
from billing.tests.desks.pages import details, lists
from billing.tests.outbound.test_advice import peaking
from usage.rules.enrolment import Enrolment
from usage.services import terms
from usage.tests.made import AUTHOR, DAY, Shop, a_grant, clock, named
from usage.tests.rolled import roll_up
from wallets.models import Currency, TokenUnit

OF_A_BUYER: Mapping[str, str] = {
    "overview": "",
    "usage": "usage/",
    "statements": "statements/",
    "statement": "statements/{month}/",
    "prices": "prices/",
    "estimate": "estimate/",
    "estimate-answered": "estimate/?usage_1={chat}&quantity_1=1200&usage_2={image}&quantity_2=2.5",
    "estimate-beyond": "estimate/?usage_1={chat}&quantity_1=900000",
    "estimate-odd": "estimate/?usage_1=&quantity_1=5",
    "budgets": "budgets/",
    "budget": "budgets/{budget}/",
    "budget-change": "budgets/{budget}/change/",
    "budget-open": "budgets/set/",
    "packs": "packs/?done=ordered",
    "alerts": "alerts/",
    "alert-remove": "alerts/{alert}/remove/",
    "people": "people/",
    "person": "people/{person}/",
    "none": "budgets/00000000-0000-0000-0000-000000000000/",
    "pack": "packs/{pack}/",
}
"""Below the account's address, by the names of their pictures."""
OF_STRANGERS = {"admin-login": "/admin/login/", "door": "/my/", "stale": "/my/enter/long-gone/"}
BY_SECRETS = {
    "enter": "/my/enter/{secret}/",
    "link": "/my/link/{secret}/",
    "shared-usage": "/shared/usage/{secret}",
}
FOR_ANYBODY = {"docs": "/api/v1/docs"}

NO_HTML = ("/export/", "/progress/", "/csv/", ".csv")
"""How addresses end in the table of roles that answer files and numbers."""
NO_PAGES: Mapping[str, str] = {
    r"admin/\w+/\w+/\*/delete/": "Nobody deletes by hand.",
    r"admin/\w+/\w+/add/": "Its rows come from elsewhere.",
    r"admin/\w+/\w+/\*/history/": "Nobody edits its rows.",
    r"admin/\w+/\w+/\*/": "It leads to the row's page.",
    r"admin/billing/topup/\*/change/": "Its list says all of it.",
    r"admin/usage/(waitingevent|beyondpolicy)/\*/change/": "It leads to the event's page, or the debit's.",
    r"admin/pricing/version/": "It leads to the rate tables.",
    r"|admin/.*\(.*": "It leads elsewhere, or says that nothing is there.",
    r".*(/file\.\*|\.pdf|\.csv|/pdf/|/csv/|/export/|/corrections/)": "It is a file; papers are looked at as such.",
    r".*/progress/": "A number for the script of a page.",
    r"admin/(autocomplete|jsi18n|search|r/\*/\*)/": "For the scripts of pages.",
    r".*/(again|cancel|costs|discard|draft|drop|leave|logout|preview|test|review/\*)/": "A button alone leads there.",
    r"healthz|readyz|metrics|api/v1/.*": "For programs.",
}
"""Addresses that are not looked at, by their shapes; the first that fits is the reason."""


def shape(route: str) -> str:
    """A pattern's address with a star for each part that varies."""
    return re.sub(r"<[^>]+>|\(\[\^/\]\+\)", "*", route).replace("^", "").replace("$", "")


def shapes(of: URLResolver | None = None, before: str = "") -> Iterator[str]:
    """Of every address that the product answers."""
    for each in (of or get_resolver()).url_patterns:
        route = f"{before}{each.pattern}"
        if isinstance(each, URLResolver):
            yield from shapes(each, route)
        else:
            yield shape(route)


def shape_of(address: str) -> str:
    return shape(resolve(urlsplit(address).path).route)


def why_not(address: str) -> str:
    """Why an address of this shape is not looked at; empty where no reason is known."""
    return next((why for each, why in NO_PAGES.items() if re.fullmatch(each, address)), "")


def pages_of_desks() -> list[Page]:
    """Every page of the admin, in a database that has something of everything; its files are left out."""
    named_ones = (*lists(), *details(), *_of_one_alone())
    found = [each for each in named_ones if not each.address.endswith(NO_HTML)]
    known = {shape_of(each.address) for each in found}
    client = Client()
    client.force_login(User.objects.create_superuser(named("curator")))
    return [*found, *(Page(each) for each in _of_newest_rows(known) if client.get(each).status_code == 200)]


def _of_one_alone() -> list[Page]:
    """Pages that the table of roles does not name: people's own, and rows whose pages follow from their lists."""
    user, asked = User.objects.latest("pk"), TrialRequest.objects.latest("pk")
    peaking(Shop(since=clock() - 100 * DAY))
    advising.advise(clock())
    reader = User.objects.create_superuser(named("reader"), "reader@example.com")
    digests.choose(user=reader, about=DigestChoice.About.FINANCE)
    for model in (TokenUnit, Currency, JournalAccount):
        model.objects.latest("pk").save()
    return [
        *(Page(f"/admin/billing/digestchoice/?show={about}") for about in DigestChoice.About.values),
        Page(f"/admin/billing/trialrequest/{asked.pk}/change/"),
        Page(f"/admin/auth/user/{user.pk}/password/"),
        Page(f"/admin/auth/group/{Group.objects.order_by('pk')[0].pk}/change/"),
        Page("/admin/"),
        Page("/admin/pricing/"),
        Page("/admin/password_change/"),
        Page("/admin/password_change/done/"),
        *_of_two_units(),
    ]


def _of_two_units() -> list[Page]:
    """Of an account that holds two kinds of tokens."""
    now, other = clock(), TokenUnit.objects.create(code=named("C")[:16].upper(), name="Credits")
    shop, elsewhere = Shop(since=now - 60 * DAY), Shop(since=now - 60 * DAY, token=other.code)
    account = elsewhere.an_account(now - 40 * DAY, name="Two kinds of tokens")
    a_grant(account, "900", token=other.code, kind="purchase", now=now - 30 * DAY)
    elsewhere.debit(account, "40", now=now - 20 * DAY)
    terms.enrol(
        reference=account.reference,
        asked=Enrolment(rate_table=shop.table.code),
        author=AUTHOR,
        now=now - 9 * DAY,
    )
    a_grant(account, "70", now=now - 8 * DAY)
    shop.debit(account, "12.5", now=now - 7 * DAY)
    roll_up()
    page = f"/admin/wallets/account/{account.pk}/change/"
    return [Page(f"{page}?tab={tab}&unit={other.code}") for tab in ("balance", "grants", "usage")]


def _of_newest_rows(known: set[str]) -> Iterator[str]:
    """What a desk has of each of its rows and is not known yet: its page, its history, and how it once was."""
    for base, row in newest_rows().items():
        past = row.history.first() if hasattr(row, "history") else None
        states = [f"history/{past.pk}/"] if past else []
        for name in ("change/", "history/", *states):
            if shape_of(f"{base}{name}") not in known:
                yield f"{base}{name}"


def newest_rows() -> Mapping[str, Any]:
    """The newest of each desk, by where its pages begin."""
    found = {each: each._default_manager.order_by("pk").last() for each in admin.site._registry}
    return {
        f"/admin/{each._meta.app_label}/{each._meta.model_name}/{row.pk}/": row
        for each, row in found.items()
        if row is not None
    }
