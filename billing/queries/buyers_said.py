"""What was decided of who may see an account, and of what its people may do, each as a sentence that names nobody."""

from __future__ import annotations

from collections.abc import Iterator
from itertools import pairwise

from billing.models import AccessLink, BuyerRule, Contact
from billing.queries.limits_said import Said
from config.kernel.amounts import readable
from wallets.models import Account


def buyers_said(account: Account, most: int) -> Iterator[Said]:
    """At most so many of each, the newest first. Contacts are told by their numbers: persons can be erased."""
    yield from _contacts(account, most)
    yield from _links(account, most)
    yield from _rules(account, most)


def _contacts(account: Account, most: int) -> Iterator[Said]:
    rows = Contact.history.filter(customer=account.pk).order_by("-history_date", "-history_id")
    for row in rows[:most]:
        what = {"+": f"may sign in as {row.role}", "-": "erased"}.get(
            row.history_type, f"{row.role}, {'may' if row.is_on else 'may not'} sign in"
        )
        yield row.history_date, row.set_by, f"Contact {row.id}: {what}", row.history_change_reason or ""


def _links(account: Account, most: int) -> Iterator[Said]:
    for row in AccessLink.objects.filter(customer=account)[:most]:
        until = f"{row.expires_at:%-d %b %Y %H:%M} UTC"
        yield row.made_at, row.made_by, f"Link {row.pk} shows the account until {until}", row.made_for
        if row.revoked_at:
            yield row.revoked_at, row.revoked_by, f"Link {row.pk} revoked", row.revoked_for


def _rules(account: Account, most: int) -> Iterator[Said]:
    rows = BuyerRule.history.filter(customer=account.pk).select_related("history_user")
    for row, before in pairwise([*rows.order_by("-history_date", "-history_id")[:most], None]):
        if row is None or (before and _rule(before) == _rule(row)):
            continue
        by = str(row.history_user or "")
        yield row.history_date, by, f"Its people {_rule(row)}", row.history_change_reason or ""


def _rule(row: BuyerRule) -> str:
    if row.as_bought:
        return "may do what the offers say that the account has"
    budgets = (
        f"set budgets up to {readable(row.budget_most)}" if row.budget_most is not None else "set no budgets"
    )
    packs = (
        f"order up to {row.packs_most} pack{'' if row.packs_most == 1 else 's'} in thirty days"
        if row.packs_most
        else "order no packs"
    )
    return f"{budgets} and {packs}"
