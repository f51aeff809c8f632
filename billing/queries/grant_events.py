"""What happened to the grants of a wallet, for the chart of its balance."""

from __future__ import annotations

from collections.abc import Iterator, Mapping
from dataclasses import dataclass
from datetime import datetime
from decimal import Decimal
from uuid import UUID

from billing.rules.ledger_words import Spoken, sentence
from config.kernel.amounts import readable
from wallets.models import Entry, Grant, Wallet
from wallets.queries.grants import buckets_of

GRANTS_TOLD = 100


@dataclass(frozen=True)
class GrantEvent:
    """A grant that was given or started, which is a gain, or that expired or was taken back."""

    at: datetime
    is_gain: bool
    text: str


def grant_events(wallet: Wallet, moment: datetime) -> list[GrantEvent]:
    """What happened by `moment` to the hundred newest grants. An expiry counts from its instant, booked or not."""
    newest = Grant.objects.filter(account_id=wallet.account_id, wallet=wallet).order_by("-pk")[:GRANTS_TOLD]
    grants = list(newest)
    bookings = Entry.objects.filter(
        account_id=wallet.account_id, cause_id__in=[grant.pk for grant in grants], kind=Entry.Kind.GRANT
    )
    given = dict(bookings.values_list("cause_id", "amount"))
    return [event for grant in grants for event in _events(grant, given, moment) if event.at <= moment]


def _events(grant: Grant, given: Mapping[UUID, Decimal], moment: datetime) -> Iterator[GrantEvent]:
    """A grant that no booking gave came with a transfer; its tokens may have moved on since."""
    amount = given.get(grant.pk)
    yield GrantEvent(grant.created_at, True, _moved_in(grant) if amount is None else _given(grant, amount))
    if grant.effective_at > grant.created_at:
        yield GrantEvent(grant.effective_at, True, f"{readable(grant.tokens)} {grant.kind} tokens start")
    buckets = buckets_of(grant, moment)
    if grant.expires_at and buckets.expired:
        yield GrantEvent(grant.expires_at, False, f"{readable(buckets.expired)} {grant.kind} tokens expired")
    if grant.voided_at:
        yield GrantEvent(grant.voided_at, False, f"{readable(buckets.voided)} {grant.kind} tokens taken back")


def _given(grant: Grant, amount: Decimal) -> str:
    return sentence(Spoken("grant", readable(amount), grant.kind, grant.reason, feature="", charge=None))


def _moved_in(grant: Grant) -> str:
    return f"Moved in, {grant.kind} tokens{': ' if grant.reason else ''}{grant.reason}"
