"""Whom and what a view of usage is about, by identity, and what it asks of the roll-ups."""

from __future__ import annotations

from collections.abc import Sequence
from dataclasses import dataclass
from datetime import datetime
from typing import TypeVar
from uuid import UUID

from django.db import connection

from billing.rules.usage_view import Span, UsageView
from config.kernel.errors import InvalidRequest
from pricing.models import Feature, Product
from usage.models import Segment
from usage.queries.terms import members_of
from usage.queries.usage_reader import UsageReader, usage_reader
from usage.rules.usage_asked import UsageQuestion
from wallets.models import Account, TokenUnit

Row = TypeVar("Row")


@dataclass(frozen=True, slots=True)
class Scope:
    """What was named, found, and who answers. accounts: None is all; those of a segment are in it at `span.until`."""

    view: UsageView
    span: Span
    unit: TokenUnit
    account: Account | None
    product: Product | None
    feature: Feature | None
    segment: Segment | None
    accounts: frozenset[UUID] | None
    reader: UsageReader

    def question(self, *groups: str) -> UsageQuestion:
        """What is asked of the time that is looked at, told apart by `groups`."""
        return UsageQuestion(
            self.span.since,
            self.span.until,
            groups,
            accounts=self.accounts,
            products=frozenset({self.product.pk}) if self.product else None,
            features=frozenset({self.feature.pk}) if self.feature else None,
            units=frozenset({self.unit.pk, 0}),
            dimensions={self.view.dimension: self.view.value} if self.view.value else {},
            clock=self.view.clock,
            zone=self.view.zone,
        )


def scope_of(view: UsageView, now: datetime) -> Scope:
    """What the view names.

    Raises InvalidRequest, which names the field of what is not known.
    """
    span = view.span(now)
    account = _known("account", view.account, Account.objects.filter(reference=view.account).first())
    product = _known("product", view.product, Product.objects.filter(code=view.product).first())
    feature = _known("feature", view.feature, Feature.objects.filter(code=view.feature).first())
    segment = _known("segment", view.segment, Segment.objects.filter(code=view.segment).first())
    accounts = None if account is None else frozenset({account.pk})
    if segment is not None:
        members = frozenset(members_of(segment, span.until).values_list("account_id", flat=True))
        accounts = members if accounts is None else members & accounts
    return Scope(view, span, _unit(view.token), account, product, feature, segment, accounts, usage_reader())


def zone_of(reference: str) -> str:
    """By whose days usage is counted where nobody says: an account's own, else UTC."""
    found = Account.objects.filter(reference=reference).values_list("time_zone", flat=True).first()
    return str(found or "UTC")


def dimension_names() -> Sequence[str]:
    """What rates of all time tell usage apart by."""
    with connection.cursor() as cursor:
        cursor.execute(
            "SELECT DISTINCT jsonb_object_keys(dimensions) FROM pricing_rate WHERE dimensions <> '{}' ORDER BY 1"
        )
        return [name for (name,) in cursor.fetchall()]


def _known(field: str, named: str, found: Row | None) -> Row | None:
    if named and found is None:
        raise InvalidRequest.at(f"/{field}", f"There is no {field} {named}.")
    return found


def _unit(code: str) -> TokenUnit:
    rows = TokenUnit.objects.filter(code=code) if code else TokenUnit.objects.filter(is_default=True)
    unit = rows.first()
    if unit is None:
        raise InvalidRequest.at("/token", f"There is no token unit {code}.")
    return unit
