"""Every page of the admin, who sees it and who may change something on it."""

from __future__ import annotations

from datetime import timedelta
from uuid import UUID

from django.contrib.auth.models import User
from django.utils import timezone

from billing.models import Offer, Order
from billing.tests.books import SPRING, Books, keep_books
from billing.tests.desks.page import EVERYBODY, NOBODY, Page
from billing.tests.desks.pages_of_buyers import of_buyers
from billing.tests.desks.pages_of_connections import of_connections
from billing.tests.desks.pages_of_invoices import lists_of_invoices, of_invoices
from billing.tests.desks.pages_of_limits import of_limits
from billing.tests.desks.pages_of_news import of_news
from billing.tests.desks.pages_of_quotations import lists_of_quotations, of_quotations
from billing.tests.desks.pages_of_reconciliation import lists_of_reconciliation, of_reconciliation
from billing.tests.desks.pages_of_revenue import lists_of_revenue, of_revenue
from billing.tests.desks.pages_of_top_ups import of_top_ups
from billing.tests.desks.pages_of_trials import lists_of_trials, of_trials
from billing.tests.desks.pages_of_usage import lists_of_usage, of_usage
from billing.tests.told import tell
from config.kernel.models import AuditRun, Run
from pricing.errors import OwnWork
from pricing.models import Feature, Product, RateTable, Refusal, Review, ReviewRule, Version
from pricing.services import costing, drafting, publishing, reviewing
from pricing.tests.costs import a_cost
from usage.models import Terms
from usage.rules.enrolment import Enrolment
from usage.services import rehearsing, terms
from usage.tests.made import AUTHOR, Shop, named
from wallets.models import Account, Currency, Entry, TokenUnit

TABS = ("balance", "grants", "ledger", "usage", "limits", "seats", "orders", "terms", "systems", "history")


def lists() -> list[Page]:
    """The pages that are there however little the database holds."""
    return [
        Page("/admin/wallets/account/"),
        Page("/admin/wallets/account/add/", "SM", "SM"),
        Page("/admin/wallets/grant/"),
        Page("/admin/wallets/entry/"),
        Page("/admin/wallets/tokenunit/"),
        Page("/admin/wallets/tokenunit/add/", "P", "P"),
        Page("/admin/wallets/currency/"),
        Page("/admin/wallets/currency/add/", "F", "F"),
        *_lists_of_prices(),
        Page("/admin/usage/debit/"),
        Page("/admin/usage/holdrequest/"),
        Page("/admin/usage/holdrequest/?state=held"),
        Page("/admin/usage/holdrequest/?state=expired"),
        Page("/admin/usage/denial/"),
        Page("/admin/usage/denial/watch/"),
        *lists_of_usage(),
        Page("/admin/usage/waitingevent/"),
        Page("/admin/usage/event/"),
        Page("/admin/usage/beyondpolicy/"),
        Page("/admin/usage/backfill/"),
        Page("/admin/usage/backfill/open/", "FU", "FU"),
        Page("/admin/usage/rerating/"),
        Page("/admin/usage/rerating/ask/", "PF", "PF"),
        Page("/admin/usage/apikey/", "FUA"),
        Page("/admin/usage/apikey/add/", "U", "U"),
        *lists_of_invoices(),
        *_lists_of_news(),
        *lists_of_revenue(),
        *lists_of_reconciliation(),
        *lists_of_trials(),
        *lists_of_quotations(),
        Page("/admin/kernel/auditrun/"),
        Page("/admin/kernel/run/", "FUA"),
        Page("/admin/auth/user/", "A"),
        Page("/admin/auth/user/add/", NOBODY),
        Page("/admin/auth/group/", "A"),
    ]


def _lists_of_prices() -> list[Page]:
    return [
        Page("/admin/pricing/ratetable/"),
        Page("/admin/pricing/ratetable/add/", "P", "P"),
        Page("/admin/pricing/ratetable/import/", "P", "P"),
        Page("/admin/pricing/review/"),
        Page("/admin/pricing/reviewrule/"),
        Page("/admin/pricing/reviewrule/add/", "F", "F"),
        Page("/admin/pricing/refusal/"),
        Page("/admin/pricing/product/"),
        Page("/admin/pricing/product/add/", "P", "P"),
        Page("/admin/pricing/feature/"),
        Page("/admin/pricing/feature/add/", "P", "P"),
        Page("/admin/pricing/costrate/", "PFA"),
        Page("/admin/pricing/costrate/add/", "P", "P"),
        Page("/admin/pricing/costrate/import/", "P", "P"),
        Page("/admin/pricing/costrate/review/", "PFA"),
        Page("/admin/pricing/costrate/prices/", "P", "P"),
        Page("/admin/usage/segment/"),
        Page("/admin/usage/segment/add/", "P", "P"),
        Page("/admin/usage/unlock/"),
        Page("/admin/usage/unlock/add/", "P", "P"),
        Page("/admin/usage/sharedpolicy/"),
        Page("/admin/usage/sharedpolicy/add/", "PF", "PF"),
        Page("/admin/usage/rehearsal/"),
    ]


def _lists_of_news() -> list[Page]:
    return [
        Page("/admin/billing/offer/"),
        Page("/admin/billing/offer/add/", "P", "P"),
        Page("/admin/billing/order/"),
        Page("/admin/billing/order/add/", "SMF", "SMF"),
        Page("/admin/billing/news/"),
        Page("/admin/billing/endpoint/", "FUA"),
        Page("/admin/billing/endpoint/add/", "U", "U"),
        Page("/admin/billing/recipient/", "SMFUA"),
        Page("/admin/billing/recipient/add/", "SMU", "SMU"),
        Page("/admin/billing/delivery/", "FUA"),
        Page("/admin/billing/connection/", "FUA"),
        Page("/admin/billing/connection/add/", "U"),
    ]


def details() -> list[Page]:
    """The pages of rows, in a database that has something of everything."""
    books, now = keep_books(), timezone.now()
    live = Version.objects.get(table_id=books.names["table"], number=2)
    draft = drafting.draft_from(version=live)
    AuditRun.objects.create(
        started_at=now, finished_at=now, is_clean=False, findings=[{"check": "a lie"}], counts={"entries": 3}
    )
    Run.objects.create(
        job="audit", period="2026-03-01", started_at=now, finished_at=now + timedelta(seconds=1)
    )
    return [
        *_of_accounts(books),
        *_of_prices(live, draft),
        *_of_rehearsals(books, draft),
        *of_usage(books),
        *of_limits(books),
        *of_buyers(books),
        *of_invoices(books),
        *of_trials(books),
        *of_top_ups(books),
        *of_quotations(books),
        *of_news(tell(books)),
        *of_connections(),
        *_of_orders(books),
        *of_revenue(books),
        *of_reconciliation(books),
        *_of_the_house(),
    ]


def _of_accounts(books: Books) -> list[Page]:
    account = f"/admin/wallets/account/{books.account}"
    bargainer = f"/admin/wallets/account/{books.names['bargainer']}"
    tabs = [Page(f"{account}/change/?tab={tab}") for tab in TABS]
    entry = Entry.objects.filter(account=books.account).order_by("number").first()
    assert entry is not None
    return [
        *tabs,
        Page(f"{account}/trial/", "SMF", "SMF"),
        Page(f"{account}/grant/", "F", "F"),
        Page(f"{account}/grants/{books.names['later']}/void/", "F", "F"),
        Page(f"{account}/grants/{books.names['later']}/expiry/", "F", "F"),
        Page(f"{account}/policy/", "F", "F"),
        Page(f"{account}/terms/", "PSMF", "PSMF"),
        Page(f"{account}/terms/{_scheduled(books)}/withdraw/", "PSMF", "PSMF"),
        Page(f"{account}/prices/", "PF", "PF"),
        Page(f"{account}/keep/", "PF", "PF"),
        Page(f"{account}/seats/", "PF", "PF"),
        Page(f"{account}/let-go/", "PF", "PF"),
        Page(f"{account}/state/", "SMF", "SMF"),
        Page(f"{account}/edit/", "SMF", "SMF"),
        Page(f"{account}/buyer/", "SMF", "SMF"),
        Page(f"{account}/buyer/erase/", "F", "F"),
        Page(f"{account}/billing/", "F", "F"),
        Page(f"{account}/history/"),
        Page(f"{bargainer}/change/?tab=terms"),
        Page(f"{bargainer}/prices/{books.names['override']}/end/", "PF", "PF"),
        Page(f"/admin/wallets/grant/{books.names['bought']}/change/"),
        Page(f"/admin/wallets/entry/{entry.pk}/change/"),
        Page(f"/admin/wallets/tokenunit/{TokenUnit.objects.get(code='AIT').pk}/change/", EVERYBODY, "P"),
        Page(f"/admin/wallets/currency/{Currency.objects.get(code='USD').pk}/change/", EVERYBODY, "F"),
    ]


def _scheduled(books: Books) -> UUID:
    """Terms of the account that have not begun."""
    account = Account.objects.get(pk=books.account)
    asked = Enrolment(rate_table=None, rate_table_from=timezone.now() + timedelta(days=30))
    terms.enrol(reference=account.reference, asked=asked, author=AUTHOR)
    return Terms.objects.get(account=account, table=None).pk


def _of_prices(live: Version, draft: Version) -> list[Page]:
    asked, later, review, rule, refusal = _reviewed()
    table = f"/admin/pricing/ratetable/{RateTable.objects.get(pk=live.table_id).pk}"
    product, feature = Product.objects.order_by("pk")[0], Feature.objects.order_by("pk")[0]
    cost = costing.override(a_cost(named("model")), reason="We have a contract.")
    return [
        Page(f"/admin/pricing/costrate/{cost.pk}/change/", "PFA"),
        Page(f"/admin/pricing/costrate/{cost.pk}/withdraw/", "P", "P"),
        Page(f"{table}/change/"),
        Page(f"{table}/edit/", EVERYBODY, "P"),
        Page(f"{table}/import/", "P", "P"),
        Page(f"{table}/default/", "P", "P"),
        Page(f"{table}/history/"),
        Page(f"/admin/pricing/version/{live.pk}/change/"),
        Page(f"/admin/pricing/version/{live.pk}/diff/"),
        Page(f"/admin/pricing/version/{live.pk}/export/"),
        Page(f"/admin/pricing/version/{live.pk}/undo/", "P", "P"),
        Page(f"/admin/pricing/version/{live.pk}/history/"),
        Page(f"/admin/pricing/version/{draft.pk}/change/", EVERYBODY, "P"),
        Page(f"/admin/pricing/version/{draft.pk}/diff/"),
        Page(f"/admin/pricing/version/{draft.pk}/publish/", "P", "P"),
        Page(f"/admin/pricing/version/{draft.pk}/ask/", "P", "P"),
        Page(f"/admin/pricing/version/{asked.pk}/change/", EVERYBODY, "P"),
        Page(f"/admin/pricing/version/{asked.pk}/decide/", "PF", "PF"),
        Page(f"/admin/pricing/version/{later.pk}/change/"),
        Page(f"/admin/pricing/version/{later.pk}/withdraw/", "P", "P"),
        Page(f"/admin/pricing/review/{review.pk}/change/"),
        Page(f"/admin/pricing/reviewrule/{rule.pk}/change/", EVERYBODY, "F"),
        Page(f"/admin/pricing/reviewrule/{rule.pk}/history/"),
        Page(f"/admin/pricing/refusal/{refusal.pk}/change/"),
        Page(f"/admin/pricing/product/{product.pk}/change/", EVERYBODY, "P"),
        Page(f"/admin/pricing/product/{product.pk}/history/"),
        Page(f"/admin/pricing/feature/{feature.pk}/change/", EVERYBODY, "P"),
        Page(f"/admin/pricing/feature/{feature.pk}/history/"),
    ]


def _reviewed() -> tuple[Version, Version, Review, ReviewRule, Refusal]:
    """A draft in review, a scheduled version, a rule, and somebody who was refused."""
    shop = Shop()
    now = timezone.now()
    author = User.objects.create(username=f"mina-{shop.table.pk}")
    asked = drafting.draft_from(version=shop.table.versions.get(), user=author)
    review = reviewing.ask(draft=asked, user=author, note="Round prices for the winter")
    rule = ReviewRule.objects.create(kind="jump", share=20, table=shop.table)
    try:
        reviewing.approve(review=review, user=author)
    except OwnWork:
        refusal = Refusal.objects.latest("pk")
    other = Shop()
    draft = drafting.draft_from(version=other.table.versions.get())
    later = publishing.publish(version=draft, effective_from=now + timedelta(days=30))
    return asked, later, review, rule, refusal


def _of_rehearsals(books: Books, draft: Version) -> list[Page]:
    """One that is done, one held against it, and one that waits."""
    asked = [
        rehearsing.ask(version=draft, since=SPRING, until=SPRING + timedelta(days=30), note=note)
        for note in ("as it is", "once more", "later")
    ]
    for each in asked[:2]:
        rehearsing.work(each.pk, 60)
    done, _, waiting = (f"/admin/usage/rehearsal/{each.pk}" for each in asked)
    return [
        Page(f"/admin/usage/rehearsal/of/{draft.pk}/", "P", "P"),
        Page(f"{done}/change/"),
        Page(f"{done}/change/?against={asked[1].pk}"),
        Page(f"{done}/accounts/"),
        Page(f"{done}/accounts/{books.account}/"),
        Page(f"{done}/export/"),
        Page(f"{waiting}/change/"),
        Page(f"{waiting}/progress/"),
    ]


def _of_orders(books: Books) -> list[Page]:
    order = Order.objects.get(account_id=books.names["buyer"])
    offer = Offer.objects.get(code=order.versions.get(number=1).lines.get().sku)
    return [
        Page(f"/admin/wallets/account/{books.names['subscriber']}/change/?tab=orders"),
        Page(f"/admin/billing/order/{order.pk}/change/"),
        Page(f"/admin/billing/order/{order.pk}/cancel/", "SMF", "SMF"),
        Page(f"/admin/billing/offer/{offer.pk}/change/", EVERYBODY, "P"),
        Page(f"/admin/billing/offer/{offer.pk}/history/"),
    ]


def _of_the_house() -> list[Page]:
    return [
        Page(f"/admin/kernel/auditrun/{AuditRun.objects.order_by('pk')[0].pk}/change/"),
        Page(f"/admin/kernel/run/{Run.objects.order_by('pk')[0].pk}/change/", "FUA"),
    ]
