"""Where the money of an order's grants stands now, by the ledger alone, whatever revenue has been reckoned."""

from __future__ import annotations

from collections.abc import Iterable
from dataclasses import replace
from decimal import Decimal
from fractions import Fraction
from uuid import UUID

from django.db.models import Q, Sum

from billing.models import GrantRepricing, GrantSale
from billing.rules.recognition import LEAVING, Standing, standing_of
from wallets.models import Entry, Grant

NOTHING = Decimal(0)
LAPSED = Q(kind=Entry.Kind.VOID, cause_kind__in=[Entry.Cause.HOLD, Entry.Cause.REVERSAL])


def standings(account_id: UUID, grant_ids: Iterable[UUID]) -> dict[UUID, Standing]:
    """Of each of these grants that was sold, where it stands. The caller holds the account's lock."""
    sales = {row.grant_id: row for row in GrantSale.objects.filter(grant_id__in=list(grant_ids))}
    entries = Entry.objects.filter(account_id=account_id, grant_id__in=sales)
    made = dict(entries.filter(kind=Entry.Kind.GRANT).values_list("grant_id", "amount"))
    lapsed = dict(entries.filter(LAPSED).values_list("grant_id").annotate(tokens=Sum("amount")))
    found = {}
    for grant in Grant.objects.filter(account_id=account_id, pk__in=sales):
        sale = sales[grant.pk]
        sold = standing_of(Fraction(sale.paid), made[grant.pk], sale.currency)
        stands = _without_what_left(sold, grant)
        expired = grant.expired + lapsed.get(grant.pk, NOTHING)
        found[grant.pk] = replace(stands, spent=grant.spent, expired=expired)
    return found


def _without_what_left(sold: Standing, grant: Grant) -> Standing:
    """The grant as sold, its money as it was changed last, without the tokens that were taken back or moved on."""
    change = (
        GrantRepricing.objects.filter(account_id=grant.account_id, grant_id=grant.pk).order_by("pk").last()
    )
    left = Entry.objects.filter(grant=grant, account_id=grant.account_id, kind__in=LEAVING).exclude(LAPSED)
    stands, is_changed = sold, change is None
    for entry in left.order_by("number"):
        if change is not None and not is_changed and entry.number > change.after_number:
            stands, is_changed = stands.anew(change.repriced), True
        stands = stands.after(entry.kind, entry.amount)
    if change is not None and not is_changed:
        stands = stands.anew(change.repriced)
    return stands
