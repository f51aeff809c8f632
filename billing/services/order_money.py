"""The money of an order's tokens: changed beside the grants that carry it, by a dated fact, and no token moves."""

from __future__ import annotations

from collections.abc import Mapping
from decimal import Decimal
from uuid import UUID

from django.db.models import Sum

from billing.models import GrantRepricing, OrderGrant, Portion
from billing.queries.grant_money import standings
from billing.rules.money import rounded
from billing.rules.order_money import Carrier, come_to
from billing.rules.recognition import Repriced, Standing
from billing.services.order_acts import Act
from wallets.models import Grant, Wallet

NOTHING = Decimal(0)


def standing_of(portion: Portion) -> dict[UUID, Standing]:
    """Where the grants of a portion stand that were sold."""
    if portion.terms["kind"] != Grant.Kind.PURCHASE:
        return {}
    return standings(portion.account_id, portion.grants.values_list("grant_id", flat=True))


def due_for(portion: Portion) -> Decimal:
    """What is due for a portion's tokens, to the currency's smallest amount.

    Months are rounded together: all of a year are due what they come to.
    """
    before = _due_before(portion)
    return rounded(before + portion.due, portion.currency) - rounded(before, portion.currency)


def _due_before(portion: Portion) -> Decimal:
    """What is due for the months before it."""
    if not portion.month:
        return NOTHING
    rows = Portion.objects.filter(
        account=portion.account_id,
        order=portion.order_id,
        line=portion.line,
        run=portion.run,
        part=portion.part,
        number=portion.number,
        month__lt=portion.month,
    )
    return rows.aggregate(due=Sum("due"))["due"] or NOTHING


def settle(act: Act, portion: Portion, before: Mapping[UUID, Standing], *, is_end: bool = False) -> None:
    """Let what is paid for a portion come to what is due, as far as its tokens carry it, once they have been moved.

    before: where its grants stood before this act. What was paid for tokens that stay is due all the same, though less
    was agreed; nothing more is due for tokens that could not be given. is_end: all that was left was taken back.
    """
    after = standing_of(portion)
    rows = {row.pk: row for row in Grant.objects.filter(account_id=portion.account_id, pk__in=after)}
    grants = [each for each in portion.grants.order_by("number") if each.grant_id in after]
    carriers = []
    for each in grants:
        stands, row = after[each.grant_id], rows[each.grant_id]
        was = before.get(each.grant_id)
        carriers.append(
            Carrier(stands, stands.refunded - (was.refunded if was else NOTHING), _is_live(row, act))
        )
        _note(portion, each, NOTHING, carriers[-1].given_back)
    change = _wanted(portion, is_end=is_end) - portion.paid
    for each, carrier, new in zip(grants, carriers, come_to(carriers, change, is_end=is_end), strict=True):
        if new is not None:
            _note(portion, each, new.paid - carrier.stands.paid, new.refunded - carrier.stands.refunded)
            _reprice(act, rows[each.grant_id], new)


def _wanted(portion: Portion, *, is_end: bool) -> Decimal:
    due = due_for(portion)
    if is_end or portion.tokens > portion.wanted:
        return max(due, Decimal(portion.paid))
    return due if portion.tokens == portion.wanted else Decimal(portion.paid)


def _note(portion: Portion, each: OrderGrant, paid: Decimal, given_back: Decimal) -> None:
    if not paid and not given_back:
        return
    each.paid += paid
    each.taken_paid += given_back
    each.save(update_fields=["paid", "taken_paid"])
    portion.paid += paid - given_back


def _reprice(act: Act, grant: Grant, new: Repriced) -> None:
    wallet = Wallet.objects.get(account_id=grant.account_id, pk=grant.wallet_id)
    GrantRepricing.objects.create(
        account=act.account,
        wallet_id=wallet.pk,
        grant_id=grant.pk,
        after_number=wallet.last_number,
        version=act.version,
        recorded_at=act.moment,
        **{name: getattr(new, name) for name in Repriced.__slots__},
    )


def _is_live(row: Grant, act: Act) -> bool:
    return row.voided_at is None and (row.expires_at is None or row.expires_at > act.moment)
