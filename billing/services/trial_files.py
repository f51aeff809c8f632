"""Trials issued by a file: all of it or nothing, and beforehand the same without effect."""

from __future__ import annotations

from collections.abc import Collection, Mapping, Sequence
from contextlib import suppress
from dataclasses import dataclass
from decimal import Decimal
from typing import Literal

from django.contrib.auth.models import User
from django.db import transaction

from billing.errors import UnknownOffer
from billing.models import TrialOffer
from billing.rules.trial_orders import TrialOrder, in_form
from billing.rules.trial_rows import TrialRow, rows_of
from billing.services import seller_allowances, trial_names, trials
from billing.services.trials import Issued
from config.kernel.errors import DomainError, FieldError, InvalidRequest
from wallets.models import Account


@dataclass(frozen=True, slots=True)
class FiledRow:
    """A line of the file and what becomes of it: issued, asked of a manager, or known already."""

    line: int
    account: str
    offer: TrialOffer
    outcome: Literal["issued", "asked", "known"]


@dataclass(frozen=True, slots=True)
class Filed:
    """What the file did or would do. rows: in the order of the file. tokens: of those issued."""

    rows: Sequence[FiledRow]
    is_dry: bool

    @property
    def issued(self) -> int:
        return self._count("issued")

    @property
    def asked(self) -> int:
        return self._count("asked")

    @property
    def known(self) -> int:
        return self._count("known")

    @property
    def tokens(self) -> Decimal:
        return sum((row.offer.tokens for row in self.rows if row.outcome == "issued"), Decimal(0))

    def _count(self, outcome: str) -> int:
        return sum(row.outcome == outcome for row in self.rows)


def issue_file(*, text: str, key: str, seller: User, is_dry: bool) -> Filed:
    """Issue each row of a CSV file through the same door as a form, all or nothing; beyond the allowance ask for it.

    key: made with the form; the same file under it is issued once. is_dry: everything is judged and nothing stays.

    Raises InvalidRequest that names every line at fault.
    """
    rows, faults = rows_of(text)
    with transaction.atomic():
        filed, refused = _issue_all(rows, key, seller)
        faults = sorted([*faults, *refused], key=_line)
        if faults or is_dry:
            transaction.set_rollback(True)
    if faults:
        wrong = len({fault.pointer for fault in faults})
        of_all = len(filed) + wrong
        detail = f"{wrong} of {of_all} line{'' if of_all == 1 else 's'} can't be issued, so nothing was."
        raise InvalidRequest(detail, errors=faults)
    return Filed(filed, is_dry)


def _line(fault: FieldError) -> int:
    return int(fault.pointer.lstrip("/"))


def _issue_all(rows: list[TrialRow], key: str, seller: User) -> tuple[list[FiledRow], list[FieldError]]:
    """What all rows come to, and what is wrong with which. All accounts and names of the file are locked first."""
    seller_allowances.lock(seller)
    offers = {offer.name: offer for offer in TrialOffer.objects.on().select_related("unit")}
    filed, faults = [], []
    known = _lock_all(rows, offers)
    for row in rows:
        try:
            if row.offer not in offers:
                nobody = "" if row.account in known else f" There is no account {row.account}."
                raise UnknownOffer(f"There is no offer {row.offer}.{nobody}")
            offer = offers[row.offer]
            done = trials.issue(order=_order(row, offer), key=f"{key}:{row.line}", seller=seller)
        except DomainError as refusal:
            faults.append(FieldError(f"/{row.line}", refusal.detail))
        else:
            filed.append(FiledRow(row.line, row.account, offer, _outcome(done)))
    return filed, faults


def _outcome(done: Issued) -> Literal["issued", "asked", "known"]:
    if done.is_replay:
        return "known"
    return "issued" if done.trial else "asked"


def _lock_all(rows: list[TrialRow], offers: Mapping[str, TrialOffer]) -> Collection[str]:
    """Answers the references of those rows' accounts that there are."""
    found = Account.objects.filter(reference__in=[row.account for row in rows])
    accounts = {account.reference: account for account in found}
    names: set[str] = set()
    for row in rows:
        if row.offer in offers and row.account in accounts:
            with suppress(InvalidRequest):  # it is refused when its turn comes
                order = in_form(_order(row, offers[row.offer]))
                names |= trial_names.names_of(offers[row.offer], accounts[row.account], order)
    trial_names.lock([account.pk for account in accounts.values()], names)
    return accounts.keys()


def _order(row: TrialRow, offer: TrialOffer) -> TrialOrder:
    return TrialOrder(row.account, offer.pk, row.reason, row.opportunity, row.domain)
