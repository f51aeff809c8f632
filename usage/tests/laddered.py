"""Policies with steps, in a line each, and what became of them."""

from __future__ import annotations

from collections.abc import Sequence
from datetime import UTC, datetime, timedelta
from decimal import Decimal
from typing import Any

from usage.models import Bucket, Crossing, Grace, Judgement
from usage.models.bucket import SCALE
from usage.rules.enrolment import Enrolment
from usage.rules.policies import GracePeriod, MoneyLimit, PolicyChoice, Throttle
from usage.services import terms
from usage.tests.made import AUTHOR, HOUR, Shop, a_grant
from wallets.models import Account, Entry

SPRING = datetime(2026, 3, 2, tzinfo=UTC)
NOON = SPRING + 12 * HOUR
SECOND, MINUTE = timedelta(seconds=1), timedelta(minutes=1)


def a_spender(shop: Shop, policy: PolicyChoice | None, has: str = "100", kind: str = "trial") -> Account:
    """An account with so many tokens, since spring."""
    account = shop.an_account(SPRING, policy=policy)
    if Decimal(has):
        a_grant(account, has, kind=kind, now=SPRING)
    return account


def calls(per_minute: int, start: int = 0) -> Throttle:
    return Throttle(start, "calls", Decimal(per_minute))


def tokens(per_minute: str, start: int = 0) -> Throttle:
    return Throttle(start, "tokens", Decimal(per_minute))


def grace(amount: str | None = None, lasts: timedelta | None = None) -> GracePeriod:
    return GracePeriod(lasts, None if amount is None else Decimal(amount))


def money(amount: str, unit_price: str, currency: str = "USD") -> MoneyLimit:
    return MoneyLimit(Decimal(amount), Decimal(unit_price), currency)


def block(*notify: int, **steps: Any) -> PolicyChoice:
    return PolicyChoice("block", notify=notify, **steps)


def overage(limit: str | None = None, **steps: Any) -> PolicyChoice:
    return PolicyChoice("overage", None if limit is None else Decimal(limit), **steps)


def set_policy(account: Account, policy: PolicyChoice | None, now: Any = None) -> None:
    terms.enrol(reference=account.reference, asked=Enrolment(policy=policy), author=AUTHOR, now=now)


def crossed(account: Account) -> list[tuple[str, str]]:
    """Kind and name of what was noted, in its order."""
    return list(Crossing.objects.filter(account=account).order_by("id").values_list("kind", "name"))


def kinds(account: Account) -> list[str]:
    return [kind for kind, _ in crossed(account)]


def floors(account: Account) -> list[Decimal | None]:
    """What the entries of debits were judged by."""
    rows = Entry.objects.filter(account=account, cause_kind="debit").order_by("wallet", "number")
    return list(rows.values_list("floor", flat=True))


def level(account: Account) -> Decimal:
    """What the account's only bucket had left after the last call."""
    return Bucket.objects.get(account=account).level / SCALE


def judged(account: Account) -> list[dict[str, Any]]:
    rows = Judgement.objects.filter(account=account).order_by("debit_id")
    return list(rows.values_list("figures", flat=True))


def graces(account: Account) -> Sequence[Grace]:
    return list(Grace.objects.filter(account=account).order_by("id"))
