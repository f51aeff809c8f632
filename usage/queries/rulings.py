"""Policies as pages tell of them: whose each is, and rung by rung what it says."""

from __future__ import annotations

from collections.abc import Iterable, Mapping, Sequence
from dataclasses import dataclass
from datetime import datetime
from typing import Any
from uuid import UUID

from usage.models import Policy, SharedPolicy
from usage.models.policy import PolicyMode
from usage.queries.policies import Scope, choice, read_shared, scope_of
from usage.queries.terms import table_at
from usage.rules.ladders import WITHOUT_ANY, Ruling
from usage.rules.policy_words import in_words


@dataclass(frozen=True, slots=True)
class RulingLine:
    """scope: whose it is; `account` its own, `default` what holds without any. shared_id: where accounts share it."""

    scope: str
    rungs: Sequence[str]
    shared_id: int | None = None

    @property
    def whose(self) -> str:
        """Beginning a sentence."""
        if self.scope == "default":
            return "None is set, so what holds without any"
        return "Its own" if self.scope == "account" else f"That of the {self.scope}"


def rungs_of(row: Policy | SharedPolicy) -> list[str]:
    """What a recorded policy says; nothing where it ended what was before it."""
    return [] if row.mode == PolicyMode.NONE else in_words(choice(row))


def line_of(ruling: Ruling) -> RulingLine:
    """A ruling as pages tell it."""
    _, _, shared_id = ruling.reference.rpartition("shared:")
    return RulingLine(ruling.scope, in_words(ruling.policy), int(shared_id) if shared_id else None)


def nearer_rulings() -> list[RulingLine]:
    """What features and products have: for their usage nearer than a rate table's policy and the deployment's."""
    shared = read_shared()
    found = {ruling.scope: ruling for ruling in (*shared.features.values(), *shared.products.values())}
    return [line_of(found[scope]) for scope in sorted(found)]


def next_ruling(account_id: UUID, moment: datetime, scope: Scope | None = None) -> Ruling:
    """What would rule an account's usage of a scope that had no policy. scope: None is the account without its own."""
    shared, table = read_shared(), table_at(account_id, moment)
    found = None
    if scope is not None and scope.feature is not None:
        found = shared.products.get(scope.feature.product_id)
    if found is None and table is not None and (scope is None or scope.feature or scope.product):
        found = shared.tables.get(table.pk)
    if found is None and scope != Scope():
        found = shared.deployment
    return found or WITHOUT_ANY


def rulings_of(judged: Mapping[str, Any] | None) -> list[RulingLine]:
    """The policies that a judgement names, as they were then."""
    return list(_named((judged or {}).get("policies", ())))


def _named(references: Iterable[str]) -> Iterable[RulingLine]:
    for reference in references:
        kind, _, key = reference.partition(":")
        model: Any = SharedPolicy if kind == "shared" else Policy
        row = model.objects.prefetch_related("steps").filter(pk=key).first()
        if row is None:
            continue
        whose = scope_of(row) if kind == "shared" else "account"
        yield RulingLine(whose, rungs_of(row), row.pk if kind == "shared" else None)
