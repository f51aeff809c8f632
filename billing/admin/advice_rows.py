"""The rows that advice and the inbox go by: what they are, as ways to where they are shown."""

from __future__ import annotations

import re
from collections import defaultdict
from collections.abc import Callable, Iterable, Mapping, Sequence
from datetime import datetime
from decimal import Decimal
from urllib.parse import urlencode
from uuid import UUID

from django.urls import reverse
from django.utils.html import format_html
from django.utils.safestring import SafeString

from billing.models import Advice, InboxItem, Trial
from billing.rules.usage_view import view_of
from config.kernel.amounts import readable
from usage.models import Debit
from wallets.models import Grant

Names = Mapping[str, str]
"""What rows of an identity are called, by how they are written: `grant 0199…`."""
_IDENTIFIED = re.compile(r"(grant|trial|debit) ([0-9a-f]{8}(?:-[0-9a-f]{4}){3}-[0-9a-f]{12})")


def names_of(rows: Iterable[str]) -> Names:
    """Of those rows that are only known by an identity: one question a kind."""
    asked: defaultdict[str, set[UUID]] = defaultdict(set)
    for row in rows:
        if found := _IDENTIFIED.fullmatch(row):
            asked[found[1]].add(UUID(found[2]))
    return {
        f"{kind} {identity}": name
        for kind, identities in asked.items()
        for identity, name in _NAMED[kind](identities)
    }


def led(advice: Advice, row: str, names: Names) -> SafeString | str:
    """A row of what `Signal.rows` names, leading to its page; in words alone where it has none."""
    for pattern, way in _WAYS.items():
        if found := re.fullmatch(pattern, row):
            name = names.get(row, re.sub("^order period .*", "order period", row))
            return format_html('<a class="d-inlist" href="{}">{}</a>', way(advice, *found.groups()), name)
    return row


def evidence_of(item: InboxItem) -> Sequence[tuple[SafeString | str, SafeString | str]]:
    """What a row of the inbox goes by, name and value, with grants and the debit by name."""
    written = [_as_row(name, value) for name, value in item.evidence]
    names = names_of(written)
    told: list[tuple[SafeString | str, SafeString | str]] = []
    for row, (name, value) in zip(written, item.evidence, strict=True):
        if row not in names:
            told.append((name, value))
            continue
        kind, identity = row.split()
        address = reverse(f"admin:{_MODELS[kind]}_change", args=[identity])
        shown = format_html('<a class="d-inlist" href="{}">{}</a>', address, names[row])
        told.append((name, shown) if kind == "debit" else (shown, value))
    return told


def _as_row(name: str, value: str) -> str:
    return f"debit {value}" if name == "Debit" else name.lower()


def _on(tokens: Decimal, unit: str, at: datetime) -> str:
    return f"{readable(tokens)} {unit} of {at:%-d %b %Y}"


def _grants(identities: Iterable[UUID]) -> Iterable[tuple[UUID, str]]:
    rows = Grant.objects.filter(pk__in=identities).select_related("wallet__unit")
    return [(row.pk, f"{row.kind}, {_on(row.tokens, row.wallet.unit.code, row.created_at)}") for row in rows]


def _trials(identities: Iterable[UUID]) -> Iterable[tuple[UUID, str]]:
    rows = Trial.objects.filter(pk__in=identities).select_related("offer")
    return [(row.pk, f"trial {row.offer}, issued on {row.issued_at:%-d %b %Y}") for row in rows]


def _debits(identities: Iterable[UUID]) -> Iterable[tuple[UUID, str]]:
    rows = Debit.objects.filter(pk__in=identities).select_related("unit")
    return [(row.pk, _on(row.tokens, row.unit.code, row.recorded_at)) for row in rows]


_MODELS = {"grant": "wallets_grant", "debit": "usage_debit"}
_NAMED: Mapping[str, Callable[[Iterable[UUID]], Iterable[tuple[UUID, str]]]] = {
    "grant": _grants,
    "trial": _trials,
    "debit": _debits,
}


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
