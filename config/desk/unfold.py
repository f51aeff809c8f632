"""How the admin looks and where its pages stand."""

from __future__ import annotations

from collections.abc import Callable, Sequence
from functools import cache
from typing import Any

from django.http import HttpRequest
from django.templatetags.static import static
from django.urls import reverse
from django.utils.functional import lazy

_address = lazy(cache(reverse), str)
"""The address of a page by its name, looked up once: the menu is on every page, and names each a few times."""


def _file(name: str) -> Callable[[HttpRequest], str]:
    return lambda _request: static(f"desk/{name}")


def _allowed(permission: str) -> Callable[[HttpRequest], bool]:
    return lambda request: request.user.has_perm(permission)


def _page(title: str, icon: str, model: str) -> dict[str, Any]:
    """A link to the list of a model, for those who may see it."""
    app, name = model.split(".")
    link = _address(f"admin:{app}_{name}_changelist")
    return {"title": title, "icon": icon, "link": link, "permission": _allowed(f"{app}.view_{name}")}


def _is_of_refusals(request: HttpRequest) -> bool:
    """Whether the page is one of refusals; Watch lies below them and has a link of its own."""
    refusals, watch = reverse("admin:usage_denial_changelist"), reverse("admin:usage_denial_watch")
    return request.path.startswith(refusals) and not request.path.startswith(watch)


_NAVIGATION = [
    {
        "items": [
            {"title": "Home", "icon": "home", "link": _address("admin:index")},
            _page("Inbox", "inbox", "billing.inboxitem"),
            _page("Advice", "lightbulb", "billing.advice"),
            _page("Weekly digest", "mark_email_read", "billing.digestchoice"),
        ]
    },
    {
        "title": "Customers",
        "separator": True,
        "items": [
            _page("Accounts", "groups", "wallets.account"),
            _page("Grants", "redeem", "wallets.grant"),
            _page("Ledger", "menu_book", "wallets.entry"),
        ],
    },
    {
        "title": "Sales",
        "separator": True,
        "items": [
            _page("Catalogue", "storefront", "billing.offer"),
            _page("Quotations", "edit_document", "billing.quotation"),
            _page("Orders", "shopping_cart", "billing.order"),
            _page("Top-ups", "autorenew", "billing.topup"),
            _page("Promotions", "loyalty", "billing.promotion"),
            _page("Discount limits", "percent", "billing.discountrule"),
        ],
    },
    {
        "title": "Trials",
        "separator": True,
        "items": [
            _page("Trial board", "rocket_launch", "billing.trial"),
            _page("Trial requests", "approval_delegation", "billing.trialrequest"),
            _page("Trial offers", "local_offer", "billing.trialoffer"),
            _page("Sellers' allowances", "account_balance_wallet", "billing.sellerallowance"),
        ],
    },
    {
        "title": "Prices",
        "separator": True,
        "items": [
            _page("Rate tables", "sell", "pricing.ratetable"),
            _page("Segments", "workspaces", "usage.segment"),
            _page("Unlocks", "lock_open", "usage.unlock"),
            _page("Shared policies", "stairs", "usage.sharedpolicy"),
            _page("Approvals", "how_to_reg", "pricing.review"),
            _page("Review rules", "gavel", "pricing.reviewrule"),
            _page("Rehearsals", "science", "usage.rehearsal"),
            _page("Products", "inventory_2", "pricing.product"),
            _page("Features", "category", "pricing.feature"),
            _page("Costs", "receipt", "pricing.costrate"),
        ],
    },
    {
        "title": "Usage",
        "separator": True,
        "items": [
            _page("Usage", "monitoring", "usage.rollups"),
            _page("Shared pages", "link", "usage.usagelink"),
            _page("Debits", "receipt_long", "usage.debit"),
            _page("Holds", "lock_clock", "usage.holdrequest"),
            _page("Refusals", "block", "usage.denial") | {"active": _is_of_refusals},
            _page("Reversals", "undo", "usage.reversal"),
            _page("Events waiting", "pending_actions", "usage.waitingevent"),
            _page("Usage events", "sensors", "usage.event"),
            _page("Backfills", "history", "usage.backfill"),
            _page("Re-ratings", "currency_exchange", "usage.rerating"),
            _page("Beyond policy", "running_with_errors", "usage.beyondpolicy"),
            {
                "title": "Watch",
                "icon": "visibility",
                "link": _address("admin:usage_denial_watch"),
                "permission": _allowed("usage.view_denial"),
            },
        ],
    },
    {
        "title": "Finance",
        "separator": True,
        "items": [
            _page("Invoices", "request_quote", "billing.invoice"),
            _page("Credit notes", "assignment_return", "billing.creditnote"),
            _page("Overage rates", "price_change", "billing.overagerate"),
            _page("Revenue", "account_balance", "billing.revenuemonth"),
            _page("Revenue by grant", "savings", "billing.grantrevenue"),
            _page("Reconciliation", "balance", "billing.reconciliation"),
            _page("Gaps", "difference", "billing.gap"),
            _page("Closed months", "event_available", "billing.accountingperiod"),
            _page("Chart of accounts", "list_alt", "billing.journalaccount"),
            _page("Acts by hand", "front_hand", "billing.handact"),
            _page("Rules for acts", "rule", "billing.actrule"),
            _page("Seller on invoices", "badge", "billing.seller"),
        ],
    },
    {
        "title": "News",
        "separator": True,
        "items": [
            _page("What was told", "campaign", "billing.news"),
            _page("Webhooks", "webhook", "billing.endpoint"),
            _page("E-mail", "mail", "billing.recipient"),
            _page("Deliveries", "outbox", "billing.delivery"),
        ],
    },
    {
        "title": "Outside systems",
        "separator": True,
        "items": [_page("Sync", "sync_alt", "billing.connection")],
    },
    {
        "title": "Running it",
        "separator": True,
        "items": [
            _page("API keys", "key", "usage.apikey"),
            _page("Token units", "toll", "wallets.tokenunit"),
            _page("Currencies", "payments", "wallets.currency"),
            _page("Audits", "verified", "kernel.auditrun"),
            _page("Jobs", "schedule", "kernel.run"),
            _page("People", "person", "auth.user"),
            _page("Groups", "badge", "auth.group"),
        ],
    },
]


def as_in_the_menu(parts: Sequence[dict[str, Any]]) -> list[dict[str, Any]]:
    """The way to a page, each list under the section and the name that it has in the menu.

    parts: title and link of an app, of a list in it, and of a row.
    """
    names = {
        str(entry["link"]): (group.get("title", ""), entry["title"])
        for group in _NAVIGATION
        for entry in group["items"]
    }
    found = [dict(part) for part in parts]
    for place, part in enumerate(found[1:], 1):
        name = names.get(str(part.get("link")))
        if name:
            found[place - 1] = {"title": name[0], "link": ""}
            part["title"] = name[1]
    return [part for part in found if part["title"]]


UNFOLD: dict[str, Any] = {
    "SITE_TITLE": "Tokendesk",
    "SITE_HEADER": "Tokendesk",
    "SITE_SUBHEADER": "Tokens sold, spent and proven",
    "SITE_SYMBOL": "toll",
    "SITE_URL": None,
    "SITE_FAVICONS": [{"rel": "icon", "type": "image/svg+xml", "href": _file("mark.svg")}],
    "SHOW_HISTORY": True,
    "SHOW_VIEW_ON_SITE": False,
    "BORDER_RADIUS": "8px",
    "STYLES": [_file("desk.css")],
    "SCRIPTS": [_file("desk.js")],
    "DASHBOARD_CALLBACK": "billing.admin.home.dashboard",
    "COMMAND": {"search_callback": "billing.admin.palette.found_in_palette", "show_history": False},
    "SIDEBAR": {"show_search": True, "command_search": True, "navigation": _NAVIGATION},
    "COLORS": {
        "base": {
            "50": "oklch(98.4% .003 210)",
            "100": "oklch(96.4% .005 210)",
            "200": "oklch(92.4% .008 212)",
            "300": "oklch(86.8% .012 214)",
            "400": "oklch(70.6% .02 216)",
            "500": "oklch(54.8% .024 218)",
            "600": "oklch(43.8% .026 220)",
            "700": "oklch(36.4% .028 222)",
            "800": "oklch(27.4% .026 224)",
            "900": "oklch(20.6% .022 226)",
            "950": "oklch(14% .018 228)",
        },
        "primary": {
            "50": "oklch(97.6% .018 185)",
            "100": "oklch(94.6% .038 186)",
            "200": "oklch(89.4% .066 187)",
            "300": "oklch(82.4% .094 188)",
            "400": "oklch(72.6% .11 189)",
            "500": "oklch(62.4% .106 190)",
            "600": "oklch(51.6% .092 192)",
            "700": "oklch(44.8% .08 194)",
            "800": "oklch(38.6% .068 196)",
            "900": "oklch(33.2% .056 198)",
            "950": "oklch(24.6% .046 200)",
        },
    },
}
