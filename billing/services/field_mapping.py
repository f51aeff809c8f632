"""The fields of a connection, mapped anew all at once: by one person, who saw how they were."""

from __future__ import annotations

from collections.abc import Mapping, Sequence

from django.contrib.auth.models import User
from django.db import transaction

from billing.models import FieldRule
from billing.queries.field_rules import latest_change, rules_by_field
from billing.rules.mapping import IN, LONGEST_EXPRESSION, OUT, Rule, Target, fault_of
from billing.services import connection_health, connections
from billing.services.connection_lock import locked
from config.kernel.errors import Conflict, FieldError, InvalidRequest

Field = tuple[str, str, str]
"""Direction, record and name."""


@transaction.atomic
def save(
    *,
    connection_id: int,
    targets: Sequence[Target],
    wanted: Mapping[Field, Rule | None],
    seen: int,
    user: User,
    reason: str = "",
) -> int:
    """Let fields be filled by these rules, from now; None: as the connector has it. Answers how many changed.

    seen: the number of the change that the person saw last, 0 for none. Fields that `wanted` does not name stay.
    Raises InvalidRequest that names every field at fault, Conflict where somebody changed them since.
    """
    row = locked(connection_id)
    latest = latest_change(row.pk)
    if latest is not None and latest.number > seen:
        raise Conflict(
            f"{latest.by} changed the fields at {latest.at:%-d %b %Y %H:%M} UTC. Nothing was saved: look at what is"
            " there now, and change it again."
        )
    wishes = wishes_of(targets, wanted)
    if faults := faults_of(wishes):
        raise InvalidRequest(
            "An expression can't be read; nothing was saved.",
            errors=[FieldError(f"/{'.'.join(where[1:])}", why) for where, why in faults.items()],
        )
    present = rules_by_field(row.pk)
    changed = [
        each
        for each in targets
        if field_of(each) in wishes and present.get(field_of(each)) != wishes[field_of(each)]
    ]
    for target in changed:
        connections.keep_rule(row, target, wishes[field_of(target)], user, reason)
    if changed:
        connection_health.mended(row.pk)
    if any(each.direction == OUT for each in changed):
        connections.look_again(row)
    return len(changed)


def field_of(target: Target) -> Field:
    return target.direction, target.record, target.name


def wishes_of(targets: Sequence[Target], wanted: Mapping[Field, Rule | None]) -> dict[Field, Rule | None]:
    """What was wanted of fields that there are; what says the same as the connector is its own again."""
    kept: dict[Field, Rule | None] = {}
    for target in targets:
        where = field_of(target)
        if where in wanted:
            rule = wanted[where]
            kept[where] = None if rule == Rule(target.expression) else rule
    return kept


def faults_of(wishes: Mapping[Field, Rule | None]) -> dict[Field, str]:
    """Why rules can't be taken, by field, in a sentence each."""
    faults: dict[Field, str] = {}
    for where, rule in wishes.items():
        if rule is None:
            continue
        if where[0] == IN and (fault := rule.expression and fault_of(rule.expression)):
            faults[where] = fault
        elif where[0] == OUT and len(rule.expression) > LONGEST_EXPRESSION:
            faults[where] = f"A name has {LONGEST_EXPRESSION} characters at most."
    return faults


def unknown_rules(connection_id: int, targets: Sequence[Target]) -> list[FieldRule]:
    """Rules of fields that this version's connector does not know; they count for nothing."""
    known = {field_of(each) for each in targets}
    rows = FieldRule.objects.filter(connection=connection_id)
    return [each for each in rows if (each.direction, each.record, each.name) not in known]
