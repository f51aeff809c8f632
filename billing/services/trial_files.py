"""Trials issued by a file: all of it or nothing, and beforehand the same without effect."""

from __future__ import annotations

from collections.abc import Mapping
from contextlib import suppress
from dataclasses import dataclass
from decimal import Decimal

from django.contrib.auth.models import User
from django.db import transaction

from billing.errors import UnknownOffer
from billing.models import TrialOffer
from billing.rules.trial_orders import TrialOrder, in_form
from billing.rules.trial_rows import TrialRow, rows_of
from billing.services import seller_allowances, trial_names, trials
from config.kernel.errors import DomainError, FieldError, InvalidRequest
from wallets.models import Account


@dataclass(frozen=True, slots=True)
class Filed:
    """issued: trials that the file made or would make; repeated: that were there already. tokens: of those issued."""

    issued: int
    repeated: int
    tokens: Decimal
    is_dry: bool


def issue_file(*, text: str, key: str, seller: User, is_dry: bool) -> Filed:
    """Issue each row of a CSV file through the same door as a form, all or nothing; beyond the allowance is refused.

    key: made with the form; the same file under it is issued once. is_dry: everything is judged and nothing stays.

    Raises InvalidRequest that names every line at fault.
    """
    rows = rows_of(text)
    with transaction.atomic():
        filed, faults = _issue_all(rows, key, seller, is_dry)
        if faults or is_dry:
            transaction.set_rollback(True)
    if faults:
        detail = f"{len(faults)} of {len(rows)} lines can't be issued; nothing was."
        raise InvalidRequest(detail, errors=faults)
    return filed


def _issue_all(rows: list[TrialRow], key: str, seller: User, is_dry: bool) -> tuple[Filed, list[FieldError]]:
    """What all rows come to, and what is wrong with which. All accounts and names of the file are locked first."""
    seller_allowances.lock(seller)
    offers = {offer.name: offer for offer in TrialOffer.objects.on()}
    issued = repeated = 0
    given = Decimal(0)
    faults = []
    _lock_all(rows, offers)
    for row in rows:
        try:
            if row.offer not in offers:
                raise UnknownOffer(f"There is no offer {row.offer}.")
            order = _order(row, offers[row.offer])
            done = trials.issue(order=order, key=f"{key}:{row.line}", seller=seller, may_ask=False)
        except DomainError as refusal:
            faults.append(FieldError(f"/{row.line}", refusal.detail))
            continue
        if done.is_replay:
            repeated += 1
        else:
            issued, given = issued + 1, given + offers[row.offer].tokens
    return Filed(issued, repeated, given, is_dry), faults


def _lock_all(rows: list[TrialRow], offers: Mapping[str, TrialOffer]) -> None:
    found = Account.objects.filter(reference__in=[row.account for row in rows])
    accounts = {account.reference: account for account in found}
    names: set[str] = set()
    for row in rows:
        if row.offer in offers and row.account in accounts:
            with suppress(InvalidRequest):  # it is refused when its turn comes
                order = in_form(_order(row, offers[row.offer]))
                names |= trial_names.names_of(offers[row.offer], accounts[row.account], order)
    trial_names.lock([account.pk for account in accounts.values()], names)


def _order(row: TrialRow, offer: TrialOffer) -> TrialOrder:
    return TrialOrder(row.account, offer.pk, row.reason, row.opportunity, row.domain)
