"""The recorded hour's catalogue and customers, and the keys its replay shows."""

from __future__ import annotations

from collections.abc import Iterator, Sequence
from contextlib import contextmanager
from dataclasses import dataclass
from datetime import datetime, timedelta
from decimal import Decimal

from django.db import transaction

from billing.rules.demo_accounts import ACCOUNTS, DemoAccount, DemoGrant
from billing.rules.demo_catalogue import (
    COST_CURRENCY,
    FEATURES,
    PRODUCTS,
    ModelPrice,
    cost_components,
    rate_table_csv,
)
from billing.rules.demo_traffic import FEATURE_OF_SERVICE
from config.kernel.fingerprints import fingerprint_of
from config.kernel.signing import dated
from pricing.models import Feature, Product, RateTable
from pricing.services import catalogue, importing, publishing
from usage.models import ApiKey
from usage.rules.enrolment import Enrolment, PolicyChoice
from usage.rules.grants import GrantOrder
from usage.services import granting, terms
from usage.services import keys as api_keys
from usage.services.authors import Author
from usage.services.claims import THE_DESK, Call
from wallets.models import Account, TokenUnit

TABLE = "standard"
REASON = "The catalogue of the recorded hour"
PREFIXES = ("", *(f"demo{number}-" for number in ("", *range(2, 100))))
BY = "demo"
HOUR = timedelta(hours=1)


@dataclass(frozen=True)
class LoadedDemo:
    """The demo as it is in this database. prefix: stands before its codes and references where others had them first.

    hour_begins_at: when the first call of the recorded hour is said to have happened.
    costs: US dollars a unit by feature and model.
    """

    prefix: str
    hour_begins_at: datetime
    is_new: bool
    costs: dict[tuple[str, str], Decimal]

    @property
    def table(self) -> str:
        return f"{self.prefix}{TABLE}"

    def reference(self, account: DemoAccount) -> str:
        return f"{self.prefix}{account.reference}"


@transaction.atomic
def load(prices: Sequence[ModelPrice], *, now: datetime) -> LoadedDemo:
    """Load catalogue and customers, once: what an earlier demo loaded is left as it is, prices changed since included.

    The recorded hour ends at `now`: the prices are published, and the grants made, as of its beginning.
    """
    prefix = next(prefix for prefix in PREFIXES if _is_ours(prefix) or _is_free(prefix))
    is_new = not _is_ours(prefix)
    if is_new:
        hour_begins_at = now - HOUR
        with dated(hour_begins_at):
            _publish_prices(prices, prefix, hour_begins_at)
            for account in ACCOUNTS:
                _enrol(account, prefix, hour_begins_at)
    else:
        first = RateTable.objects.get(code=f"{prefix}{TABLE}").versions.get(number=1)
        assert first.effective_from is not None
        hour_begins_at = first.effective_from
    return LoadedDemo(prefix, hour_begins_at, is_new, _costs(prices, prefix))


@contextmanager
def keys(loaded: LoadedDemo) -> Iterator[dict[str, str]]:
    """API keys by the recording's services, good until the block ends."""
    issued = {
        service: api_keys.create(
            product_code=f"{loaded.prefix}{product}", scopes=[ApiKey.Scope.DEBIT], name="Demo", reason=REASON
        )
        for service, product in FEATURE_OF_SERVICE.items()
    }
    try:
        yield {service: each.text for service, each in issued.items()}
    finally:
        for each in issued.values():
            api_keys.revoke(prefix=each.key.prefix, reason=REASON)


def _is_ours(prefix: str) -> bool:
    return RateTable.objects.filter(
        code=f"{prefix}{TABLE}", versions__number=1, versions__reason=REASON
    ).exists()


def _is_free(prefix: str) -> bool:
    """Whether nobody uses any of the names that the demo would take."""
    products = [f"{prefix}{product}" for product in PRODUCTS]
    features = [f"{product}.{feature}" for product in products for feature in FEATURES]
    references = [f"{prefix}{account.reference}" for account in ACCOUNTS]
    return not (
        RateTable.objects.filter(code=f"{prefix}{TABLE}").exists()
        or Product.objects.filter(code__in=products).exists()
        or Feature.objects.filter(code__in=features).exists()
        or Account.objects.filter(reference__in=references).exists()
    )


def _publish_prices(prices: Sequence[ModelPrice], prefix: str, moment: datetime) -> None:
    unit = TokenUnit.objects.get(is_default=True)
    order = importing.Order(f"{prefix}{TABLE}", rate_table_csv(prices, prefix), unit.code)
    imported = importing.import_rates(order, reason=REASON)
    catalogue.say_cost_components(cost_components(prices, prefix), reason=REASON)
    terms.adopt_first_table(imported.table.pk)
    assert imported.version is not None
    publishing.publish(version=imported.version, reason=REASON, moment=moment)


def _enrol(account: DemoAccount, prefix: str, moment: datetime) -> None:
    reference = f"{prefix}{account.reference}"
    policy = PolicyChoice("overage", account.overage_limit) if account.overage_limit != 0 else None
    asked = Enrolment(name=account.name, rate_table=f"{prefix}{TABLE}", policy=policy)
    terms.enrol(reference=reference, asked=asked, author=Author(BY, REASON), now=moment)
    for place, grant in enumerate(account.grants, start=1):
        order = _order(grant, prefix, moment)
        call = Call(
            product_id=THE_DESK,
            key=f"demo-grant-{place}",
            fingerprint=fingerprint_of(order),
            by=BY,
            now=moment,
        )
        granting.grant(reference=reference, order=order, call=call)


def _order(grant: DemoGrant, prefix: str, moment: datetime) -> GrantOrder:
    return GrantOrder(
        kind=grant.kind,
        tokens=grant.tokens,
        effective_at=moment + grant.starts,
        expires_at=None if grant.ends is None else moment + grant.ends,
        priority=grant.priority,
        features=tuple(f"{prefix}{product}.*" for product in grant.products),
        unit_cost=grant.unit_cost,
        currency=None if grant.unit_cost is None else COST_CURRENCY,
        reason=REASON,
    )


def _costs(prices: Sequence[ModelPrice], prefix: str) -> dict[tuple[str, str], Decimal]:
    return {
        (f"{prefix}{product}.{feature}", price.model): cost
        for product in PRODUCTS
        for price in prices
        for feature, cost in price.costs.items()
    }
