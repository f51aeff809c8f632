"""The Python face of the functions in `wallets/sql`, the one door through which tokens move.

Every verb takes the account's lock first. `now` is None in production: the database's clock decides;
tests and the loader of past traffic pass it.
"""

from collections.abc import Sequence
from dataclasses import dataclass
from datetime import datetime
from decimal import Decimal
from uuid import UUID

from django.db import connection, transaction

from config.kernel.database import call
from wallets import errors
from wallets.models import Account


@dataclass(frozen=True)
class Granting:
    """A grant to be made. unit_cost: what the customer paid for one token; exchange_rate: to the reporting currency."""

    kind: str
    tokens: Decimal
    effective_at: datetime | None = None
    expires_at: datetime | None = None
    priority: int = 50
    features: Sequence[str] = ()
    unit_cost: Decimal | None = None
    currency: str = ""
    exchange_rate: Decimal | None = None
    external_id: str | None = None
    reason: str = ""
    created_by: str = ""


@dataclass(frozen=True)
class Granted:
    grant_id: UUID
    recorded_at: datetime


@dataclass(frozen=True)
class Voided:
    tokens: Decimal
    recorded_at: datetime


@dataclass(frozen=True)
class ExpiryAct:
    """A grant is to expire at another instant; None is never. cause_id: names the act. by: who wants it, and why."""

    expires_at: datetime | None
    cause_id: UUID
    reason: str = ""
    by: str = ""


@dataclass(frozen=True)
class ExpiryMoved:
    """expires_before: what held until now."""

    expires_before: datetime | None
    recorded_at: datetime


@dataclass(frozen=True)
class Transferred:
    """is_done: False where the source holds less; `available` says what it holds."""

    is_done: bool
    available: Decimal
    recorded_at: datetime


@dataclass(frozen=True)
class SettledLot:
    """What of a lot a final invoice settled. entry_id: of the ledger."""

    lot_id: UUID
    entry_id: UUID
    tokens: Decimal
    recorded_at: datetime


def lock(account_id: UUID) -> str:
    """Lock the account for the rest of the transaction; answer its state.

    Raises AccountMissing.
    """
    locked = Account.objects.select_for_update(no_key=True).filter(pk=account_id)
    state = locked.values_list("state", flat=True).first()
    if state is None:
        raise errors.AccountMissing()
    return state


def open_wallet(*, account_id: UUID, unit_id: int) -> UUID:
    """Give the account a wallet in the unit, if it has none."""
    opened = call(
        "SELECT wallets_open_v1(%(account)s, %(unit)s) AS id", {"account": account_id, "unit": unit_id}
    )
    wallet_id: UUID = opened.id
    return wallet_id


def set_floor(*, account_id: UUID, floor: Decimal | None) -> None:
    """Let the account's wallets go no lower than `floor`: 0 blocks, -100 leaves room for 100, None is without limit."""
    call("SELECT wallets_floor_v1(%(account)s, %(floor)s::numeric)", {"account": account_id, "floor": floor})


@transaction.atomic
def grant(*, account_id: UUID, unit_id: int, granting: Granting, now: datetime | None = None) -> Granted:
    """Hand out tokens; those bought first repay overage when they come into force.

    Raises AccountMissing, AccountClosed, ExternalIdTaken, InvalidRequest.
    """
    done = call(
        """SELECT * FROM wallets_grant_v1(
            %(account)s, %(unit)s, %(kind)s, %(tokens)s, %(effective_at)s, %(expires_at)s,
            %(priority)s::smallint, %(features)s::text[], %(unit_cost)s::numeric, %(currency)s,
            %(exchange_rate)s::numeric, %(external_id)s, %(reason)s, %(created_by)s, %(now)s)""",
        {
            "account": account_id,
            "unit": unit_id,
            **vars(granting),
            "features": list(granting.features),
            "now": now,
        },
    )
    refusals = {
        "unknown_account": errors.AccountMissing,
        "account_closed": errors.AccountClosed,
        "external_id_taken": errors.ExternalIdTaken,
    }
    if done.outcome != "granted":
        raise refusals[done.outcome]()
    return Granted(done.grant_id, done.recorded_at)


@transaction.atomic
def bind(*, account_id: UUID, grant_id: UUID) -> None:
    """Let a grant stay with its account: transfers pass it over.

    Raises GrantMissing.
    """
    asked = {"account": account_id, "grant": grant_id}
    done = call("SELECT wallets_bind_v1(%(account)s, %(grant)s) AS is_done", asked)
    if not done.is_done:
        raise errors.GrantMissing()


@transaction.atomic
def void(*, account_id: UUID, grant_id: UUID, cause_id: UUID, now: datetime | None = None) -> Voided:
    """Take back what is left of a grant and not held. cause_id: names the act in the ledger.

    Raises GrantMissing, NothingLeft.
    """
    done = call(
        "SELECT * FROM wallets_void_v1(%(account)s, %(grant)s, %(cause)s, %(now)s)",
        {"account": account_id, "grant": grant_id, "cause": cause_id, "now": now},
    )
    refusals = {"not_found": errors.GrantMissing, "nothing_left": errors.NothingLeft}
    if done.outcome != "voided":
        raise refusals[done.outcome]()
    return Voided(done.tokens, done.recorded_at)


@transaction.atomic
def take_back(
    *, account_id: UUID, grant_id: UUID, tokens: Decimal | None, cause_id: UUID, now: datetime | None = None
) -> Voided:
    """Take back at most so many tokens of a grant, of those left and not held. None: all, and the grant ends.

    What comes back to a grant that ended lapses; else it stays there, unless nothing was ever spent or left.
    Answers what was taken: nothing of a grant that has expired or was voided.

    Raises GrantMissing.
    """
    done = call(
        "SELECT * FROM wallets_take_back_v1("
        "%(account)s, %(grant)s, %(tokens)s::numeric, %(tokens)s::numeric IS NULL, %(cause)s, %(now)s)",
        {"account": account_id, "grant": grant_id, "tokens": tokens, "cause": cause_id, "now": now},
    )
    if done.outcome == "not_found":
        raise errors.GrantMissing()
    return Voided(done.tokens, done.recorded_at)


@transaction.atomic
def extend_grant(
    *, account_id: UUID, grant_id: UUID, act: ExpiryAct, now: datetime | None = None
) -> ExpiryMoved:
    """Let a grant expire at another instant, later or sooner.

    Raises GrantMissing, GrantOver, ExpiryTooSoon, ExpiryUnchanged.
    """
    done = call(
        """SELECT * FROM wallets_grant_extend_v1(
            %(account)s, %(grant)s, %(expires_at)s, %(cause_id)s, %(reason)s, %(by)s, %(now)s)""",
        {"account": account_id, "grant": grant_id, **vars(act), "now": now},
    )
    refusals = {
        "not_found": errors.GrantMissing,
        "over": errors.GrantOver,
        "too_soon": errors.ExpiryTooSoon,
        "unchanged": errors.ExpiryUnchanged,
    }
    if done.outcome != "extended":
        raise refusals[done.outcome]()
    return ExpiryMoved(done.expires_before, done.recorded_at)


@transaction.atomic
def transfer(
    *,
    from_id: UUID,
    to_id: UUID,
    unit_id: int,
    tokens: Decimal,
    cause_id: UUID,
    reason: str = "",
    created_by: str = "",
    now: datetime | None = None,
) -> Transferred:
    """Move tokens between a parent and its part, in draw order, with kind, life and cost.

    Raises AccountMissing, AccountClosed, NotRelated.
    """
    done = call(
        "SELECT * FROM wallets_transfer_v1("
        "%(from)s, %(to)s, %(unit)s, %(tokens)s, %(cause)s, %(reason)s, %(created_by)s, %(now)s)",
        {
            "from": from_id,
            "to": to_id,
            "unit": unit_id,
            "tokens": tokens,
            "cause": cause_id,
            "reason": reason,
            "created_by": created_by,
            "now": now,
        },
    )
    refusals = {
        "unknown_account": errors.AccountMissing,
        "account_closed": errors.AccountClosed,
        "unrelated": errors.NotRelated,
    }
    if done.outcome in refusals:
        raise refusals[done.outcome]()
    return Transferred(done.outcome == "transferred", done.available, done.recorded_at)


def settle_overage(
    *, account_id: UUID, lot_ids: Sequence[UUID], invoice_id: UUID, now: datetime | None = None
) -> list[SettledLot]:
    """Settle all that these lots still owe, because a final invoice carries it; no grant repays it any more.

    invoice_id: names the cause in the ledger. Lots that owe nothing are passed over. Oldest first.
    """
    with connection.cursor() as cursor:
        cursor.execute(
            "SELECT lot, entry, tokens, recorded_at FROM wallets_overage_settle_v1(%s, %s::uuid[], %s, %s)",
            [account_id, list(lot_ids), invoice_id, now],
        )
        return [SettledLot(*row) for row in cursor.fetchall()]


def settle(*, account_id: UUID, now: datetime | None = None) -> int:
    """Start every grant and end every hold whose instant has passed; answer how many there were."""
    settled: int = call(
        "SELECT wallets_settle_v1(%(account)s, %(now)s) AS n", {"account": account_id, "now": now}
    ).n
    return settled


def extend(*, account_id: UUID, hold_id: UUID, seconds: int, now: datetime | None = None) -> None:
    """Let a hold last for so many seconds from now, where that is longer than it does.

    Raises HoldMissing, HoldSettled, HoldExpired.
    """
    outcome = call(
        "SELECT wallets_hold_extend_v1(%(account)s, %(hold)s, %(seconds)s, %(now)s) AS word",
        {"account": account_id, "hold": hold_id, "seconds": seconds, "now": now},
    ).word
    refusals = {
        "not_found": errors.HoldMissing,
        "settled": errors.HoldSettled,
        "expired": errors.HoldExpired,
    }
    if outcome in refusals:
        raise refusals[outcome]()


def expire(*, account_id: UUID, now: datetime | None = None) -> int:
    """Book out what has expired; answer how many grants lapsed. Any number of times comes to the same."""
    asked = {"account": account_id, "now": now}
    return int(call("SELECT wallets_expire_v1(%(account)s, %(now)s) AS n", asked).n)
