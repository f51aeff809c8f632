"""Policies that accounts share: of a feature, a product, a rate table, or of the deployment."""

from __future__ import annotations

import json
from datetime import datetime

from django.db import OperationalError, transaction
from psycopg.errors import DeadlockDetected, LockNotAvailable

from config.kernel.database import call
from config.kernel.errors import InvalidRequest
from pricing.errors import TableBusy
from usage.models import SharedPolicy
from usage.queries.moments import database_clock
from usage.queries.policies import Scope, shared_policy
from usage.rules.policies import BLOCK, PolicyChoice, StepFact, faults_of, steps_of
from usage.services.authors import Author
from usage.services.terms import wait_for_shared_terms


@transaction.atomic
def share(*, scope: Scope, policy: PolicyChoice | None, author: Author, now: datetime | None = None) -> bool:
    """Let the policy hold from now on for accounts without one of their own; None ends what was before it.

    Answers whether that is new. Waits for the debits under way; every process judges by it with its next debit.

    Raises InvalidRequest, TableBusy.
    """
    faults = list(faults_of(policy)) if policy is not None else []
    if faults:
        raise InvalidRequest(faults[0].detail, errors=faults)
    policy = policy and policy.in_order()
    try:
        wait_for_shared_terms()
        if policy == shared_policy(scope, now or database_clock()):
            return False
        call(_SHARE, _told(scope, policy, author, now))
    except OperationalError as fault:
        if isinstance(fault.__cause__, LockNotAvailable | DeadlockDetected):
            raise TableBusy("Debits that are judged by it are under way; try again.") from fault
        raise
    return True


def _told(
    scope: Scope, policy: PolicyChoice | None, author: Author, now: datetime | None
) -> dict[str, object]:
    allowed = policy or BLOCK
    return {
        "feature": scope.feature and scope.feature.pk,
        "product": scope.product and scope.product.pk,
        "table": scope.table and scope.table.pk,
        "mode": allowed.mode if policy else SharedPolicy.Mode.NONE,
        "limit": allowed.overage_limit,
        "steps": json.dumps([_step(step) for step in steps_of(allowed)], default=str),
        "by": author.name,
        "reason": author.reason,
        "now": now,
    }


def _step(step: StepFact) -> dict[str, object]:
    """A step as a row of it is told to the database."""
    return {
        "kind": step.kind,
        "share": step.share,
        "measure": step.measure,
        "amount": step.amount,
        "lasts": None if step.seconds is None else f"{step.seconds} seconds",
        "price": step.price,
        "currency": step.currency,
    }


_SHARE = """
    SELECT usage_share_policy_v1(
        %(feature)s, %(product)s, %(table)s, %(mode)s, %(limit)s::numeric, %(steps)s::jsonb,
        %(by)s, %(reason)s, %(now)s) AS id
"""
