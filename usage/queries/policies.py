"""Policies at any instant: an account's own, and those that accounts share. Dated facts."""

from __future__ import annotations

from collections.abc import Iterable, Mapping
from dataclasses import dataclass
from datetime import datetime
from decimal import Decimal
from typing import Any
from uuid import UUID

import msgspec
from django.db import connection
from django.db.models import Q, QuerySet

from config.kernel import shaped
from pricing.models import Feature, Product, RateTable
from usage.models import Policy, PolicyStep, SharedPolicy, SharedPolicyStep
from usage.queries.terms import table_at
from usage.rules.ladders import WITHOUT_ANY, Ruling, SharedRulings, own_ladder
from usage.rules.policies import PolicyChoice, StepFact, choice_of


def own_policy(account_id: UUID, moment: datetime | None = None) -> PolicyChoice | None:
    """The account's own policy as recorded by `moment`, or as recorded last; None where it has none."""
    rows = Policy.objects.filter(account_id=account_id)
    if moment is not None:
        rows = rows.filter(recorded_at__lte=moment)
    latest = rows.prefetch_related("steps").order_by("-recorded_at", "-id").first()
    return choice(latest) if latest is not None and latest.mode != Policy.Mode.NONE else None


def ruling_at(account_id: UUID, moment: datetime | None = None) -> Ruling:
    """What holds for the account: its own policy, else that of its rate table, else the deployment's, else a block.

    A feature or a product can have one that is nearer than the last three.
    """
    own = own_policy(account_id, moment)
    if own is not None:
        return Ruling("account", "", own)
    at = moment or _clock()
    table = table_at(account_id, at)
    scopes = [Q(feature=None, product=None, table=table)] if table else []
    for scope in (*scopes, Q(feature=None, product=None, table=None)):
        found = latest_shared(at).filter(scope).first()
        if found is not None and found.mode != SharedPolicy.Mode.NONE:
            return Ruling(scope_of(found), f"shared:{found.pk}", choice(found))
    return WITHOUT_ANY


@dataclass(frozen=True, slots=True)
class Scope:
    """Whose usage a shared policy is for: at most one of the three is named; none of them is all usage."""

    feature: Feature | None = None
    product: Product | None = None
    table: RateTable | None = None

    def rows(self) -> Q:
        """The policies of this scope."""
        return Q(feature=self.feature, product=self.product, table=self.table)


def shared_policy(scope: Scope, moment: datetime) -> PolicyChoice | None:
    """What holds for the scope at an instant; None where nothing does."""
    row = latest_shared(moment).filter(scope.rows()).first()
    return None if row is None or row.mode == SharedPolicy.Mode.NONE else choice(row)


def latest_shared(moment: datetime) -> QuerySet[SharedPolicy]:
    """The shared policies recorded by an instant, the latest first, with whose they are and their steps."""
    rows = SharedPolicy.objects.filter(recorded_at__lte=moment).select_related("feature", "product", "table")
    return rows.prefetch_related("steps").order_by("-recorded_at", "-id")


def shared_now() -> list[SharedPolicy]:
    """The latest policy of each scope, deployment first, those that have ended too."""
    scope = ("feature_id", "product_id", "table_id")
    ids = SharedPolicy.objects.order_by(*scope, "-recorded_at", "-id").distinct(*scope).values("pk")
    rows = SharedPolicy.objects.filter(pk__in=ids).select_related("feature", "product", "table")
    return sorted(rows.prefetch_related("steps"), key=_place)


def _place(policy: SharedPolicy) -> tuple[int, str]:
    scope = scope_of(policy)
    order = ("deployment", "rate", "product", "feature")
    return order.index(scope.split()[0]), scope


def scope_of(policy: SharedPolicy) -> str:
    """Whose policy it is, in words."""
    if policy.feature is not None:
        return f"feature {policy.feature.code}"
    if policy.product is not None:
        return f"product {policy.product.code}"
    return f"rate table {policy.table.code}" if policy.table is not None else "deployment"


def choice(policy: Policy | SharedPolicy) -> PolicyChoice:
    """The policy that a row and its steps spell."""
    steps: Iterable[PolicyStep | SharedPolicyStep] = policy.steps.all()
    return choice_of(policy.mode, policy.overage_limit, [_fact(step) for step in steps])


def _fact(step: PolicyStep | SharedPolicyStep) -> StepFact:
    seconds = None if step.lasts is None else Decimal(int(step.lasts.total_seconds()))
    return StepFact(step.kind, step.share, step.measure, step.amount, seconds, step.price, step.currency)


def _clock() -> datetime:
    with connection.cursor() as cursor:
        cursor.execute("SELECT clock_timestamp()")
        moment: datetime = cursor.fetchone()[0]
    return moment


def read_shared() -> SharedRulings:
    """All shared policies in force, and the epochs of the rate tables: read before them, so that neither is newer."""
    with connection.cursor() as cursor:
        cursor.execute("SELECT table_id, epoch FROM pricing_epoch")
        epochs = dict(cursor.fetchall())
    found: dict[str, dict[Any, Ruling]] = {"feature": {}, "product": {}, "table": {}}
    deployment = None
    for each in shared_now():
        if each.mode == SharedPolicy.Mode.NONE:
            continue
        ruling = Ruling(scope_of(each), f"shared:{each.pk}", choice(each))
        for name, rulings in found.items():
            if (scope_id := getattr(each, f"{name}_id")) is not None:
                rulings[scope_id] = ruling
                break
        else:
            deployment = ruling
    return SharedRulings(found["feature"], found["product"], found["table"], deployment, epochs)


class _PolicyFact(msgspec.Struct):
    id: UUID
    mode: str
    overage_limit: Decimal | None
    steps: list[StepFact] | None


def policy_told(text: str | None) -> tuple[bool, Mapping[str, Any] | None]:
    """Whether an account has a policy of its own, and its ladder, as the database tells it."""
    fact = shaped.decode(text, _PolicyFact) if text else None
    if fact is None or fact.mode == "none":
        return False, None
    policy = choice_of(fact.mode, fact.overage_limit, fact.steps or ())
    return True, own_ladder(Ruling("account", f"account:{fact.id}", policy))
