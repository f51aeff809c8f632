"""What the account page shows of one account in one token unit."""

from __future__ import annotations

from collections.abc import Sequence
from dataclasses import dataclass
from datetime import date, datetime
from decimal import Decimal
from functools import cached_property

from billing.models import TopUpRule
from billing.queries.account_usage import AccountUsage, usage_of
from billing.rules.forecasting import Range, RunOut, next_month
from config.kernel.amounts import typeset
from pricing.models import RateTable
from usage.queries.policies import ruling_at
from usage.queries.terms import table_at
from usage.rules import policy_words
from usage.rules.ladders import Ruling
from wallets.models import Account, Entry, TokenUnit, Wallet
from wallets.queries.balances import holding_now
from wallets.rules.holding import Holding

POINTS = 300


@dataclass(frozen=True)
class Summary:
    """The head and the cards. What was used is asked when it is first looked at."""

    account: Account
    unit: TokenUnit
    units: Sequence[TokenUnit]
    wallet: Wallet | None
    holding: Holding
    ruling: Ruling
    table: RateTable | None
    moment: datetime

    @cached_property
    def use(self) -> AccountUsage:
        return usage_of(self.account.pk, self.unit.pk, self.moment)

    @property
    def burn(self) -> Sequence[Decimal]:
        """Tokens used on each of the last thirty days, today last; empty where that is not known."""
        return self.use.burn

    @property
    def beyond(self) -> Decimal:
        """Tokens owed beyond what the policy has room for: of usage that was over when it was reported."""
        floor = self.wallet.floor if self.wallet else None
        return max(self.holding.overage + floor, Decimal(0)) if floor is not None else Decimal(0)

    @property
    def a_day(self) -> Decimal | None:
        """What a day is expected to burn, the mean of a week; None where there is no whole day yet."""
        return self.use.a_day

    @property
    def runs_out(self) -> RunOut:
        """When what is available is gone if burning goes on."""
        return self.use.runs_out(self.holding.available, self.moment)

    @property
    def expires_before(self) -> bool:
        """Whether tokens expire before they are foretold to be gone: a forecast lets nothing expire."""
        expiry, gone_at = self.holding.next_expiry, self.runs_out.at
        return expiry is not None and gone_at is not None and expiry.at < gone_at

    @property
    def next_month(self) -> tuple[date, Range] | None:
        """Its first day, and what it is expected to burn."""
        if self.use.forecast is None:
            return None
        first, days = next_month(self.moment)
        return first, self.use.forecast.of_days(first, days)

    @property
    def policy_words(self) -> str:
        said = policy_words.label(self.ruling.policy)
        return said if self.ruling.scope in ("account", "default") else f"{said}, shared"


def summary(account: Account, unit_code: str | None, moment: datetime) -> Summary:
    """The head and the cards, in the unit asked for, else the default one or the only one held."""
    wallets, units = _wallets(account), _units()
    unit = _chosen(units, unit_code, wallets)
    return Summary(
        account=account,
        unit=unit,
        units=[each for each in units if each.pk in wallets or each.pk == unit.pk],
        wallet=wallets.get(unit.pk),
        holding=holding_now(account.pk, unit.pk),
        ruling=ruling_at(account.pk),
        table=table_at(account.pk, moment),
        moment=moment,
    )


def unit_and_wallet(account: Account, unit_code: str | None = None) -> tuple[TokenUnit, Wallet | None]:
    """The unit that the page shows, as `summary` chooses it, and the account's wallet in it."""
    wallets = _wallets(account)
    unit = _chosen(_units(), unit_code, wallets)
    return unit, wallets.get(unit.pk)


def _wallets(account: Account) -> dict[int, Wallet]:
    return {each.unit_id: each for each in Wallet.objects.filter(account=account).select_related("unit")}


def _units() -> list[TokenUnit]:
    return list(TokenUnit.objects.order_by("-is_default", "code"))


def _chosen(units: Sequence[TokenUnit], code: str | None, wallets: dict[int, Wallet]) -> TokenUnit:
    named = next((unit for unit in units if unit.code == code), None)
    held = next((unit for unit in units if unit.pk in wallets), None)
    return named or held or units[0]


def balance_points(wallet: Wallet, upto: datetime) -> list[tuple[datetime, Decimal]]:
    """The ledger balance over the wallet's life: every movement, or three hundred of them evenly spread."""
    step = max(1, -(-wallet.last_number // POINTS))
    numbers = {*range(1, wallet.last_number + 1, step), wallet.last_number}
    entries = Entry.objects.filter(account_id=wallet.account_id, wallet=wallet, number__in=numbers)
    points = list(entries.order_by("number").values_list("recorded_at", "balance_after"))
    return [*points, (upto, points[-1][1])] if points else []


@dataclass(frozen=True)
class Level:
    """A line across the balance: tokens at which something happens, and what."""

    tokens: Decimal
    says: str


def levels(summary: Summary) -> list[Level]:
    """Where the policy tells of a threshold and stops, and where a top-up buys, from the highest down.

    A threshold is a share spent of what was available when the last grant came into force; the chart's balance counts
    what holds keep as well.
    """
    wallet, policy = summary.wallet, summary.ruling.policy
    if wallet is None:
        return []
    found = [Level(wallet.floor, f"overage ends at {typeset(wallet.floor)}")] if wallet.floor else []
    stocked = wallet.stocked or Decimal(0)
    for share in policy.notify if stocked > 0 else ():
        left = stocked * (100 - share) / 100
        found.append(Level(left, f"{share} % spent at {typeset(left)}"))
    rule = TopUpRule.objects.filter(account_id=wallet.account_id, unit=summary.unit, is_on=True).first()
    if rule is not None:
        found.append(Level(rule.threshold, f"packs are bought at {typeset(rule.threshold)}"))
    return sorted(found, key=lambda each: -each.tokens)
