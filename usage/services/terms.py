"""Accounts and what holds for them: enrolment, rate tables, policies, the default table."""

from dataclasses import dataclass
from datetime import datetime
from typing import Any
from uuid import UUID

from django.db import IntegrityError, OperationalError, connection, transaction
from msgspec import UnsetType
from psycopg.errors import LockNotAvailable

from config.kernel.database import call
from config.kernel.errors import (
    Conflict,
    DomainError,
    FieldError,
    InvalidRequest,
    Unavailable,
    UnknownReference,
)
from config.kernel.signing import signed
from pricing.errors import InstantInThePast, OverlapsInTime, TableBusy, UnknownTable
from pricing.models import RateTable
from usage.errors import TermsMissing, TermsNotScheduled
from usage.models import DefaultTerms, Policy, PolicyStep, Segment, Terms
from usage.queries.accounts import shown
from usage.queries.moments import database_clock
from usage.queries.policies import own_policy
from usage.queries.terms import own_terms
from usage.rules.access import PORTFOLIO
from usage.rules.enrolment import Enrolment, check
from usage.rules.policies import BLOCK, PolicyChoice, steps_of
from usage.services import entitling
from usage.services.authors import Author
from wallets.errors import AccountMissing
from wallets.models import Account
from wallets.queries.accounts import account_id_of, is_within
from wallets.queries.units import unit_named
from wallets.services import ledger

SHARED_TERMS, ONE_PARENT_AT_A_TIME = 7102, 7103
"""Classes of advisory locks: see docs/explanation/two-locks.md."""


@dataclass(frozen=True, slots=True)
class Enrolled:
    """The account as callers see it. is_new: it did not exist before. is_bound: it was given another rate table."""

    answer: dict[str, Any]
    is_new: bool
    is_bound: bool


@dataclass(frozen=True, slots=True)
class _Change:
    account: Account
    author: Author
    moment: datetime
    is_new: bool


@transaction.atomic
def enrol(*, reference: str, asked: Enrolment, author: Author, now: datetime | None = None) -> Enrolled:
    """Make the account, or merge what is asked into it. A new account gets a wallet in the default unit.

    A rate table holds from now on or from a later instant, the first one of a new account for all its past. What is
    scheduled for later instants stays.

    Raises InvalidRequest, UnknownTable, InstantInThePast, OverlapsInTime, AccountMissing where there is no such parent,
    Conflict where it is below, Unavailable.
    """
    check(asked, reference)
    if isinstance(asked.segment, str):
        hold_shared_terms()  # before the account's lock; a segment's first table depends on its members
    account, is_new = _locked(reference, asked, author, now)
    change = _Change(account, author, now or database_clock(), is_new)
    if is_new:
        ledger.open_wallet(account_id=account.pk, unit_id=unit_named(None).pk)
    _describe(change, asked)
    is_bound = _bind(change, asked)
    if not isinstance(asked.policy, UnsetType):
        _allow(change, asked.policy)
    if not isinstance(asked.entitlements, UnsetType):
        mode = asked.entitlements or PORTFOLIO
        entitling.set_mode(account_id=account.pk, mode=mode, author=author, now=change.moment)
    return Enrolled(shown(account, change.moment), is_new, is_bound)


def _locked(reference: str, asked: Enrolment, author: Author, now: datetime | None) -> tuple[Account, bool]:
    """The account under its lock; whoever comes second finds the one that the first made."""
    opened = {"created_at": now} if now else {}  # else by the database's clock
    if not Account.objects.filter(reference=reference).exists():
        try:
            with transaction.atomic():
                account = Account(reference=reference, **asked.descriptions(), **opened)
                signed(account, author.user, author.reason).save(force_insert=True)
                return Account.objects.get(reference=reference), True
        except IntegrityError:
            pass
    account_id = account_id_of(reference)
    ledger.lock(account_id)
    return Account.objects.select_related("parent").get(pk=account_id), False


def _describe(change: _Change, asked: Enrolment) -> None:
    """Set the account's own fields; history keeps one row of what changed."""
    account = change.account
    wanted: dict[str, object] = {} if change.is_new else asked.descriptions()
    if not isinstance(asked.parent, UnsetType):
        wanted["parent"] = _parent(account, asked.parent)
    changed = [name for name, value in wanted.items() if getattr(account, name) != value]
    if changed:
        for name in changed:
            setattr(account, name, wanted[name])
        signed(account, change.author.user, change.author.reason).save(update_fields=changed)


def _parent(account: Account, reference: str | None) -> Account | None:
    """The parent that is asked for. Changes go one after the other, so that two of them cannot close a circle."""
    if reference is None:
        return None
    _wait_for(ONE_PARENT_AT_A_TIME)
    parent = Account.objects.filter(reference=reference).first()
    if parent is None:
        detail = f"There is no account {reference}."
        raise AccountMissing(detail, errors=[FieldError("/parent", detail)])
    if is_within(parent.pk, account.pk):
        detail = f"The account {reference} is below this one already."
        raise Conflict(detail, errors=[FieldError("/parent", detail)])
    return parent


def _bind(change: _Change, asked: Enrolment) -> bool:
    """Let the account pay by a table or by its segment's: from now on or later, or for all its past where it is new.

    Taken out of its segment it keeps a table of its own. Answers whether that is new.
    """
    if isinstance(asked.rate_table, UnsetType) and isinstance(asked.segment, UnsetType):
        return False
    begins = _begins(change, asked)
    current = own_terms(change.account.pk, begins or change.moment)
    table = _table_named(asked.rate_table) if isinstance(asked.rate_table, str) else None
    segment = _segment_named(asked.segment) if isinstance(asked.segment, str) else None
    if asked.segment is None and isinstance(asked.rate_table, UnsetType) and current:
        table = current.table
    if (table, segment) == ((current.table, current.segment) if current else (None, None)):
        return False
    if begins and Terms.objects.lasting().filter(account=change.account, effective_from=begins).exists():
        raise OverlapsInTime("Another change of the account's rate table begins at that instant.")
    Terms.objects.create(
        account=change.account,
        table=table,
        segment=segment,
        effective_from=begins or (None if change.is_new else change.moment),
        recorded_at=change.moment,
        set_by=change.author.name,
        reason=change.author.reason,
    )
    call("SELECT usage_terms_changed_v1(%(account)s) AS revision", {"account": change.account.pk})
    return True


def _begins(change: _Change, asked: Enrolment) -> datetime | None:
    """The instant that is asked for; None is now."""
    begins = asked.rate_table_from if isinstance(asked.rate_table_from, datetime) else None
    if begins is not None and begins < change.moment:
        detail = "An account's rate table holds from now or later."
        raise InstantInThePast(detail, errors=[FieldError("/rate_table_from", detail)])
    return begins


def _table_named(code: str) -> RateTable:
    table = RateTable.objects.filter(code=code).first()
    if table is None:
        detail = f"There is no rate table {code}."
        raise UnknownTable(detail, errors=[FieldError("/rate_table", detail)])
    return table


def _segment_named(code: str) -> Segment:
    segment = Segment.objects.filter(code=code).first()
    if segment is None:
        detail = f"There is no segment {code}."
        raise UnknownReference(detail, errors=[FieldError("/segment", detail)])
    return segment


def _allow(change: _Change, policy: PolicyChoice | None) -> None:
    """Let this policy hold for the account from now on; None takes its own away, so that shared ones rule."""
    account_id: UUID = change.account.pk
    allowed = (policy or BLOCK).in_order()
    if (allowed if policy else None) == own_policy(account_id):
        return
    row = Policy.objects.create(
        account=change.account,
        mode=allowed.mode if policy else Policy.Mode.NONE,
        overage_limit=allowed.overage_limit,
        recorded_at=change.moment,
        set_by=change.author.name,
        reason=change.author.reason,
    )
    PolicyStep.objects.bulk_create(
        PolicyStep(account=change.account, policy=row, **step.columns()) for step in steps_of(allowed)
    )
    ledger.set_floor(account_id=account_id, floor=allowed.floor)
    call("SELECT usage_terms_changed_v1(%(account)s) AS revision", {"account": account_id})
    if policy is not None and policy.grace is not None:
        given = {"account": account_id, "lasts": policy.grace.lasts, "now": change.moment}
        call("SELECT usage_grace_term_v1(%(account)s, %(lasts)s::interval, %(now)s) AS noted", given)


@transaction.atomic
def withdraw(*, account_id: UUID, terms_id: UUID, author: Author, now: datetime | None = None) -> None:
    """Take scheduled terms back before they begin: what held until then goes on until the next, or for good.

    Once it has returned and is committed, no debit by these terms is under way.

    Raises InvalidRequest without a reason, TermsMissing, TermsNotScheduled, Unavailable.
    """
    if not author.reason.strip():
        raise InvalidRequest.at("/reason", "A withdrawal needs a reason.")
    hold_shared_terms()  # before the account's lock; the account may stay in a segment by it
    told = call(
        "SELECT usage_terms_withdraw_v1(%(account)s, %(terms)s, %(by)s, %(reason)s, %(now)s) AS outcome",
        {
            "account": account_id,
            "terms": terms_id,
            "by": author.name,
            "reason": author.reason,
            "now": now,
        },
    )
    if told.outcome != "withdrawn":
        refusal, wording = NOT_WITHDRAWN[told.outcome]
        raise refusal(wording)


NOT_WITHDRAWN: dict[str, tuple[type[DomainError], str]] = {
    "unknown_terms": (TermsMissing, "The account has no such terms."),
    "already_withdrawn": (TermsNotScheduled, "This change of the rate table is withdrawn already."),
    "already_begun": (TermsNotScheduled, "This rate table holds already; what has begun is not withdrawn."),
}


@transaction.atomic
def set_default(*, table_id: int, set_by: str = "", reason: str = "", now: datetime | None = None) -> bool:
    """Let accounts without terms of their own pay by this table from now on; answers whether that is new.

    The first default table holds for all the past. Waits for the debits under way at the prices of the one before.

    Raises TableBusy.
    """
    try:
        told = call(
            "SELECT usage_default_table_v1(%(table)s, %(by)s, %(reason)s, %(now)s) AS is_changed",
            {"table": table_id, "by": set_by, "reason": reason, "now": now},
        )
    except OperationalError as fault:
        if isinstance(fault.__cause__, LockNotAvailable):
            raise TableBusy("Debits of the present default table are under way; try again.") from fault
        raise
    is_changed: bool = told.is_changed
    return is_changed


@transaction.atomic
def adopt_first_table(table_id: int, *, set_by: str = "") -> bool:
    """Make this table the default one where there is none yet; answers whether it is."""
    wait_for_shared_terms()
    if DefaultTerms.objects.exists():
        return False
    return set_default(table_id=table_id, set_by=set_by, reason="The first rate table.")


def hold_shared_terms() -> None:
    """Let nobody change terms that many accounts share until the transaction ends; any number hold them at once.

    Comes before the lock of any account. Raises Unavailable where somebody changes them all the while.
    """
    _wait_for(SHARED_TERMS, "SELECT pg_advisory_xact_lock_shared(%s, 0)")


def wait_for_shared_terms() -> None:
    """Let nobody else change or hold terms that many accounts share until the transaction ends.

    Comes before the lock of any account. Raises Unavailable where others hold or change them all the while.
    """
    _wait_for(SHARED_TERMS)


def _wait_for(turn: int, lock: str = "SELECT pg_advisory_xact_lock(%s, 0)") -> None:
    try:
        with connection.cursor() as cursor:
            cursor.execute(lock, [turn])
    except OperationalError as fault:
        if isinstance(fault.__cause__, LockNotAvailable):
            raise Unavailable(
                "Others are changing accounts all the while; nothing was done, try again."
            ) from fault
        raise
