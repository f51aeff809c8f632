"""The rows that advice goes by, as ways to where they are shown."""

from __future__ import annotations

import re
from collections.abc import Callable, Mapping
from urllib.parse import urlencode

from django.urls import reverse
from django.utils.html import format_html
from django.utils.safestring import SafeString

from billing.models import Advice
from billing.rules.usage_view import view_of


def led(advice: Advice, row: str) -> SafeString | str:
    """A row of what `Signal.rows` names, leading to its page; in words alone where it has none."""
    for pattern, way in _WAYS.items():
        if found := re.fullmatch(pattern, row):
            return format_html('<a class="d-inlist" href="{}">{}</a>', way(advice, *found.groups()), row)
    return row


def _usage(_advice: Advice, account: str, first: str, last: str) -> str:
    view = view_of({"account": account, "from": first, "to": last})
    return f"{reverse('admin:usage_rollups_changelist')}?{urlencode(view.as_query())}"


def _tab(advice: Advice, **query: object) -> str:
    return f"{reverse('admin:wallets_account_change', args=[advice.customer_id])}?{urlencode(query)}"


_WAYS: Mapping[str, Callable[..., str]] = {
    r"usage of (\S+) from (\S+) to (\S+)": _usage,
    r"ledger entry (\d+)": lambda advice, number: _tab(advice, tab="ledger", below=int(number) + 1),
    r"check-outs of \S+ since \S+": lambda advice: _tab(advice, tab="seats"),
    r"order period \S+": lambda advice: _tab(advice, tab="orders"),
    r"grant (\S+)": lambda _, grant: reverse("admin:wallets_grant_change", args=[grant]),
    r"trial (\S+)": lambda _, trial: reverse("admin:billing_trial_change", args=[trial]),
    r"offer (\S+)": lambda _, code: f"{reverse('admin:billing_offer_changelist')}?{urlencode({'q': code})}",
}
